"""The whole path on real data: what is known to have happened there is found, and the rest stays quiet.

`docs/real-data.md` tells the same in words. Nothing here was tuned to these data.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import driftline as dl
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.verdicts.report import ColumnReport, WindowReport

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("real data"),  # each report is made once, by whichever test asks first
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data"),
]

CENSUS = {
    "task": "binary",
    "columns": {"id": "id", "ignore": ["year"], "score": "predicted_probability", "prediction": "prediction", "label": "employed"},
}
TRIPS = {"task": "regression", "columns": {"label": "duration_min"}}
TRANSACTIONS = {
    "task": "binary",
    "window": "day",
    "columns": {
        "timestamp": "ts", "ignore": ["customer_id", "label_ts"], "score": "model_score", "prediction": "model_pred", "label": "is_fraud",
    },
}  # fmt: skip
WEATHER_YEARS = 10


class Found:
    """A report, by window and column."""

    def __init__(self, report: dl.Report) -> None:
        self.windows: Mapping[str, WindowReport] = {window.window.label: window for window in report.windows}
        self.columns: Mapping[tuple[str, str], ColumnReport] = {
            (label, column.name): column for label, window in self.windows.items() for column in window.columns
        }

    def drifted(self, name: str) -> list[str]:
        """Labels of the windows in which a column drifted."""
        return [label for label in self.windows if self.columns[label, name].verdict is Verdict.DRIFTED]

    def names(self, label: str) -> set[str]:
        """Columns that drifted in a window."""
        return {name for (window, name), column in self.columns.items() if window == label and column.verdict is Verdict.DRIFTED}

    def reason(self, label: str, name: str) -> str:
        """Why a column's verdict in a window is what it is."""
        return self.columns[label, name].reason


def truth(folder: str) -> Any:
    """What is known of a data set."""
    return json.loads((DATA / folder / "truth.json").read_text())


def split(table: pa.Table, early: pa.Array) -> tuple[pa.Table, pa.Table]:
    """The rows that are the reference, and the others."""
    return table.filter(early), table.filter(pc.invert(early))


@pytest.fixture(scope="module")
def census() -> Found:
    """Census persons of 2016 to 2018 by year, held against 2015."""
    return Found(dl.compare(DATA / "census/reference.parquet", DATA / "census/current.parquet", **CENSUS, window={"column": "year"}))


@pytest.fixture(scope="module")
def taxi() -> Found:
    """Taxi trips of 2019 and 2020 by month, held against 2018."""
    trips = pq.read_table(DATA / "taxi/data.parquet")
    return Found(dl.compare(*split(trips, pc.less(trips["file_month"], "2019-01")), **TRIPS, window={"column": "file_month"}))


@pytest.fixture(scope="module")
def replayed_taxi() -> Found:
    """The same trips with faults put in."""
    trips = pq.read_table(DATA / "replay_taxi/data.parquet")
    _, last = truth("replay_taxi")["reference_windows"]
    return Found(dl.compare(*split(trips, pc.less_equal(trips["window"], last)), **TRIPS, window={"column": "window"}))


@pytest.fixture(scope="module")
def replayed_census() -> Found:
    """Census persons in windows of 5,000 with faults put in; the reference knows nothing of windows."""
    return Found(dl.compare(DATA / "census/reference.parquet", DATA / "replay_census/data.parquet", **CENSUS, window={"column": "window"}))


@pytest.fixture(scope="module", params=[30, 365])
def weather(request: pytest.FixtureRequest) -> Found:
    """Forty years of weather in windows of a month and of a year, held against the ten years before."""
    days = pq.read_table(DATA / "weather/data.parquet")
    known = WEATHER_YEARS * 365
    settings = {"task": "binary", "columns": {"ignore": ["day"], "label": "target"}, "window": {"rows": request.param}}
    return Found(dl.compare(days.slice(0, known), days.slice(known), **settings))


@pytest.fixture(scope="module")
def fraud() -> Found:
    """Card transactions by day, from the thirtieth on, held against the thirty days before."""
    stream = pq.read_table(DATA / "fraud/stream.parquet")
    return Found(dl.compare(*split(stream, pc.less(stream["ts"], pa.scalar(day(30)))), **TRANSACTIONS))


def day(number: int) -> datetime:
    """A day of the fraud stream."""
    return datetime.fromisoformat(truth("fraud")["config"]["start"]) + timedelta(days=number)


def days(first: int, last: int) -> list[str]:
    """Labels of the days from one to another, both included."""
    return [f"{day(number):%Y-%m-%d}" for number in range(first, last + 1)]


def test_census_years_stay_alike_but_for_ancestry(census: Found) -> None:
    """Between 2015 and 2018 only the shares of ancestry answers move by more than matters; prediction and score do not."""
    assert {name for label in census.windows for name in census.names(label)} == {"ANC"}


def test_a_column_that_fills_up_is_a_change_of_schema(taxi: Found) -> None:
    """The congestion surcharge, null in 2018, is 63% null in 2019-01 and never after; both are found as a fault in nulls."""
    assert taxi.reason("2019-01", "congestion_surcharge") == "nulls went from 100% to 63.3% of rows"
    assert taxi.reason("2019-02", "congestion_surcharge") == "nulls went from 100% to 0% of rows"
    assert taxi.drifted("congestion_surcharge") == list(taxi.windows)


