from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.sources.plain import own_names, plain_array, plain_batch, plain_schema, plain_type

CASES = [
    (pa.array([Decimal("1.25"), None]), [1.25, None], pa.float64()),
    (pa.array(np.array([1.5], np.float16)), [1.5], pa.float32()),
    (pa.array([timedelta(seconds=1.5), None], pa.duration("ms")), [1.5, None], pa.float64()),
    (pa.array([time(12, 30)]), ["12:30:00.000000"], pa.string()),
    (pa.array(["a", None], pa.string_view()), ["a", None], pa.string()),
    (pa.array([b"a"], pa.binary_view()), [b"a"], pa.binary()),
    (pa.array([b"ab"], pa.binary(2)), [b"ab"], pa.binary()),
    (pa.array([b"0" * 16], pa.uuid()), [b"0" * 16], pa.binary()),
    (pa.array(["a", "b", None]).dictionary_encode(), ["a", "b", None], pa.dictionary(pa.int32(), pa.string())),
    (pa.array([7, 8, None]).dictionary_encode(), [7, 8, None], pa.int64()),
    (pc.run_end_encode(pa.array([1, 1, 2])), [1, 1, 2], pa.int64()),
    (pa.array([1, None]), [1, None], pa.int64()),
    (pa.array([[1], []]), [[1], []], pa.list_(pa.int64())),
    (
        pa.DictionaryArray.from_arrays(pa.array([0, None], pa.uint8()), pa.array(["x"], pa.string_view())),
        ["x", None],
        pa.dictionary(pa.int32(), pa.string()),
    ),
]


@pytest.mark.parametrize(("array", "values", "kind"), CASES, ids=lambda case: str(getattr(case, "type", "")))
def test_every_type_becomes_one_of_a_short_list(array: pa.Array, values: list[object], kind: pa.DataType) -> None:
    """The values stay what they are, and the type is the one the schema promises."""
    plain = plain_array(array)
    assert (plain.to_pylist(), plain.type, plain_type(array.type)) == (values, kind, kind)


def test_a_batch_is_what_its_schema_says() -> None:
    """A batch and a schema are made plain alike; what describes the columns is dropped."""
    schema = pa.schema([pa.field("d", pa.decimal128(5, 2), nullable=False, metadata={"a": "b"}), ("s", pa.string())], metadata={"x": "y"})
    batch = pa.record_batch([pa.array([Decimal("1.00")], pa.decimal128(5, 2)), pa.array(["x"])], schema=schema)
    assert plain_batch(batch).schema.equals(plain_schema(schema), check_metadata=True)


def test_rows_without_columns_stay_rows() -> None:
    """A batch of no columns keeps its number of rows."""
    assert plain_batch(pa.record_batch([pa.array([1, 2])], names=["a"]).select([])).num_rows == 2


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_3", "__index_level_0__", ""])))
def test_every_column_has_a_name_of_its_own(names: list[str]) -> None:
    """Names are given once, the first bearer of a name keeps it, and pandas' index gets none."""
    owns = own_names(names)
    given_names = [own for own in owns if own is not None]
    assert len(given_names) == len(set(given_names))
    assert all(owns[names.index(name)] == name for name in set(names) - {"__index_level_0__"})
    assert [own is None for own in owns] == [name == "__index_level_0__" for name in names]
