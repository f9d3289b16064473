"""Rows as people send them become Arrow columns, each of one type; what does not fit its column is kept as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, object]

NOTHING, NUMBER, TEXT, TRUTH, TIME, OTHER = "nothing", "number", "text", "boolean", "time", "other"
"""What a column holds, in a word that does not change where 3 becomes 3.5."""


def table_of(rows: Sequence[Row]) -> pa.Table:
    """A table with every column that any of the rows has.

    >>> table_of([{"a": 1}, {"a": 2.5, "b": "x"}]).to_pydict()
    {'a': [1.0, 2.5], 'b': [None, 'x']}
    """
    names = list(rows[0]) if rows else []
    if all(list(row) == names for row in rows):
        # Rows of one sender mostly have their columns in one order: this is half of what it costs to take them in.
        values = zip(*(row.values() for row in rows), strict=True)
        return pa.table({name: column(cells) for name, cells in zip(names, values, strict=True)})
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: column([row.get(name) for row in rows]) for name in names})


def column(values: Sequence[object]) -> pa.Array:
    """An array of one type; of texts where the values have several.

    >>> column([1, "a", 2.0, True]).to_pylist()
    ['1', 'a', '2', 'true']
    """
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([_text(value) for value in values], pa.string())


def types_of(schema: pa.Schema) -> dict[str, str]:
    """What each column holds."""
    return {field.name: _word(field.type) for field in schema}


def _word(kind: pa.DataType) -> str:
    if pa.types.is_null(kind):
        return NOTHING
    if pa.types.is_boolean(kind):
        return TRUTH
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return NUMBER
    if pa.types.is_temporal(kind):
        return TIME
    if pa.types.is_dictionary(kind):
        return _word(kind.value_type)
    return TEXT if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else OTHER


def _text(value: object) -> str | None:
    """A value as the counting engine would write it, so that 2.0 among texts stays the level "2"."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
