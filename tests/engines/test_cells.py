from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.cells import cells, encode, instant, instants, numbers, plain, texts
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from driftline.profile.reference import Cells

BERLIN = "Europe/Berlin"


def read(kind: Kind, array: pa.Array, role: Role = Role.FEATURE) -> Cells:
    """A column of that kind."""
    return cells(Planned(Column(name="x", kind=kind, role=role), None), array)


def shown(found: Cells) -> list[Any]:
    """Numbers, "null" and "wrong"."""
    each = zip(found.numbers.tolist(), found.null, found.wrong, strict=True)
    return ["null" if null else "wrong" if wrong else number for number, null, wrong in each]


class TestNumbers:
    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (pa.array([1, None], pa.int8()), [1.0, "null"]),
            (pa.array([2**64 - 1], pa.uint64()), [float(2**64 - 1)]),
            (pa.array([Decimal("1.25"), None]), [1.25, "null"]),
            (pa.array([Decimal(10) ** 60], pa.decimal256(70, 2)), [1e60]),
            (pa.array([True, False, None]), [1.0, 0.0, "null"]),
            (pa.array([" 1.5 ", "1e3", "", None, "one", "-inf"]), [1.5, 1000.0, "null", "null", "wrong", -np.inf]),
            (pa.array([b"2", b"\xff"]), [2.0, "wrong"]),
            (pa.array([1, 1, 2]).dictionary_encode(), [1.0, 1.0, 2.0]),
            (pc.run_end_encode(pa.array([4, 4])), [4.0, 4.0]),
            (pa.array([dt.time(1, 0, 1)]), [3601.0]),
            (pa.array([dt.timedelta(minutes=1), None]), [60.0, "null"]),
            (pa.array([dt.date(2026, 1, 1), None]), ["wrong", "null"]),
            (pa.array([[1], None]), ["wrong", "null"]),
            (pa.nulls(2), ["null", "null"]),
            (pa.array([], pa.string()), []),
        ],
        ids=str,
    )
    def test_reads_what_can_be_read_as_a_number(self, array: pa.Array, expected: Any) -> None:
        """Each type's numbers, nulls and wrong values."""
        assert shown(read(Kind.NUMBER, array)) == expected

    @given(values=st.lists(st.one_of(st.none(), st.floats(allow_nan=False))))
    def test_text_of_a_float_reads_as_that_float(self, values: Any) -> None:
        """A column that became text loses nothing."""
        array = pa.array([None if value is None else repr(value) for value in values], pa.string())
        assert shown(read(Kind.NUMBER, array)) == ["null" if value is None else value for value in values]

    def test_a_slice_is_read_from_its_own_first_row(self) -> None:
        """Offsets of sliced columns are respected, of bits as of bytes."""
        for array in (pa.array([9, 8, 7, None]), pa.array([9.0, 8.0, 7.0, None]), pa.array([True, False, True, None])):
            assert shown(read(Kind.NUMBER, array[1:])) == shown(read(Kind.NUMBER, array))[1:]


class TestInstants:
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("zone", [None, "UTC", BERLIN])
    def test_every_unit_and_zone_is_the_same_instant(self, unit: str, zone: str | None) -> None:
        """The stored instant counts, not the clock it is shown by; without a zone it is UTC."""
        array = pa.array([1_700_000_000, None], pa.int64()).cast(pa.timestamp("s")).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
        assert shown(read(Kind.TIMESTAMP, array)) == [1.7e9, "null"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1970-01-02", 86400.0),
            ("1970-01-01T00:00:01Z", 1.0),
            ("1970-01-01 01:00:00+01:00", 0.0),
            (" 1970-01-01 00:00:00.25 UTC ", 0.25),
            ("19700101", 0.0),
            ("", "null"),
            ("yesterday", "wrong"),
            ("1970-02-30", "wrong"),
        ],
    )
    def test_reads_iso_texts(self, text: str, expected: Any) -> None:
        """ISO 8601 in its common spellings; all else is of the wrong type."""
        assert shown(read(Kind.TIMESTAMP, pa.array([text]))) == [expected]

    def test_tells_an_epochs_unit_by_its_size(self) -> None:
        """Numbers count seconds, milliseconds, microseconds or nanoseconds since 1970."""
        array = pa.array([1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000, 1_700_000_000_000_000_000])
        assert shown(read(Kind.TIMESTAMP, array)) == [1.7e9] * 4

    def test_dates_are_their_first_second(self) -> None:
        """Both of Arrow's dates are midnight, UTC."""
        for kind in (pa.date32(), pa.date64()):
            assert shown(read(Kind.TIMESTAMP, pa.array([dt.date(1970, 1, 2)], kind))) == [86400.0]

    def test_truth_is_no_instant(self) -> None:
        """A boolean column where instants should be is of the wrong type."""
        assert shown(read(Kind.TIMESTAMP, pa.array([True]))) == ["wrong"]

    @given(at=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)))  # noqa: DTZ001  naive on purpose
    def test_text_and_timestamp_agree(self, at: dt.datetime) -> None:
        """An instant written as text is worth what it is worth as a timestamp."""
        assert instant(at.isoformat()) == instants(pa.array([at], pa.timestamp("us")))[0]


