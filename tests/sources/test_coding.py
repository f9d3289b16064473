from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.sources import coding
from driftline.sources.coding import BOOL, FLOAT, INT, NO_TIME, TEXT, Reading, Tale, What, as_micros, class_of, encode, micros, parse


def told(kinds: np.ndarray, values: np.ndarray, texts: dict[str, int]) -> Tale:
    """The tale of labels that all count."""
    return Tale(
        kinds=np.bincount(kinds, minlength=6),
        truths=int(((kinds == What.WHOLE) & np.isin(values, [0, 1])).sum()),
        texts=np.bincount(values[kinds == What.TEXT], minlength=len(texts)),
    )


def read(array: pa.Array, wanted: pa.DataType | None) -> pa.Array:
    """Labels there and back."""
    texts: dict[str, int] = {}
    kinds, values = encode(array, texts, numeric=wanted in {INT, FLOAT})
    known = kinds != What.NOTHING
    return Reading.of(list(texts), told(kinds[known], values[known], texts), wanted).array(kinds, values)


class TestThereAndBack:
    """A column of labels as codes, and as a column again."""

    @pytest.mark.parametrize(
        ("array", "wanted"),
        [
            (pa.array([1, 0, None, -(2**63), 2**63 - 1]), None),
            (pa.array([1, 0, None], pa.int8()), INT),
            (pa.array([1.5, None, -0.25, 1e300, math.inf]), None),
            (pa.array([True, None, False]), None),
            (pa.array(["cat", None, "dog", "cat"]), None),
            (pa.array(["cat", None, "dog", "cat"]).dictionary_encode(), TEXT),
            (pa.array([b"cat", None]), None),
            (pa.array([None, None]), None),
            (pa.array([None, None], pa.string()), BOOL),
            (pa.array([], pa.float64()), FLOAT),
            (pa.array([Decimal("1.25"), None]), FLOAT),
            (pa.array([1.5, None], pa.float32()), None),
        ],
        ids=str,
    )
    def test_keeps_what_it_said(self, array: pa.Array, wanted: pa.DataType | None) -> None:
        """Every type comes back with its values."""
        found = read(array, wanted)
        wanted_values = [v.decode() if isinstance(v, bytes) else float(v) if isinstance(v, Decimal) else v for v in array.to_pylist()]
        assert found.to_pylist() == wanted_values

    @given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=20))
    def test_keeps_every_whole_number(self, numbers: list[int | None]) -> None:
        """Not even the largest is rounded."""
        assert read(pa.array(numbers, pa.int64()), INT).to_pylist() == numbers

    @given(st.lists(st.one_of(st.none(), st.floats(allow_infinity=False, allow_nan=False)), max_size=20))
    def test_keeps_every_double(self, numbers: list[float | None]) -> None:
        """To the last bit, zero's sign aside."""
        assert read(pa.array(numbers, pa.float64()), FLOAT).to_pylist() == numbers

    def test_takes_nan_and_empty_texts_for_none(self) -> None:
        """Not a number, and a text of blanks, say nothing."""
        assert encode(pa.array([math.nan, 2.0]), {}, numeric=False)[0].tolist() == [What.NOTHING, What.WHOLE]
        assert encode(pa.array(["", "  ", "x"]), {}, numeric=False)[0].tolist() == [What.NOTHING, What.NOTHING, What.TEXT]

    def test_cannot_read_lists(self) -> None:
        """A label that has no value of its own is unreadable; null is still null."""
        assert encode(pa.array([[1], None]), {}, numeric=False)[0].tolist() == [What.UNREADABLE, What.NOTHING]
        assert encode(pa.array([b"\xff"]), {}, numeric=False)[0].tolist() == [What.UNREADABLE]

    def test_bounds_the_texts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """More different texts than classes can be are unreadable from then on."""
        monkeypatch.setattr(coding, "MOST_TEXTS", 2)
        texts: dict[str, int] = {}
        assert encode(pa.array(["a", "b", "c", "a"]), texts, numeric=False)[0].tolist() == [
            What.TEXT,
            What.TEXT,
            What.UNREADABLE,
            What.TEXT,
        ]
        assert texts == {"a": 0, "b": 1}

    def test_takes_dates_as_text(self) -> None:
        """An instant as a label is a class like another."""
        assert read(pa.array([date(2026, 1, 2)]), None).to_pylist() == ["2026-01-02"]


