"""Arrow types as the engines take them: every column becomes one of a short list of types.

That list: null, bool, integers, float32 and float64, (large_)string, (large_)binary, dictionaries of
(large_)string, dates, timestamps, and nested types, which nobody counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

PANDAS_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls an index that has no name; it is a row's number, not its content."""

TICKS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def plain_type(kind: pa.DataType) -> pa.DataType:  # noqa: PLR0911  a table of cases
    """The type in which a column of this type is handed on."""
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        value = plain_type(kind.value_type)
        return pa.dictionary(pa.int32(), value) if _is_text(value) else value
    if pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if pa.types.is_string_view(kind) or pa.types.is_time(kind):
        return pa.string()
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    if pa.types.is_decimal(kind) or pa.types.is_duration(kind):
        return pa.float64()
    return pa.float32() if pa.types.is_float16(kind) else kind


def plain_array(array: pa.Array) -> pa.Array:  # noqa: PLR0911  a table of cases
    """The same values in the plain type; a duration becomes seconds."""
    kind = array.type
    wanted = plain_type(kind)
    if wanted == kind:
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return plain_array(array.storage)
    if pa.types.is_dictionary(kind):
        if _is_text(wanted.value_type if pa.types.is_dictionary(wanted) else wanted):
            return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), plain_array(array.dictionary))
        return plain_array(array.dictionary).take(array.indices)
    if pa.types.is_run_end_encoded(kind):
        return plain_array(pc.run_end_decode(array))
    if pa.types.is_duration(kind):
        return pc.divide(array.cast(pa.int64()).cast(pa.float64(), safe=False), float(TICKS[kind.unit]))
    return array.cast(wanted, safe=False)


def plain_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its columns in plain types and without what describes them."""
    if batch.num_columns == 0 or (batch.schema.metadata is None and all(_is_plain(field) for field in batch.schema)):
        return batch
    columns = [plain_array(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema that `plain_batch` gives its batches."""
    return pa.schema([pa.field(field.name, plain_type(field.type)) for field in schema])


def own_names(names: Iterable[str]) -> list[str | None]:
    """A name of its own for every column: the second `a` becomes `a_2`; None for pandas' index.

    >>> own_names(["a", "b", "a", "__index_level_0__"])
    ['a', 'b', 'a_2', None]
    """
    given: list[str | None] = []
    listed = list(names)
    taken = set(listed)
    seen: set[str] = set()
    for name in listed:
        if PANDAS_INDEX.fullmatch(name):
            given.append(None)
            continue
        fresh, number = name, 2
        while fresh in seen or (fresh != name and fresh in taken):
            fresh, number = f"{name}_{number}", number + 1
        seen.add(fresh)
        given.append(fresh)
    return given


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(field: pa.Field) -> bool:
    return field.metadata is None and bool(field.nullable) and plain_type(field.type) == field.type
