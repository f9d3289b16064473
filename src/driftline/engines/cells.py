"""What each cell of an Arrow column is worth to a plan: the plain conversion, one value at a time where need be.

A column need not have the type it had in the reference. What can be read as what it was, is:

| the plan says | and the column holds | then |
|---|---|---|
| number | text | it is parsed, trimmed, as Python's `float` does; empty text is null |
| number | true, false | 1 and 0 |
| number | a time of day, a duration | seconds |
| timestamp | text | ISO 8601; without a time zone it is UTC; empty text is null |
| timestamp | numbers | an epoch: seconds below 10^11, then milli-, micro- and nanoseconds |
| boolean | 0, 1, "0", "1", "True" … | false or true |
| category, text | numbers | their text; a whole number as "5" whatever its type, NaN as null |

Anything else is of the wrong type. Bytes are text if they are UTF-8.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.profile.bins import LevelBins
from driftline.profile.plan import Planned
from driftline.profile.reference import Cells
from driftline.schema import NAMING_ROLES, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))
"""Below the first number an instant given as a number counts seconds, and so on: until the year 5138."""

WHOLE = 2.0**63
TRUTH = {"0": "false", "1": "true", "false": "false", "true": "true"}
CODES = {
    pa.int8(): "b", pa.uint8(): "B", pa.int16(): "h", pa.uint16(): "H", pa.int32(): "i",
    pa.uint32(): "I", pa.int64(): "q", pa.uint64(): "Q", pa.float32(): "f", pa.float64(): "d",
}  # fmt: skip
"""Struct codes of the numbers that the kernel reads as they lie."""

TICKS = {"s": "s", "ms": "m", "us": "u", "ns": "n"}
"""Its codes of instants, by their unit."""

FLOATS = {"halffloat": "float16", "float": "float32", "double": "float64"}  # NumPy calls the integers by the same names


def cells(planned: Planned, array: pa.Array) -> Cells:
    """Convert a column to what `profile.reference` counts.

    Args:
        planned: the column as the plan has it.
        array: its values, of whatever type they came.
    """
    try:
        return _cells(planned, plain(array))
    except pa.ArrowException:
        # A type Arrow itself cannot take apart holds nothing that can be counted.
        null = nulls(array)
        return Cells(np.zeros(len(array)), [""] * len(array), null, ~null)


def _cells(planned: Planned, array: pa.Array) -> Cells:
    if planned.column.kind in {Kind.NUMBER, Kind.TIMESTAMP}:
        return _numeric(array, planned)
    if planned.column.kind is Kind.UNSUPPORTED:
        null = nulls(array)
        return Cells(np.zeros(len(array)), [""] * len(array), null, np.zeros(len(array), dtype=np.bool_))
    said, null, wrong = texts(array)
    if planned.column.kind is Kind.BOOLEAN:
        truth = [None if text is None else TRUTH.get(text.strip().lower()) for text in said]
        wrong |= np.array([value is None for value in truth], dtype=np.bool_) & ~null
        said = [text if value is None else value for text, value in zip(said, truth, strict=True)]
    return Cells(np.zeros(len(array)), said, null, wrong)


def find(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """The first column of that name."""
    places = batch.schema.get_all_field_indices(name)
    return batch.column(places[0]) if places else None


def stored(array: pa.Array) -> pa.Array:  # noqa: PLR0911  one return a type
    """Take off what only says how values are stored: runs, views, extensions."""
    kind = array.type
    if pa.types.is_primitive(kind) or pa.types.is_dictionary(kind):
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return stored(array.storage)
    if pa.types.is_run_end_encoded(kind):
        return stored(pc.run_end_decode(array))
    if kind == pa.string_view():
        return array.cast(pa.large_string())
    if kind == pa.binary_view():
        return array.cast(pa.large_binary())
    if pa.types.is_fixed_size_binary(kind):
        return array.cast(pa.binary())
    return array.cast(pa.int8()) if pa.types.is_null(kind) else array


def plain(array: pa.Array) -> pa.Array:
    """Take off dictionaries too."""
    array = stored(array)
    return plain(array.dictionary_decode()) if pa.types.is_dictionary(array.type) else array


def encode(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Codes (int32, null where the value is) and distinct values; every value of an odd type counts as the first."""
    if pa.types.is_dictionary(array.type):
        codes = array.indices
        return codes if codes.type == pa.int32() else codes.cast(pa.int32()), array.dictionary
    if pa.types.is_float16(array.type):
        # Arrow tells halves apart only by their bits.
        halves = array.view(pa.uint16()).dictionary_encode()
        return halves.indices, halves.dictionary.view(pa.float16())
    try:
        encoded = array.dictionary_encode()
    except pa.ArrowNotImplementedError:
        null = nulls(array)
        return pa.array(np.zeros(len(array), dtype=np.int32), mask=null), array.take(pa.array(np.flatnonzero(~null)[:1]))
    return encoded.indices, encoded.dictionary