class TestReading:
    """Which type labels get."""

    @pytest.mark.parametrize(
        ("array", "wanted", "values"),
        [
            (pa.array(["1", "0", " 1 "]), INT, [1, 0, 1]),
            (pa.array(["1.0", "0"]), INT, [1, 0]),
            (pa.array([1.0, 0.0, None]), INT, [1, 0, None]),
            (pa.array([True, False]), INT, [1, 0]),
            (pa.array(["yes", "No"]), INT, [1, 0]),
            (pa.array(["yes", "No", "TRUE", "f", "1"]), BOOL, [True, False, True, False, True]),
            (pa.array([1, 0, None]), BOOL, [True, False, None]),
            (pa.array([1.0, 0.0]), BOOL, [True, False]),
            (pa.array([1, 20]), TEXT, ["1", "20"]),
            (pa.array([1.0, 2.5]), TEXT, ["1", "2.5"]),
            (pa.array([True, False]), TEXT, ["true", "false"]),
            (pa.array([1, 2]), FLOAT, [1.0, 2.0]),
            (pa.array(["2.5", "1e3"]), FLOAT, [2.5, 1000.0]),
        ],
        ids=str,
    )
    def test_is_the_predictions_where_they_can_be_read_so(self, array: pa.Array, wanted: pa.DataType, values: list[object]) -> None:
        """Numbers, texts of numbers, and words for true and false become one another."""
        found = read(array, wanted)
        assert (found.type, found.to_pylist()) == (wanted, values)

    def test_has_fractions_where_labels_do(self) -> None:
        """Whole predictions of labels that are not make no label whole."""
        assert read(pa.array([1.0, 2.5]), INT).to_pylist() == [1.0, 2.5]
        assert read(pa.array(["1", "2.5"]), INT).to_pylist() == [1.0, 2.5]

    @pytest.mark.parametrize(
        ("array", "wanted", "kept"),
        [(pa.array(["cat", "dog"]), INT, TEXT), (pa.array([5, 7]), BOOL, INT), (pa.array(["a", "1"]), FLOAT, TEXT)],
    )
    def test_is_their_own_where_they_cannot(self, array: pa.Array, wanted: pa.DataType, kept: pa.DataType) -> None:
        """Names of classes are no numbers, and are kept as they came."""
        found = read(array, wanted)
        assert (found.type, found.to_pylist()) == (kept, array.to_pylist())

    def test_leaves_out_a_few_that_cannot(self) -> None:
        """One in a hundred that is no number is unknown, and the rest are numbers."""
        found = read(pa.array(["7"] * 99 + ["n/a"]), INT)
        assert found.type == INT
        assert found.null_count == 1

    def test_mixes_types(self) -> None:
        """Numbers and texts without a wish become texts."""
        texts: dict[str, int] = {}
        parts = [encode(pa.array(values), texts, numeric=False) for values in ([1, 2], ["b"], [True], [2.5])]
        kinds, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        assert Reading.of(list(texts), told(kinds, values, texts), None).array(kinds, values).to_pylist() == ["1", "2", "b", "true", "2.5"]

    def test_writes_truths_as_it_is_told(self) -> None:
        """True may be "yes"."""
        kinds, values = encode(pa.array([True, False, None]), {}, numeric=False)
        assert Reading(TEXT, [], ("no", "yes")).array(kinds, values).to_pylist() == ["yes", "no", None]

    def test_counts_what_it_can_read(self) -> None:
        """Two of four: a truth word and a number; not the others."""
        texts: dict[str, int] = {}
        kinds, values = encode(pa.array(["yes", "maybe", "0", "7"]), texts, numeric=False)
        assert Reading(BOOL, list(texts)).readable(told(kinds, values, texts)) == 2


class TestInstants:
    """When labels came."""

    @given(st.lists(st.integers(-(2**51), 2**53), min_size=1, max_size=20), st.sampled_from(["s", "ms", "us", "ns"]))
    def test_are_pandas(self, instants: list[int], unit: str) -> None:
        """In every unit, without a time zone, the same microseconds as pandas."""
        array = pa.array(instants, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
        assert micros(array).tolist() == (pd.Series(array.to_pandas()).astype("datetime64[us]").astype("int64")).tolist()

    def test_of_all_types_agree(self) -> None:
        """Zoned, local, as date, text or number of any unit."""
        at = datetime(2026, 1, 2, tzinfo=UTC)
        second = int(at.timestamp())
        west = at.astimezone(timezone(timedelta(hours=-5)))
        arrays = [
            pa.array([at], pa.timestamp("ms", "Europe/Berlin")),
            pa.array([at.replace(tzinfo=None)]),
            pa.array([at.date()]),
            pa.array([at.date()], pa.date64()),
            pa.array([at.isoformat()]),
            pa.array([west.isoformat(), "2026-01-02", "2026-01-02 00:00:00 UTC"]),
            pa.array(["2026-01-02"]).dictionary_encode(),
            pa.array([second]),
            pa.array([float(second)]),
            pa.array([second * 1000]),
            pa.array([second * 10**6]),
            pa.array([second * 10**9]),
        ]
        assert {value for array in arrays for value in micros(array).tolist()} == {second * 10**6}
        assert as_micros(at) == as_micros(at.replace(tzinfo=None)) == second * 10**6

    def test_that_are_none_are_known_as_such(self) -> None:
        """Null, words, infinity and lists have no time."""
        arrays = [
            pa.array([None], pa.timestamp("us")),
            pa.array(["soon", None]),
            pa.array([math.inf, math.nan, None]),
            pa.array([[1]]),
            pa.nulls(2),
        ]
        assert {value for array in arrays for value in micros(array).tolist()} == {NO_TIME}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (pa.bool_(), BOOL),
        (pa.uint8(), INT),
        (pa.float32(), FLOAT),
        (pa.decimal128(10, 2), FLOAT),
        (pa.large_string(), TEXT),
        (pa.dictionary(pa.int8(), pa.string()), TEXT),
        (pa.timestamp("us"), None),
    ],
    ids=str,
)
def test_predictions_decide_the_class(kind: pa.DataType, wanted: pa.DataType | None) -> None:
    """Every type of prediction says as what labels are to be read."""
    assert class_of(kind) == wanted


@given(st.text(max_size=8))
def test_any_text_is_a_number_or_none(text: str) -> None:
    """Reading a text never fails, and knows floats as Python does."""
    found = parse(text)
    try:
        assert found == float(text) or math.isnan(float(text))
    except ValueError:
        assert math.isnan(found) or found in {0.0, 1.0}
