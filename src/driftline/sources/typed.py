"""Gives columns of text the type they were decided to have, and keeps what does not fit as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ZONED = (pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC"))
LOCAL = (pa.timestamp("us"), pa.timestamp("ns"))
GUESSES = (pa.int64(), pa.float64(), *ZONED, *LOCAL, pa.bool_())
"""Types tried, in this order, for a column of text nothing is known about."""

NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"
INSTANT = r"^\s*\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\s*$"
NEARLY_ALL = 0.98
LOOKED_AT = 10_000
"""So many texts decide on a column's type."""

UNPARSED = re.compile(r"'(.*)' as a scalar|value: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Typed:
    """A column, and the first value that kept it from its type, where there was one, with its row."""

    array: pa.Array
    misfit: str | None = None
    row: int = -1


def ladder(wanted: pa.DataType) -> tuple[pa.DataType, ...]:
    """The types to try, the narrowest first: whole numbers may become fractions, dates instants."""
    if pa.types.is_null(wanted):
        return GUESSES
    if pa.types.is_integer(wanted):
        return (wanted, pa.float64())
    if pa.types.is_date(wanted):
        return (wanted, *ZONED, *LOCAL)
    if pa.types.is_timestamp(wanted):
        # The wanted sort last: its complaint is the one worth telling.
        return (*LOCAL, *ZONED) if wanted.tz else (*ZONED, *LOCAL)
    return () if pa.types.is_string(wanted) else (wanted,)


def as_type(texts: pa.Array, wanted: pa.DataType) -> Typed:
    """Read texts as the wanted type, or one a little wider; the texts themselves where that fails.

    >>> as_type(pa.array(["1", " 2.5"]), pa.int64()).array.type
    DataType(double)
    >>> as_type(pa.array(["1", "two"]), pa.int64()).misfit
    'two'
    """
    steps = ladder(wanted)
    if not steps:
        return Typed(texts)
    trimmed = pc.utf8_trim_whitespace(texts)
    fault = ""
    for step in steps:
        try:
            return Typed(trimmed.cast(step))
        except pa.ArrowInvalid as error:
            fault = str(error)
    found = UNPARSED.search(fault)
    if pa.types.is_null(wanted) or not found:
        return Typed(texts)
    misfit = found[1] or found[2] or ""
    return Typed(texts, misfit, pc.index(trimmed, misfit).as_py())


def as_instants(texts: pa.Array) -> pa.Array:
    """Read texts as instants if all of them are, with or without a time zone."""
    return next((typed.array for kind in (ZONED[0], LOCAL[0]) if (typed := as_type(texts, kind)).misfit is None), texts)


def likely_type(texts: pa.Array) -> pa.DataType:
    """The type that nearly all texts have: a few that do not fit make no column of text.

    >>> likely_type(pa.array(["1", "2"] * 99 + ["n/k"]))
    DataType(int64)
    """
    known = texts.drop_null()[:LOOKED_AT]
    for pattern in (NUMBER, INSTANT):
        fitting = known.filter(pc.match_substring_regex(known, pattern))
        if len(fitting) and len(fitting) >= NEARLY_ALL * len(known):
            return as_type(fitting, pa.null()).array.type
    return texts.type


def loose_array(values: Iterable[object]) -> pa.Array:
    """An array of Python values, of one type if they have one, else of their texts.

    >>> loose_array([1, 2.5, None]).type, loose_array([1, "a", float("nan")]).to_pylist()
    (DataType(double), ['1', 'a', None])
    """
    listed = list(values)
    try:
        return pa.array(listed)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array([_text(value) for value in listed], pa.string())


def loose_type(values: Sequence[object]) -> pa.DataType:
    """The type of a column of Python values; of several types the one that nearly all can be read as."""
    found = loose_array(values)
    if pa.types.is_string(found.type) and not all(isinstance(value, str | None) for value in values):
        return likely_type(found)
    return found.type


def _text(value: object) -> str | None:
    if value is None or _is_missing(value):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value.isoformat() if isinstance(value, date) else str(value)


def _is_missing(value: object) -> bool:
    """NaN, NaT and pandas' NA are not equal to themselves; the last refuses to say so."""
    try:
        return bool(value != value)  # noqa: PLR0124  that is the question
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"