def nulls(array: pa.Array) -> NDArray[np.bool_]:
    """Rows that hold nothing."""
    if not array.null_count and (is_text(array.type) or pa.types.is_primitive(array.type)):
        # Asking Arrow takes a microsecond a hundred rows.
        return np.zeros(len(array), dtype=np.bool_)
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)


def numbers(array: pa.Array) -> NDArray[np.float64] | None:
    """What a column of numbers, times of day or durations is worth, any value where null; None for other types."""
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return raw(array).astype(np.float64)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return raw(array.cast(pa.int8())).astype(np.float64)
    if pa.types.is_decimal(kind):
        return raw(array.cast(pa.float64()))
    if pa.types.is_time32(kind) or pa.types.is_time64(kind) or pa.types.is_duration(kind):
        return np.asarray(ticks(array).astype(np.float64) / PER_SECOND[kind.unit])
    return None


def instants(array: pa.Array) -> NDArray[np.float64] | None:
    """Seconds since 1970 of a column of instants or dates, any value where null; None for other types."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        return np.asarray(ticks(array).astype(np.float64) / PER_SECOND[kind.unit])
    if pa.types.is_date32(kind):
        return raw(array.cast(pa.int32())).astype(np.float64) * 86400.0
    if pa.types.is_date64(kind):
        return np.asarray(ticks(array).astype(np.float64) / 1e3)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _epoch(raw(array).astype(np.float64))
    return None


def seconds(array: pa.Array) -> NDArray[np.float64]:
    """Seconds since 1970 of a column of times in any form; NaN where there is none."""
    read = cells(Planned(Column(name="time", kind=Kind.TIMESTAMP), None), array)
    return np.where(read.null | read.wrong, np.nan, read.numbers)


def texts(array: pa.Array) -> tuple[list[str | None], NDArray[np.bool_], NDArray[np.bool_]]:  # noqa: PLR0911  one return a type
    """The text of each value, rows that are null, rows that have no text.

    Where a value has no text, such as bytes that are not UTF-8, the text is what is shown of it.
    """
    null = nulls(array)
    wrong = np.zeros(len(array), dtype=np.bool_)
    kind = array.type
    if is_text(kind):
        return _decoded(array, null)
    if pa.types.is_boolean(kind):
        return [None if value is None else str(value).lower() for value in array.to_pylist()], null, wrong
    if pa.types.is_integer(kind) or pa.types.is_null(kind):
        return [None if value is None else str(value) for value in array.to_pylist()], null, wrong
    if pa.types.is_floating(kind):
        values = raw(array)
        null |= np.isnan(values)
        return [None if gone else _float_text(value) for value, gone in zip(values, null, strict=True)], null, wrong
    if pa.types.is_decimal(kind):
        return [None if value is None else _decimal_text(value) for value in array.to_pylist()], null, wrong
    if pa.types.is_temporal(kind):
        return _time_texts(array), null, wrong
    return [None if gone else "" for gone in null], null, ~null


def _numeric(array: pa.Array, planned: Planned) -> Cells:
    """Numbers as they are; texts parsed one by one; the rest of the wrong type."""
    kind = planned.column.kind
    values = (numbers if kind is Kind.NUMBER else instants)(array)
    null = nulls(array)
    wrong = np.zeros(len(array), dtype=np.bool_)
    if values is not None:
        by_text = planned.column.role in NAMING_ROLES or isinstance(planned.bins, LevelBins)
        return Cells(values, texts(array)[0] if by_text else [None] * len(array), null, wrong)
    said, null, wrong = texts(array)
    values = np.zeros(len(array))
    readable = is_text(array.type)
    read: Callable[[str], float] = float if kind is Kind.NUMBER else instant
    for row in np.flatnonzero(~null & ~wrong):
        text = (said[row] or "").strip()
        if readable and not text:
            null[row] = True
            continue
        try:
            values[row] = read(text) if readable else math.nan
            wrong[row] = not readable
        except (ValueError, OverflowError):
            wrong[row] = True
    return Cells(values, said, null, wrong)


def instant(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 text; without a time zone it is UTC.

    >>> instant("1970-01-02"), instant("1970-01-01T01:00:00.5+01:00")
    (86400.0, 0.5)

    Raises:
        ValueError: the text is no instant.
    """
    at = datetime.fromisoformat(text.removesuffix(" UTC"))
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return (at - EPOCH) / timedelta(microseconds=1) / 1e6