def test_the_surcharge_is_seen_in_the_total(taxi: Found) -> None:
    """The total, stable in 2019-01, moves up from 2019-02 on, when every trip pays the surcharge."""
    assert taxi.columns["2019-01", "total_amount"].verdict is Verdict.STABLE
    assert taxi.drifted("total_amount") == list(taxi.windows)[1:]
    assert taxi.reason("2019-02", "total_amount").startswith("moved up by")


@pytest.mark.parametrize("name", ["vendor", "passenger_count", "rate", "payment_type"])
def test_a_null_burst_is_found(taxi: Found, name: str) -> None:
    """Nulls of 8% in 2020-04 and of 17% in 2020-05 are found in each of the columns they came in."""
    for label, share in (("2020-04", 8.0), ("2020-05", 16.8)):
        null = next(score for score in taxi.columns[label, name].scores if score.statistic == "null")
        assert null.verdict is Verdict.DRIFTED
        assert null.value == pytest.approx(share / 100, abs=0.001)


def test_the_pandemic_shortens_trips(taxi: Found) -> None:
    """The duration, stable through 2019, falls in 2020-04."""
    assert taxi.drifted("duration_min")[0] == "2020-04"
    assert taxi.reason("2020-04", "duration_min").startswith("moved down by")


def faults(folder: str) -> list[tuple[str, str, str]]:
    """Kind, window and column of each fault that was put in; repeated rows are told of the time or of the id."""
    whole = "id" if folder == "replay_census" else "ts"
    return [
        (fault["kind"], str(window), whole if name == "*" else name)
        for fault in (truth(folder)["faults"] if DATA.is_dir() else [])
        for window in fault["windows"]
        for name in fault["column"].split(", ")
    ]


@pytest.mark.parametrize(("kind", "label", "name"), faults("replay_taxi"))
def test_each_fault_put_into_taxi_is_found(replayed_taxi: Found, kind: str, label: str, name: str) -> None:
    """Each fault is found in its own window and column."""
    assert label in replayed_taxi.drifted(name), kind


@pytest.mark.parametrize(("kind", "label", "name"), faults("replay_census"))
def test_each_fault_put_into_the_census_is_found(replayed_census: Found, kind: str, label: str, name: str) -> None:
    """Each fault is found in its own window and column."""
    assert label in replayed_census.drifted(name), kind


def test_faults_put_in_leave_other_columns_alone(replayed_taxi: Found, taxi: Found) -> None:
    """Columns into which no fault was put keep their verdicts; those with one remember it, as the sequential detector must."""
    faulty = {name for _, _, name in faults("replay_taxi")}
    was = {str(12 + place): label for place, label in enumerate(taxi.windows)}
    doubled = next(label for kind, label, _ in faults("replay_taxi") if kind == "duplicated_batch")
    changed = [
        (label, name)
        for (label, name), column in replayed_taxi.columns.items()
        if name not in faulty and label != doubled and (was[label], name) in taxi.columns
        if (column.verdict is Verdict.DRIFTED) != (taxi.columns[was[label], name].verdict is Verdict.DRIFTED)
    ]
    assert changed == []


SEASONAL = ("feat_1", "feat_2", "feat_7", "feat_8")
"""Temperatures and the like: they go up and down with the year, and hardly move over the years."""


def test_a_season_is_no_drift(weather: Found) -> None:
    """No winter alarms: what swings with the year drifts in none of the windows but the last, which is a part of a year."""
    labels = list(weather.windows)[:-1]
    assert [(label, name) for name in (*SEASONAL, "target") for label in weather.drifted(name) if label in labels] == []


def test_what_changed_over_the_years_is_found(weather: Found) -> None:
    """Column feat_4, 1.3 to 1.8 deviations higher from 1971 to 1978, drifts in most windows of those years."""
    first = 12
    later = [window for window in weather.windows.values() if first * 365 <= int(window.window.start or 0) < (first + 8) * 365]  # type: ignore[arg-type]
    found = [window for window in later if "feat_4" in weather.names(window.window.label)]
    assert len(found) / len(later) > 0.9


def test_the_campaign_is_input_drift(fraud: Found) -> None:
    """On every day of the campaign the mix of channels has drifted, and neither prediction nor score has."""
    for label in days(30, 43):
        assert {"channel", "device", "account_age_days"} <= fraud.names(label)
        assert not {"model_score", "model_pred"} & fraud.names(label)


def test_amounts_in_another_unit_are_found(fraud: Found) -> None:
    """On both days of the unit fault amount and ratio have drifted, and the model's score and prediction with them."""
    for label in days(45, 46):
        assert {"amount", "amount_ratio", "model_score", "model_pred"} <= fraud.names(label)


def test_the_attack_shows_in_the_labels_alone(fraud: Found) -> None:
    """From the first day of the attack the labels have drifted; score and prediction, which do not see it, stay as they were."""
    assert fraud.drifted("is_fraud") == days(60, 89)
    assert not [label for label in days(60, 89) if {"model_score", "model_pred"} & fraud.names(label)]


def test_quiet_days_stay_within_the_budget(fraud: Found) -> None:
    """On quiet days there is at most one alarm, the budget of thirty, but that the customers' accounts age, which they do."""
    quiet = [*days(44, 44), *days(49, 59)]
    alarms = [(label, name) for label in quiet for name in sorted(fraud.names(label) - {"account_age_days"})]
    assert len(alarms) <= 1
