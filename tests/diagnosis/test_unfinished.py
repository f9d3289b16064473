"""Windows that are not whole: no fault is named because of what is still to come, and faults that are there are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import driftline
from driftline.diagnosis.unfinished import Stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.verdicts.report import WindowReport

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], dtype=object)


def trade(begin: datetime, hours: float, seed: int, per_hour: int = 15) -> dict[str, Any]:
    """Rows that tell of their hour, day and weekday; on Saturdays and Sundays more is spent."""
    rng = np.random.default_rng(seed)
    rows = int(hours * per_hour)
    seconds = np.sort(rng.random(rows)) * hours * 3600
    at = np.datetime64(begin.replace(tzinfo=None), "us") + (seconds * 1e6).astype("timedelta64[us]")
    weekday = ((at.astype("M8[D]").astype(int) + 3) % 7).astype(float)
    return {
        "at": at,
        "id": np.array([f"{begin:%j}-{row}" for row in range(rows)], dtype=object),
        "weekday": weekday,
        "dayname": NAMES[weekday.astype(int)],
        "monthday": (at.astype("M8[D]") - at.astype("M8[M]").astype("M8[D]")).astype(float) + 1,
        "hour": at.astype("M8[h]").astype(int) % 24 * 1.0,
        "amount": np.exp(rng.normal(3 + 0.3 * (weekday > 4), 0.6, rows)).round(2),
        "channel": rng.choice(["web", "app", "shop"], rows, p=[0.5, 0.3, 0.2]).astype(object),
    }


def told(reference: dict[str, Any], current: dict[str, Any], cadence: str) -> tuple[WindowReport, ...]:
    """Judged and diagnosed windows."""
    return driftline.compare(reference, current, window=cadence, columns={"timestamp": "at"}).windows


def faults(window: WindowReport) -> list[tuple[str, tuple[str, ...]]]:
    """The named faults of a window, the first first."""
    return [(one.kind, one.columns) for one in window.diagnosis if one.change.value == "data fault"]


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """Twelve whole weeks."""
    return trade(MONDAY, 12 * 7 * 24, 0)


@pytest.mark.parametrize("days", [0.3, 1, 2, 3, 4, 5, 6, 6.5])
def test_a_week_that_goes_on_has_no_fault(reference: dict[str, Any], days: float) -> None:
    """Data that ends within a week lacks weekdays: they were not cut off, are not stuck, and no partition is missing."""
    windows = told(reference, trade(MONDAY + timedelta(weeks=12), (14 + days) * 24, 1), "week")
    assert len(windows) == 3
    assert [faults(window) for window in windows] == [[], [], []]


@pytest.mark.parametrize("days", [1, 3, 5])
def test_a_week_that_began_before_the_data_has_no_fault(reference: dict[str, Any], days: int) -> None:
    """Data that begins within a week lacks its first weekdays."""
    late = MONDAY + timedelta(weeks=12, days=days)
    assert [faults(window) for window in told(reference, trade(late, (14 - days) * 24, 2), "week")] == [[], []]


@pytest.mark.parametrize(("cadence", "hours"), [("day", 24 * 3 + 9), ("month", 24 * 12)])
def test_other_windows_are_cut_as_well(reference: dict[str, Any], cadence: str, hours: int) -> None:
    """Half a day lacks its evening, and half a month its last days."""
    windows = told(reference, trade(datetime(2024, 4, 1, tzinfo=UTC), hours, 3), cadence)
    assert [faults(window) for window in windows] == [[]] * len(windows)


def test_it_is_said_that_the_window_is_not_whole(reference: dict[str, Any]) -> None:
    """What drifted only because days are lacking is told as that, and by nothing else."""
    last = told(reference, trade(MONDAY + timedelta(weeks=12), (14 + 3) * 24, 1), "week")[-1]
    assert [one.kind for one in last.diagnosis] == ["unfinished_window"]
    assert {"weekday", "dayname"} <= set(last.diagnosis[0].columns)
    assert "its last rows are not there" in last.diagnosis[0].sentence
    assert not last.diagnosis[0].polluted


def test_a_fault_in_such_a_window_is_found(reference: dict[str, Any]) -> None:
    """Cents in three days of a week are cents: the same three days of other weeks tell."""
    current = trade(MONDAY + timedelta(weeks=12), (14 + 3) * 24, 4)
    spoilt = current["at"] >= np.datetime64((MONDAY + timedelta(weeks=14)).replace(tzinfo=None))
    windows = told(reference, current | {"amount": np.where(spoilt, current["amount"] * 100, current["amount"])}, "week")
    assert [faults(window) for window in windows] == [[], [], [("unit_change", ("amount",))]]


def test_nulls_in_such_a_window_are_not_put_down_to_it(reference: dict[str, Any]) -> None:
    """Rows that are still to come fill no gaps: a third of the channels of three days is gone, and was not usually."""
    current = trade(MONDAY + timedelta(weeks=12), (14 + 3) * 24, 6)
    spoilt = current["at"] >= np.datetime64((MONDAY + timedelta(weeks=14)).replace(tzinfo=None))
    lost = spoilt & (np.arange(spoilt.size) % 3 == 0)
    holes = {
        "amount": np.where(lost, np.nan, current["amount"]),
        "channel": np.where(lost, None, current["channel"]),
    }
    last = told(reference, current | holes, "week")[-1]
    verdicts = {column.name: column.verdict.value for column in last.columns}
    assert (verdicts["amount"], verdicts["channel"]) == ("drifted", "drifted")
    assert {name for kind, names in faults(last) for name in names if kind == "null_burst"} == {"amount", "channel"}
    assert not {"amount", "channel"} & {name for one in last.diagnosis if one.kind == "unfinished_window" for name in one.columns}


def test_a_column_that_wanders_has_moved_where_it_never_was(reference: dict[str, Any]) -> None:
    """However much weeks differ, what lies beyond all of them is not as in the same part of others."""
    rng = np.random.default_rng(7)
    weeks = (reference["at"] - reference["at"][0]).astype("m8[D]").astype(int) // 7
    wandering = reference | {"level": rng.normal(0, 3, 13)[weeks] + rng.normal(0, 0.5, weeks.size)}
    current = trade(MONDAY + timedelta(weeks=12), (7 + 3) * 24, 8)
    begun = (current["at"] - current["at"][0]).astype("m8[D]").astype(int) // 7
    for place, withheld in ((0.5, True), (40.0, False)):
        level = np.where(begun == 1, place, 0.0) + rng.normal(0, 0.5, begun.size)
        last = told(wandering, current | {"level": level}, "week")[-1]
        lacking = {name for one in last.diagnosis if one.kind == "unfinished_window" for name in one.columns}
        verdict = next(column.verdict.value for column in last.columns if column.name == "level")
        assert ("level" in lacking or verdict != "drifted") == withheld


def test_what_does_not_come_within_it_is_missing(reference: dict[str, Any]) -> None:
    """A channel that sends nothing in the days that are there is a missing partition, whatever is still to come."""
    current = trade(MONDAY + timedelta(weeks=12), (14 + 4) * 24, 5)
    spoilt = (current["at"] >= np.datetime64((MONDAY + timedelta(weeks=14)).replace(tzinfo=None))) & (current["channel"] == "app")
    windows = told(reference, {name: values[~spoilt] for name, values in current.items()}, "week")
    assert faults(windows[-1]) == [("missing_partition", ("channel",))]


def instants(*texts: str) -> NDArray[np.float64]:
    """Seconds since 1970 of texts."""
    return np.array([datetime.fromisoformat(text).timestamp() for text in texts])


def test_the_same_part_of_a_month_is_told_by_the_wall_clock() -> None:
    """The first ten days of a month in New York are those of every month there, however long it is."""
    zero = instants("2024-03-01T05:00+00:00")[0]
    part = Stretch(0, zero, 31 * 86400.0, 0.0, 10 * 86400.0)
    asked = instants("2024-02-01T04:59+00:00", "2024-02-01T05:01+00:00", "2024-02-11T04:00+00:00", "2024-02-11T06:00+00:00")
    assert part.holds(asked).tolist() == [False, True, True, False]


def test_the_same_part_of_a_week_goes_round() -> None:
    """Mondays before and after a window are its Monday; unknown times are in no part."""
    part = Stretch(0, instants("2024-01-01T00:00+00:00")[0], 7 * 86400.0, 0.0, 86400.0)
    asked = instants("2023-12-25T12:00+00:00", "2024-01-08T23:00+00:00", "2024-01-09T01:00+00:00")
    assert part.holds(np.append(asked, np.nan)).tolist() == [True, True, False, False]
