"""Intake: what is sent becomes rows that can be kept; what cannot be read is told apart, with the reason."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from driftline.schema import Role
from driftline.verdicts.report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from driftline.monitor import ColumnHints

    Row = dict[str, object]

MOST_COLUMNS = 2_000
"""A row of more columns is taken for a mistake."""

LONGEST_TEXT = 65_536
"""A longer text is no feature."""

KEPT_TEXT = 2_000
"""So much of a row that cannot be read is kept."""

LONGEST_NAME = 200
LARGEST = 1 << 63
"""Whole numbers from here on do not fit into eight bytes and are kept as fractions."""

UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))
"""Below these sizes a number that is a time counts seconds, milliseconds, microseconds, nanoseconds since 1970."""

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
SCALARS = frozenset({str, int, float, bool, type(None)})


class Kind(StrEnum):
    """What is sent."""

    PREDICTIONS = "predictions"
    LABELS = "labels"


class Unreadable(ValueError):
    """A row cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What a model calls the columns that every model has, and its score columns where there are several."""

    id: str = "id"
    time: str = "timestamp"
    prediction: str = "prediction"
    score: str = "score"
    label: str = "label"

    def own(self) -> dict[str, str]:
        """From the names that the interface uses to the model's own."""
        return {"id": self.id, "timestamp": self.time, "prediction": self.prediction, "score": self.score, "label": self.label}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be kept: its place in what was sent, the reason, and what it was."""

    place: int
    reason: str
    row: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What was sent, sorted into rows and what is no row."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def naming(hints: ColumnHints) -> Naming:
    """What the monitor says its columns are called; the interface's own names where it says nothing."""
    usual = Naming()
    return Naming(
        id=hints.named(Role.ID) or usual.id,
        time=hints.named(Role.TIMESTAMP) or usual.time,
        prediction=hints.named(Role.PREDICTION) or usual.prediction,
        score=hints.named(Role.SCORE) or usual.score,
        label=hints.named(Role.LABEL) or usual.label,
    )


def sort_rows(items: Iterable[object], kind: Kind, names: Naming, now: datetime) -> Sorted:
    """Sort what was sent into rows to keep and rows that cannot be read; one bad row spoils no other.

    Args:
        items: objects as JSON has them; an `Unreadable` stands for one that could not even be parsed.
        kind: what they are.
        names: what the model calls its columns.
        now: the time of rows that have none.
    """
    found = Sorted()
    read: Callable[[object, dict[str, str], Naming, datetime], Row] = prediction if kind is Kind.PREDICTIONS else label
    own = names.own()
    for place, item in enumerate(items):
        try:
            found.rows.append(read(item, own, names, now))
        except Unreadable as error:
            found.refused.append(Refused(place, str(error.args[0]), written(item)))
    return found


def prediction(item: object, own: dict[str, str], names: Naming, now: datetime) -> Row:
    """One prediction: flat, or with its features in an object of their own.

    >>> row = {"id": 7, "features": {"amount": 3.5}, "score": 0.2}
    >>> sorted(prediction(row, Naming().own(), Naming(), datetime(2026, 1, 1, tzinfo=UTC)))
    ['amount', 'id', 'score', 'timestamp']

    Raises:
        Unreadable: it is none.
    """
    row = _flat(item, own)
    if not row:
        raise Unreadable("the row holds nothing")
    if names.id in row:
        row[names.id] = identity(row[names.id])
    row[names.time] = instant(row.get(names.time), now)
    return _checked(row, names.time)


def label(item: object, own: dict[str, str], names: Naming, now: datetime) -> Row:
    """One label: the id of its prediction, and its value as `value`, `label` or the model's own name of it.

    Raises:
        Unreadable: it is none.
    """
    row = _flat(item, own)
    if "value" in row and names.label not in row:
        row[names.label] = row.pop("value")
    if row.get(names.id) is None:
        raise Unreadable(f"a label without {names.id!r} belongs to no prediction")
    if names.label not in row:
        raise Unreadable("a label needs its value: give value, or null to take it back")
    row[names.id] = identity(row[names.id])
    row[names.time] = instant(row.get(names.time), now)
    return _checked(row, names.time)


def identity(value: object) -> str | None:
    """An id as its text, so that 7, 7.0 and "7" are one.

    >>> identity(7.0), identity("a-1"), identity(None)
    ('7', 'a-1', None)

    Raises:
        Unreadable: it is no text and no number.
    """
    if value is None or type(value) is str:
        return value
    if type(value) is float and value.is_integer():
        return str(int(value))
    if type(value) in {int, float}:
        return str(value)
    raise Unreadable(f"the id {written(value)} is neither a text nor a number")


