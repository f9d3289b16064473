"""Diagnosis on real data: faults that were put in are named first, with the right column, and clean data has none.

Nothing was tuned to these data: thresholds come from simulation and from the methods' sources.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import driftline as dl
from driftline.verdicts.diagnosis import Change, Diagnosis

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("real diagnosis"),  # each report is made once, by whichever test asks first
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data"),
]

CENSUS: dict[str, Any] = {
    "task": "binary",
    "columns": {"id": "id", "ignore": ["year"], "score": "predicted_probability", "prediction": "prediction", "label": "employed"},
}
FRAUD: dict[str, Any] = {
    "task": "binary",
    "window": "day",
    "columns": {
        "timestamp": "ts", "ignore": ["customer_id", "label_ts"], "score": "model_score", "prediction": "model_pred", "label": "is_fraud",
    },
}  # fmt: skip

Told = dict[str, tuple[Diagnosis, ...]]
"""Diagnoses by the label of their window."""


def truth(folder: str) -> Any:
    """What is known of a data set."""
    return json.loads((DATA / folder / "truth.json").read_text())


def told(reference: Any, current: Any, **settings: Any) -> Told:
    """The diagnoses of each window."""
    return {window.window.label: window.diagnosis for window in dl.compare(reference, current, **settings).windows}


def faults(found: Told) -> set[tuple[str, str, str]]:
    """Window, kind and first column of every fault that is told."""
    return {(label, one.kind, one.columns[0]) for label, all_told in found.items() for one in all_told if one.change is Change.FAULT}


@pytest.fixture(scope="module")
def taxi() -> Told:
    """Taxi trips with faults put in, held against the year before."""
    trips = pq.read_table(DATA / "replay_taxi/data.parquet")
    early = pc.less_equal(trips["window"], truth("replay_taxi")["reference_windows"][1])
    settings: dict[str, Any] = {"task": "regression", "columns": {"label": "duration_min"}, "window": {"column": "window"}}
    return told(trips.filter(early), trips.filter(pc.invert(early)), **settings)


@pytest.fixture(scope="module")
def census() -> Told:
    """Census persons with faults put in, held against those of 2015."""
    return told(DATA / "census/reference.parquet", DATA / "replay_census/data.parquet", **CENSUS, window={"column": "window"})


@pytest.mark.parametrize("name", ["taxi", "census"])
def test_each_fault_is_named_first(name: str, request: pytest.FixtureRequest) -> None:
    """The right kind and the right columns head the list in every window with a fault."""
    found: Told = request.getfixturevalue(name)
    for fault in truth(f"replay_{name}")["faults"]:
        for window in fault["windows"]:
            first = found[str(window)][0]
            assert first.kind == fault["kind"], (fault, first.sentence)
            assert set(first.columns) >= set(fault["column"].split(", ")), (fault, first.columns)
            assert first.polluted


def test_its_numbers_are_right(taxi: Told, census: Told) -> None:
    """Factors, shares, hours and names are those that were put in."""
    cents, miles, hours = taxi["18"][0], taxi["15"][0], taxi["21"][0]
    assert cents.evidence["factor"] == pytest.approx(100)
    assert cents.share == pytest.approx(0.3, abs=0.03)
    assert miles.evidence["factor"] == pytest.approx(1.609344)
    assert hours.evidence["steps"] == 5
    assert "'1' is now 'CRD'" in taxi["13"][0].sentence
    assert census["10"][0].evidence["factor"] == pytest.approx(12)
    assert census["19"][0].share == pytest.approx(0.4, abs=0.03)


def test_no_other_fault_is_named_in_the_census(census: Told) -> None:
    """Between the faults that were put in there is none, in forty windows of sixteen columns."""
    wrong = {str(window) for fault in truth("replay_census")["faults"] for window in fault["windows"]}
    assert {one for one in faults(census) if one[0] not in wrong} == set()


def test_the_real_faults_of_the_taxis_are_named_besides(taxi: Told) -> None:
    """Zeros for passengers in one month of 2019, and from April 2020 on five columns that one vendor leaves empty; nothing else."""
    wrong = {str(window) for fault in truth("replay_taxi")["faults"] for window in fault["windows"]}
    others = {one for one in faults(taxi) if one[0] not in wrong}
    assert {(kind, column) for _, kind, column in others} == {("null_burst", "vendor")}
    assert {int(label) for label, _, _ in others} <= set(range(27, 36))


def test_the_unit_fault_of_the_payments_is_found_where_it_is() -> None:
    """Two days of cents in one channel: no other fault in sixty days, and neither campaign nor attack is taken for one."""
    stream, known = pq.read_table(DATA / "fraud/stream.parquet"), truth("fraud")
    start = datetime.fromisoformat(known["config"]["start"])
    unit = next(event for event in known["config"]["events"] if event["kind"] == "unit")
    early = pc.less(stream["ts"], pa.scalar(start + timedelta(days=30)))
    found = told(stream.filter(early), stream.filter(pc.invert(early)), **FRAUD)
    days = [f"{start + timedelta(days=day):%Y-%m-%d}" for day in range(unit["from_day"], unit["to_day"] + 1)]
    assert {label for label, _, _ in faults(found)} == set(days)
    for day in days:
        first = found[day][0]
        assert (first.kind, {"amount", "amount_ratio"} >= set(first.columns)) == ("unit_change", True)
        assert first.evidence["factor"] == pytest.approx(unit["factor"])
        assert first.where[0].conditions == (f"channel = {unit['channel']}",)