def _epoch(values: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(values)
    units = np.select([size < limit for limit, _ in EPOCH_UNITS], [unit for _, unit in EPOCH_UNITS], 1.0)
    return np.asarray(values / units)


def raw(array: pa.Array) -> NDArray[Any]:
    """The values as they lie in memory, whatever stands where null."""
    width = array.type.bit_width // 8
    dtype = np.dtype(FLOATS.get(str(array.type), str(array.type)))
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.zeros(len(array), dtype=dtype)
    return np.frombuffer(data, dtype=dtype, count=len(array), offset=array.offset * width)


def ticks(array: pa.Array) -> NDArray[np.int64]:
    """A temporal column as the integers it is stored in."""
    wide = pa.int32() if array.type.bit_width == 32 else pa.int64()  # noqa: PLR2004  bits
    return raw(array.view(wide)).astype(np.int64, copy=False)


def is_text(kind: pa.DataType) -> bool:
    """Whether values lie as bytes behind offsets."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _decoded(array: pa.Array, null: NDArray[np.bool_]) -> tuple[list[str | None], NDArray[np.bool_], NDArray[np.bool_]]:
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    stored: Sequence[bytes | None] = array.cast(pa.large_binary() if large else pa.binary()).to_pylist()
    wrong = np.zeros(len(array), dtype=np.bool_)
    said: list[str | None] = []
    for row, value in enumerate(stored):
        try:
            said.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            wrong[row] = True
            said.append((value or b"").decode(errors="backslashreplace"))
    return said, null, wrong


def _float_text(value: np.floating[Any]) -> str:
    """Whole numbers as integers are written, others as briefly as their own precision allows."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < WHOLE else str(value)


def _decimal_text(value: Any) -> str:
    return str(int(value)) if value == value.to_integral_value() else f"{value.normalize():f}"


def _time_texts(array: pa.Array) -> list[str | None]:
    """Times as ISO 8601 has them; durations as seconds; an instant beyond the calendar as its number."""
    kind = array.type
    if pa.types.is_duration(kind):
        return texts(pa.array(np.asarray(numbers(array)), mask=nulls(array)))[0]
    naive = pa.timestamp(kind.unit) if pa.types.is_timestamp(kind) else kind
    suffix = "Z" if pa.types.is_timestamp(kind) and kind.tz else ""
    try:
        said: list[str | None] = array.view(naive).cast(pa.string()).to_pylist()
    except pa.ArrowInvalid:
        return texts(pa.array(ticks(array), mask=nulls(array)))[0]
    return [None if text is None else _shortest(text) + suffix for text in said]


def _shortest(text: str) -> str:
    """Without the zeros that only tell the unit."""
    return text.rstrip("0").rstrip(".") if "." in text else text