class TestLevels:
    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (pa.array([5, None]), ["5", None]),
            (pa.array([5.0, 0.1, float("nan"), -0.0]), ["5", "0.1", None, "0"]),
            (pa.array([5, 0.1], pa.float32()), ["5", "0.1"]),
            (pa.array([True, False]), ["true", "false"]),
            (pa.array([Decimal("5.00"), Decimal("5.50")]), ["5", "5.5"]),
            (pa.array([dt.date(2026, 1, 2)]), ["2026-01-02"]),
            (pa.array([0, 500], pa.timestamp("ms")), ["1970-01-01 00:00:00", "1970-01-01 00:00:00.5"]),
            (pa.array([0], pa.timestamp("ns", BERLIN)), ["1970-01-01 00:00:00Z"]),
            (pa.array([dt.timedelta(seconds=90)]), ["90"]),
            (pa.array(["a", None], pa.string_view()), ["a", None]),
            (pa.array([b"ab"], pa.binary(2)), ["ab"]),
        ],
        ids=str,
    )
    def test_a_level_is_its_text(self, array: pa.Array, expected: Any) -> None:
        """Numbers, truths and times are levels under the text people know them by, whatever their type."""
        found = read(Kind.CATEGORY, array)
        assert list(found.texts) == expected
        assert not found.wrong.any()
        assert found.null.tolist() == [text is None for text in expected]

    @given(values=st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53))))
    def test_integers_that_became_floats_keep_their_levels(self, values: Any) -> None:
        """A column of whole numbers that turned into floats because of nulls has the same levels."""
        whole = texts(pa.array(values, pa.int64()))[0]
        assert texts(pa.array([None if value is None else float(value) for value in values], pa.float64()))[0] == whole

    def test_what_has_no_text_is_wrong(self) -> None:
        """Bytes that are not UTF-8, and nested values, are of the wrong type and still shown."""
        found = read(Kind.CATEGORY, pa.array([b"\xff", None]))
        assert found.wrong.tolist() == [True, False]
        assert found.texts[0] == "\\xff"
        assert read(Kind.CATEGORY, pa.array([[1], None])).wrong.tolist() == [True, False]

    def test_of_an_unsupported_kind_only_presence_is_told(self) -> None:
        """Lists and structs are there or null; they are not wrong."""
        found = read(Kind.UNSUPPORTED, pa.array([[1], None]))
        assert found.null.tolist() == [False, True]
        assert not found.wrong.any()


class TestEncode:
    @given(values=st.lists(st.one_of(st.none(), st.sampled_from("abc"))))
    def test_codes_and_values_are_the_column(self, values: Any) -> None:
        """Taking the distinct values by their codes gives the column back."""
        for array in (pa.array(values, pa.string()), pa.array(values, pa.string()).dictionary_encode()):
            codes, distinct = encode(array)
            assert distinct.take(codes).to_pylist() == values

    def test_types_without_a_dictionary_count_as_one_value(self) -> None:
        """Nested values are not told apart."""
        codes, distinct = encode(pa.array([[1], None, [2]]))
        assert codes.to_pylist() == [0, None, 0]
        assert len(distinct) == 1


def test_plain_takes_off_every_wrapping() -> None:
    """A dictionary in an extension type is its values."""
    inner = pa.array(["a", "b", "a"]).dictionary_encode()
    assert plain(inner).to_pylist() == ["a", "b", "a"]
    assert numbers(plain(pa.nulls(2))) is not None
