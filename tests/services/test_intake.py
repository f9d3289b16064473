"""Intake: what is a row, what is none, and what is new in a stream."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.monitor import ColumnHints
from driftline.schema import Role
from driftline.services.intake import (
    KEPT_TEXT,
    LONGEST_TEXT,
    MOST_COLUMNS,
    SCALARS,
    Kind,
    Naming,
    Unreadable,
    changes,
    good_name,
    identity,
    instant,
    naming,
    sort_rows,
    written,
)

NOW = datetime(2026, 1, 5, tzinfo=UTC)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


def one(item: object, kind: Kind = Kind.PREDICTIONS, names: Naming | None = None) -> dict[str, object]:
    """The row that something is."""
    found = sort_rows([item], kind, names or Naming(), NOW)
    assert found.refused == []
    return found.rows[0]


def why(item: object, kind: Kind = Kind.PREDICTIONS) -> str:
    """Why something is no row."""
    found = sort_rows([item], kind, Naming(), NOW)
    assert found.rows == []
    return found.refused[0].reason


@given(items=st.lists(JSON, max_size=6), kind=st.sampled_from(Kind))
def test_everything_is_a_row_or_refused(items: list[Any], kind: Kind) -> None:
    """Whatever JSON holds: nothing raises, nothing is lost, rows have plain cells, and what is refused has a reason."""
    found = sort_rows(items, kind, Naming(), NOW)
    assert len(found.rows) + len(found.refused) == len(items)
    assert all(type(cell) in SCALARS | {datetime} for row in found.rows for cell in row.values())
    assert all(one.reason and len(one.row) <= KEPT_TEXT for one in found.refused)
    assert [one.place for one in found.refused] == sorted({one.place for one in found.refused})


def test_features_may_lie_in_an_object_of_their_own() -> None:
    """What stands beside them takes the model's own names; a score may be one number for each class."""
    names = Naming(id="order", time="ts", score="p")
    row = one({"id": 7, "features": {"a": 1, "b": None}, "score": 0.5, "timestamp": "2026-01-01", "latency_ms": 3}, names=names)
    assert row == {"a": 1, "b": None, "order": "7", "p": 0.5, "ts": datetime(2026, 1, 1, tzinfo=UTC), "latency_ms": 3}
    assert {"cat", "dog"} <= set(one({"features": {"a": 1}, "score": {"cat": 0.4, "dog": 0.6}}))


def test_a_row_may_be_flat() -> None:
    """Under the model's names or the interface's; the model's own go first."""
    names = Naming(id="order", time="ts")
    assert one({"order": "x", "a": 1}, names=names) == {"order": "x", "a": 1, "ts": NOW}
    assert one({"id": "x", "timestamp": 1_767_225_600}, names=names) == {"order": "x", "ts": datetime(2026, 1, 1, tzinfo=UTC)}
    assert one({"id": "a feature", "order": 5}, names=names)["order"] == "5"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (7, "this is a int"),
        ([], "this is a list"),
        (None, "this is null"),
        ({}, "holds nothing"),
        ({"a": [1]}, "'a' is a list"),
        ({"features": {"a": {"b": 1}}}, "'a' is an object"),
        ({"a": "x" * (LONGEST_TEXT + 1)}, "65,537 characters"),
        ({"a": "\ud800"}, "half a character"),
        ({"": 1}, "no name of a column"),
        ({"a\x00b": 1}, "no name of a column"),
        ({f"c{i}": i for i in range(MOST_COLUMNS)}, "columns"),
        ({"a": 10**400}, "300 digits"),
        ({"id": [1], "a": 1}, "the id [1]"),
        ({"timestamp": "yesterday"}, "cannot be read"),
        ({"timestamp": True}, "true or false"),
        ({"timestamp": "1805-01-01"}, "outside of the years"),
        ({"timestamp": 1e300}, "cannot be read"),
        (Unreadable("the line is broken", "{"), "the line is broken"),
    ],
)
def test_what_is_no_row(item: object, reason: str) -> None:
    """The reason names the column and what is wrong with it."""
    assert reason in why(item)


def test_labels() -> None:
    """They need an id and a value, which may be called value, label, or as the model calls it; null takes a label back."""
    assert one({"id": 7, "value": 1}, Kind.LABELS) == {"id": "7", "label": 1, "timestamp": NOW}
    assert one({"id": "7", "label": None}, Kind.LABELS)["label"] is None
    assert one({"order": "7", "left": True}, Kind.LABELS, Naming(id="order", label="left"))["left"] is True
    assert "belongs to no prediction" in why({"value": 1}, Kind.LABELS)
    assert "needs its value" in why({"id": 1}, Kind.LABELS)


@given(at=st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)), unit=st.sampled_from([1, 1e3, 1e6]))  # noqa: DTZ001  Hypothesis adds the zone
def test_times_are_read_in_any_unit(at: datetime, unit: float) -> None:
    """ISO 8601 to the microsecond; a count of seconds, milliseconds or microseconds since 1970, from 1973 on, to its own precision."""
    assert instant(at.isoformat(), NOW) == at
    assert abs(instant(at.timestamp() * unit, NOW) - at) < timedelta(milliseconds=1)


def test_whole_numbers_that_are_too_large_become_fractions() -> None:
    """Eight bytes hold no more."""
    assert one({"a": 2**63}) == {"a": float(2**63), "timestamp": NOW}
    assert one({"a": 2**63 - 1})["a"] == 2**63 - 1


def test_an_id_is_its_text() -> None:
    """So that a label finds its prediction, however either was written."""
    assert {identity(value) for value in (7, 7.0, "7")} == {"7"}
    assert identity(0.5) == "0.5"
    with pytest.raises(Unreadable):
        identity(True)  # noqa: FBT003  the value in question


def test_the_model_names_its_columns() -> None:
    """By their roles; otherwise the interface's names hold."""
    hints = ColumnHints(roles={"order": Role.ID, "ts": Role.TIMESTAMP, "p": Role.SCORE})
    assert naming(hints) == Naming(id="order", time="ts", score="p", prediction="prediction", label="label")
    assert Naming().own() == {name: name for name in ("id", "timestamp", "prediction", "score", "label")}


@given(names=st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["number", "text", "nothing"])), known=st.booleans())
def test_a_stream_that_stays_as_it_is_is_no_finding(names: dict[str, str], known: bool) -> None:  # noqa: FBT001  Hypothesis names it
    """Nor are its first columns; what is seen is known afterwards."""
    found, after = changes(names if known else {}, names, "predictions")
    assert found == ()
    assert after == ({} if known else names)


def test_a_column_that_holds_nothing_is_what_it_was() -> None:
    """Nothing is no type; the first value gives a column its type without a finding."""
    assert changes({"a": "number"}, {"a": "nothing"}, "p") == ((), {})
    assert changes({"a": "nothing"}, {"a": "text"}, "p") == ((), {"a": "text"})


def test_names_of_columns() -> None:
    """Anything that can be shown, and is not endless."""
    assert all(good_name(name) for name in ("a", "größe (cm)", "特徴"))
    assert not any(good_name(name) for name in ("", "a\n", "\x7f", "x" * 201))


def test_what_is_kept_of_a_row() -> None:
    """Its JSON, as far as there is room; an item that JSON does not know by its type."""
    assert json.loads(written({"a": [1, None, "ü"]})) == {"a": [1, None, "ü"]}
    assert written(Unreadable("why", "{broken\0")) == "{broken\ufffd"
    circle: list[Any] = []
    circle.append(circle)
    assert "list" in written(circle)
    assert written({"n": math.nan}) == '{"n": NaN}'