def instant(value: object, now: datetime) -> datetime:
    """A time as an instant: ISO 8601, UTC where it names no zone, or a number counting since 1970; `now` for None.

    Raises:
        Unreadable: it is none, or lies before 1990 or after 2099.
    """
    if value is None:
        return now
    try:
        match value:
            case str():
                at = datetime.fromisoformat(value)
            case datetime():
                at = value
            case bool():
                raise Unreadable("the time is true or false")
            case int() | float():
                size = abs(value)
                at = datetime.fromtimestamp(value / next(unit for limit, unit in UNITS if size < limit), UTC)
            case _:
                raise Unreadable(f"the time {written(value)} is neither a text nor a number")
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError, StopIteration) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"the time {written(value)} cannot be read: write it as ISO 8601") from error
    if not EARLIEST <= at < LATEST:
        raise Unreadable(f"the time {at.isoformat()} lies outside of the years 1990 to 2099")
    return at


def _flat(item: object, own: dict[str, str]) -> Row:
    """One level of columns under the model's own names."""
    if not isinstance(item, dict):
        raise item if isinstance(item, Unreadable) else Unreadable(f"a row is an object with named values, and this is {_kind(item)}")
    features = item.get("features")
    if not isinstance(features, Mapping):
        # A flat row may use the interface's names or the model's own.
        return {own[name] if name in own and own[name] not in item else name: value for name, value in item.items()}
    row: Row = dict(features)
    for name, value in item.items():
        if name == "score" and isinstance(value, dict):
            row.update(value)
        elif name != "features" and (own.get(name) or name not in row):
            # What the monitor has no column for takes no feature's name away.
            row[own.get(name) or name] = value
    return row


def _checked(row: Row, time: str) -> Row:
    """The row, every cell of which is a number, a text, a truth or nothing."""
    if len(row) > MOST_COLUMNS:
        raise Unreadable(f"the row has {len(row):,} columns; at most {MOST_COLUMNS:,} are kept")
    for name, value in row.items():
        if not good_name(name):
            raise Unreadable(f"{name[:LONGEST_NAME]!r} is no name of a column: it is empty, too long or has signs that cannot be shown")
        if type(value) is not float and name != time:
            row[name] = _cell(name, value)
    return row


def _cell(name: str, value: object) -> object:
    """A value that a cell can hold."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise Unreadable(f"{name!r} is a text of {len(value):,} characters; at most {LONGEST_TEXT:,} are kept")
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Unreadable(f"{name!r} holds half a character")
        return value
    if type(value) is int and not -LARGEST <= value < LARGEST:
        try:
            return float(value)
        except OverflowError as error:
            raise Unreadable(f"{name!r} is a number of more than 300 digits") from error
    if type(value) not in SCALARS:
        raise Unreadable(f"{name!r} is {_kind(value)}: a cell is a number, a text, true, false or null")
    return value


@lru_cache(maxsize=10_000)
def good_name(name: str) -> bool:
    """Whether a column may be called so."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


def _kind(value: object) -> str:
    match value:
        case list():
            return "a list"
        case dict():
            return "an object"
        case None:
            return "null"
        case _:
            return f"a {type(value).__name__}"


def written(item: object) -> str:
    """A row as text, cut short, and without what no database keeps in a text."""
    try:
        text = item.args[1] if isinstance(item, Unreadable) and len(item.args) > 1 else json.dumps(item, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(item))
    return str(text)[:KEPT_TEXT].replace("\0", "\ufffd")


def changes(known: Mapping[str, str], seen: Mapping[str, str], place: str) -> tuple[tuple[Finding, ...], dict[str, str]]:
    """What is new in the columns of a stream: findings, and the columns as they are from now on.

    Args:
        known: the columns so far and what they hold; empty before the first row.
        seen: those of the rows at hand; "nothing" where a column holds nothing.
        place: what the stream is called.

    >>> found, after = changes({"a": "number", "b": "text"}, {"a": "text", "c": "number"}, "predictions")
    >>> [finding.what for finding in found]
    ["the column 'a' holds text, which held number", "the column 'c' is new", "the column 'b' is missing"]
    """
    found: list[Finding] = []
    after: dict[str, str] = {}
    for name, kind in seen.items():
        before = known.get(name)
        if before is None or kind not in {"nothing", before}:
            after[name] = kind
        if known and before is None:
            found.append(Finding(where=place, what=f"the column {name!r} is new"))
        elif before not in {None, "nothing", kind} and kind != "nothing":
            found.append(Finding(where=place, what=f"the column {name!r} holds {kind}, which held {before}"))
    found += [Finding(where=place, what=f"the column {name!r} is missing") for name in known if name not in seen]
    return tuple(found), after
