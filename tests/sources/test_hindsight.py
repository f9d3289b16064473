"""Rows as they were known at some time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from driftline.sources.hindsight import Hindsight

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def rows() -> Hindsight:
    """Four rows, a day apart and in no order; their labels come two days later, that of the last never."""
    made = np.array([2.0, 0.0, 3.0, 1.0]) * 86_400 + START.timestamp()
    known = np.where(made == made.max(), np.nan, made + 2 * 86_400)
    table = pa.table(
        {"x": [2, 0, 3, 1], "y": [20, 0, None, 10], "at": pa.array((known * 1e6).astype("datetime64[us]"), pa.timestamp("us", "UTC"))}
    )
    return Hindsight("t", table, made, known, "y", "at")


def read(first: int, last: int, at: int) -> dict[str, list[int | None]]:
    """What is known on a day of the rows of some days."""
    source = rows().between(START + first * DAY, START + last * DAY, START + at * DAY)
    return pa.Table.from_batches(source.batches(["x", "y"])).to_pydict()


def test_rows_of_a_span_come_in_order_with_the_labels_known_then() -> None:
    """A label is there from its time on and not before; the end of a span is excluded."""
    assert read(0, 3, 9) == {"x": [0, 1, 2], "y": [0, 10, 20]}
    assert read(0, 3, 3) == {"x": [0, 1, 2], "y": [0, 10, None]}
    assert read(1, 2, 2) == {"x": [1], "y": [None]}


def test_a_span_is_settled_when_its_last_label_has_come() -> None:
    """A span whose labels never come has nothing to wait for."""
    assert rows().settled(START, START + 3 * DAY) == (START + 4 * DAY).timestamp()
    assert rows().settled(START + 3 * DAY, START + 4 * DAY) == -np.inf


def test_times_that_were_not_known_are_not_told() -> None:
    """How late labels come is learnt from what had come by then."""
    made, known = rows().times(START + 3 * DAY)
    assert (made - START.timestamp()).tolist() == [0.0, 86_400.0, 172_800.0]
    assert np.isnan(known).tolist() == [False, False, True]


def test_without_label_times_all_is_known() -> None:
    """Where nobody says when labels came, they are there."""
    bare = Hindsight("t", pa.table({"x": [1], "y": [1]}), np.array([START.timestamp()]))
    source = bare.between(START, START + DAY, START)
    assert pa.Table.from_batches(source.batches(["x", "y"])).to_pydict() == {"x": [1], "y": [1]}
    assert bare.settled(START, START + DAY) == -np.inf


def test_rows_since_some_time_may_be_given_other_values() -> None:
    """Values come in the order in which rows were given; earlier rows stay, and a column that is not there is left out."""
    known = rows()
    known.rewrite(START + 2 * DAY, {"x": pa.array([-2.0, -9.0, -3.0, -9.0]), "z": pa.array([0, 0, 0, 0])})
    source = known.between(START, START + 9 * DAY, START + 9 * DAY)
    assert pa.Table.from_batches(source.batches(["x", "y"])).to_pydict() == {"x": [0, 1, -2, -3], "y": [0, 10, 20, None]}
