from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from driftline.errors import SchemaMismatch
from driftline.sources.known import KnownAt
from driftline.sources.opening import open_source

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMES = ["2026-03-01T11:59:59", "2026-03-01T12:00:00", "2026-03-01T12:00:01", None]


def known(times: pa.Array, columns: list[str] | None = None) -> pa.Table:
    """What is known at noon of four rows."""
    table = pa.table({"y": [1, 0, 1, 1], "at": times, "x": [1.0, 2.0, 3.0, 4.0]})
    return pa.Table.from_batches(KnownAt(open_source(table, name="t"), "y", "at", NOON).batches(columns))


@pytest.mark.parametrize(
    "times",
    [
        pa.array(TIMES),
        pa.array(TIMES).cast(pa.timestamp("us")),
        pa.array([text and text + "Z" for text in TIMES]).cast(pa.timestamp("ns", "Europe/Berlin")),
    ],
    ids=["texts", "naive", "zoned"],
)
def test_labels_that_come_later_are_not_known(times: pa.Array) -> None:
    """A label is known from its time on; one without a time is known."""
    assert known(times)["y"].to_pylist() == [1, 0, None, 1]


def test_dates_begin_at_midnight() -> None:
    """A label of today's date is known at noon, one of tomorrow's is not."""
    days = pa.array([datetime(2026, 3, 1, tzinfo=UTC).date(), datetime(2026, 3, 2, tzinfo=UTC).date(), None, None])
    assert known(days)["y"].to_pylist() == [1, None, 1, 1]


def test_the_time_is_read_but_not_handed_on_unasked() -> None:
    """Who asks for the label gets it veiled, without the column that says when; who does not ask for it gets what he asks for."""
    assert known(pa.array(TIMES), ["x", "y"]).column_names == ["y", "x"]
    assert known(pa.array(TIMES), ["x", "y"])["y"].null_count == 1
    assert known(pa.array(TIMES), ["x"]).column_names == ["x"]


@pytest.mark.parametrize("times", [pa.array([1, 2, 3, 4]), pa.array(["soon"] * 4), pa.array([True] * 4)])
def test_what_is_no_time_is_refused(times: pa.Array) -> None:
    """Numbers without a unit and texts that are no times are named for what they are."""
    with pytest.raises(SchemaMismatch, match="since when labels are known"):
        known(times)


def test_a_missing_column_is_named() -> None:
    """A source without the column that says since when is refused, with what it might have been."""
    source = KnownAt(open_source(pa.table({"y": [1], "label_ts": [None]}), name="t"), "y", "label_tz", NOON)
    with pytest.raises(SchemaMismatch) as error:
        source.schema()
    assert "label_ts" in error.value.hint
