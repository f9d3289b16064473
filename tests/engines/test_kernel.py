from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines import kernel as kernels_module
from driftline.engines import numpy_kernel
from driftline.engines.kernel import KERNEL, pick
from driftline.profile.bins import FIXED_POINT_BITS, NumberBins, fit_number_bins
from driftline.profile.hashing import hash_text, row_keys

if TYPE_CHECKING:
    from typing import Any

    from conftest import Kernels

NOTHING = np.empty(0, dtype=np.uint64)
PLACE = (0, 0, 1, 1)


def tables(rows: int, bins: int, pieces: list[list[int]]) -> tuple[object, ...]:
    """Tables of one slot and one column."""
    made = np.zeros((1, bins), np.int64), np.zeros((1, 1, 4), np.int64), np.zeros((1, 1, 8), np.int64)
    ends, registers = np.array([[[np.inf, -np.inf]]]), np.zeros((1, 1, 512), np.uint8)
    return np.array(pieces, dtype=np.int64).reshape(-1, 3), *made, ends, registers, np.zeros(rows, np.uint64), 1, bins, rows


def numbers(
    values: object, *, first: int = 0, valid: bytes | None = None, binner: object = None, place: tuple[int, int, int, int] = PLACE
) -> list[Any]:
    """One column of doubles, as the kernel takes it."""
    return [(values, "d", first, valid, 0, binner, place)]


class TestPick:
    def test_falls_back_to_numpy_without_the_compiled_kernel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the extension was not built, counting works all the same."""
        monkeypatch.setitem(sys.modules, "driftline.engines._kernel", None)
        monkeypatch.delattr("driftline.engines._kernel", raising=False)
        assert pick() is numpy_kernel

    def test_fills_the_gaps_of_a_kernel_of_older_sources(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a compiled kernel lacks is taken from NumPy's."""
        before = KERNEL.count_numbers
        monkeypatch.delattr(KERNEL, "count_scores")
        assert pick().count_scores is numpy_kernel.count_scores  # type: ignore[comparison-overlap]  two spellings of one
        assert pick().count_numbers == before

    def test_the_compiled_kernel_is_in_use(self) -> None:
        """This machine has a compiler, so the tests run on the compiled kernel."""
        assert KERNEL is not numpy_kernel
        assert kernels_module.KERNEL is KERNEL


class TestCountBins:
    @given(
        values=st.lists(st.one_of(st.floats(), st.floats(-3, 3), st.sampled_from([0.0, -0.0, 1.0])), max_size=1200),
        edges=st.lists(st.one_of(st.floats(allow_nan=False), st.floats(-3, 3)), max_size=270, unique_by=lambda edge: edge + 0.0),
    )
    def test_is_searchsorted(self, kernels: Kernels, values: Any, edges: list[float]) -> None:
        """Whatever the edges, a value's bin is what NumPy's search gives; NaN has none."""
        bins = NumberBins(tuple(sorted(edge + 0.0 for edge in edges)))
        array = np.array(values, dtype=np.float64)
        counts = np.zeros(bins.width, dtype=np.int64)
        with kernels() as kernel:
            kernel.count_bins(array, kernel.binner(bins.array, 0.0, 1.0), counts)
        held = array[~np.isnan(array)]
        assert counts.tolist() == np.bincount(np.searchsorted(bins.array, held, side="right"), minlength=bins.width).tolist()

    @pytest.mark.parametrize("exponent", [-1000, -300, -20, 0, 20, 300, 980])
    def test_is_searchsorted_at_and_beside_every_edge(self, kernels: Kernels, exponent: int) -> None:
        """At each edge, and one float below and above it, the bin is exact, at any scale and off any center."""
        rng = np.random.default_rng(7)
        for center in (0.0, 1.0, 1e9):
            values = np.ldexp(rng.standard_cauchy(4000) + center, exponent)
            bins = fit_number_bins(values)
            finite = bins.array[np.isfinite(bins.array) & (np.abs(bins.array) < 1e308)]
            probes = np.concatenate([finite, np.nextafter(finite, np.inf), np.nextafter(finite, -np.inf), values])
            counts = np.zeros(bins.width, dtype=np.int64)
            with kernels() as kernel:
                kernel.count_bins(probes, kernel.binner(bins.array, bins.center, 2.0**FIXED_POINT_BITS / bins.scale), counts)
            assert counts.tolist() == np.bincount(np.searchsorted(bins.array, probes, side="right"), minlength=bins.width).tolist()


class TestFindBins:
    @given(
        values=st.lists(st.one_of(st.floats(allow_nan=False), st.floats(-3, 3), st.sampled_from([0.0, -0.0, 1.0])), max_size=100),
        edges=st.lists(
            st.one_of(st.floats(allow_nan=False), st.integers(-3, 3).map(float)), max_size=1100, unique_by=lambda edge: edge + 0.0
        ),
    )
    def test_is_searchsorted(self, kernels: Kernels, values: list[float], edges: list[float]) -> None:
        """However many edges, a value's bin is what NumPy's search gives, at each edge and beside it too."""
        array = np.sort(np.array(edges, dtype=np.float64) + 0.0)
        with np.errstate(over="ignore"):  # below the least double lies only −infinity
            below = np.nextafter(array, -np.inf)
        probes = np.concatenate([np.array(values, dtype=np.float64), array, below])
        bins = np.empty(probes.size, dtype=np.int64)
        with kernels() as kernel:
            kernel.find_bins(probes, array, bins)
        assert bins.tolist() == np.searchsorted(array, probes, side="right").tolist()

    def test_refuses_too_short_a_place(self, kernels: Kernels) -> None:
        """Fewer places than values are an error."""
        with kernels() as kernel, pytest.raises(ValueError, match=r"fewer bins|broadcast"):
            kernel.find_bins(np.zeros(3), np.zeros(1), np.zeros(2, dtype=np.int64))


class TestBounds:
    """The compiled kernel reads no byte that it was not given."""

    @pytest.mark.parametrize("piece", [[0, 5, 0], [4, 1, 0], [-1, 2, 0], [0, -1, 0], [0, 1, 1], [0, 1, -1], [2**62, 2**62, 0]])
    def test_refuses_pieces_outside_the_rows_or_tables(self, piece: list[int]) -> None:
        """A piece beyond the rows, or for a slot that is not there, is an error."""
        values = np.zeros(4)
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.count_numbers(numbers(values), tables(4, 1, [piece]))

    def test_refuses_short_buffers(self) -> None:
        """Fewer values, codes or validity bits than rows are an error."""
        with pytest.raises(ValueError, match="fewer"):
            KERNEL.count_numbers(numbers(np.zeros(3)), tables(4, 1, [[0, 4, 0]]))
        with pytest.raises(ValueError, match="fewer"):
            KERNEL.count_numbers(numbers(np.zeros(4), first=1), tables(4, 1, [[0, 4, 0]]))
        with pytest.raises(ValueError, match="fewer"):
            KERNEL.count_numbers(numbers(np.zeros(9), valid=b"\xff"), tables(9, 1, [[0, 9, 0]]))
        with pytest.raises(ValueError, match="fewer"):
            KERNEL.count_codes(
                np.zeros(3, np.int32), None, 0, NOTHING, np.empty(0, np.int32), np.empty(0, np.int32), PLACE, tables(4, 1, [[0, 4, 0]])
            )

    def test_refuses_a_binner_for_other_bins(self) -> None:
        """A binner with more bins than the column would write beside it."""
        binner = KERNEL.binner(np.arange(9.0), 0.0, 1.0)
        with pytest.raises(ValueError, match="other bins"):
            KERNEL.count_numbers(numbers(np.zeros(4), binner=binner), tables(4, 1, [[0, 4, 0]]))

    @pytest.mark.parametrize("place", [(1, 0, 1, 1), (-1, 0, 1, 1), (0, -1, 1, 1), (0, 1, 1, 1), (0, 0, 2, 1), (0, 0, 0, 1)])
    def test_refuses_places_outside_the_tables(self, place: tuple[int, int, int, int]) -> None:
        """A column that the tables do not have, or bins beyond their end, are errors."""
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.count_numbers(numbers(np.zeros(4), place=place), tables(4, 1, [[0, 4, 0]]))
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.count_hashes(np.zeros(4, np.uint64), np.zeros(4, np.int8), place, tables(4, 1, [[0, 4, 0]]))

    def test_a_faulty_column_leaves_the_tables_alone(self) -> None:
        """Where one of several columns cannot be read, none is counted."""
        made = tables(4, 1, [[0, 4, 0]])
        for faulty in (numbers(np.zeros(3)), ["no column"], [(np.zeros(4), "?", 0, None, 0, None, PLACE)]):
            with pytest.raises((ValueError, TypeError)):
                KERNEL.count_numbers([*numbers(np.zeros(4)), *faulty], made)
        assert not any(np.asarray(table).any() for table in made[1:4])

    @pytest.mark.parametrize("rows", [[4], [-1], [0, 1, 99]])
    def test_takes_only_rows_that_are_there(self, rows: list[int]) -> None:
        """A row beyond the values, or before them, is an error; so is a column beyond the table."""
        wanted = np.array(rows, dtype=np.int64)
        with pytest.raises(ValueError, match=r"fewer|do not fit"):
            KERNEL.take_numbers(numbers(np.zeros(4)), wanted, np.zeros((wanted.size, 1)))
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.take_numbers(numbers(np.zeros(4), place=(1, 0, 1, 1)), np.zeros(2, np.int64), np.zeros((2, 1)))

    def test_refuses_meanings_outside_the_bins(self) -> None:
        """A code whose bin does not exist is an error."""
        places, one = np.array([3], np.int32), np.zeros(1, np.uint64)
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.count_codes(np.zeros(1, np.int32), None, 0, one, places, np.empty(0, np.int32), (0, 0, 2, 1), tables(1, 2, [[0, 1, 0]]))

    def test_counts_codes_without_a_meaning_as_null(self, kernels: Kernels) -> None:
        """A code beyond the dictionary is nothing."""
        codes = np.array([0, 7, -3], np.int32)
        with kernels() as kernel:
            made = tables(3, 2, [[0, 3, 0]])
            kernel.count_codes(codes, None, 0, np.zeros(1, np.uint64), np.zeros(1, np.int32), np.empty(0, np.int32), (0, 0, 2, 1), made)
        assert made[1].tolist() == [[1, 0]]  # type: ignore[attr-defined]
        assert made[2][0, 0].tolist() == [2, 0, 0, 0]  # type: ignore[index]

    def test_refuses_offsets_outside_the_texts(self) -> None:
        """Texts that would end beyond their bytes are an error."""
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.hash_texts(np.array([0, 9], np.int32), 4, b"abc", 0, np.zeros(1, np.uint64))


class TestHashes:
    @given(texts=st.lists(st.text(), max_size=20), start=st.integers(0, 5))
    def test_texts_hash_as_defined(self, kernels: Kernels, texts: Any, start: int) -> None:
        """Arrow texts, also from the middle of a column, hash as `profile.hashing` says."""
        array = pa.array(texts, pa.string())[start:]
        hashes = np.zeros(len(array), dtype=np.uint64)
        _, offsets, data = array.buffers()
        with kernels() as kernel:
            kernel.hash_texts(offsets, 4, data, array.offset, hashes)
        assert hashes.tolist() == [hash_text(text) for text in texts[start:]]

    @given(values=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
    def test_integers_hash_as_their_text(self, kernels: Kernels, values: Any) -> None:
        """A signed integer hashes as the text it is written as."""
        hashes = np.zeros(len(values), dtype=np.uint64)
        with kernels() as kernel:
            kernel.hash_integers(np.array(values, dtype=np.int64), True, hashes)  # noqa: FBT003  C takes no keywords
        assert hashes.tolist() == [hash_text(str(value)) for value in values]

    @given(value=st.integers(0, 2**64 - 1))
    def test_unsigned_integers_hash_as_their_text(self, kernels: Kernels, value: int) -> None:
        """The largest unsigned integer keeps its sign."""
        hashes = np.zeros(1, dtype=np.uint64)
        with kernels() as kernel:
            kernel.hash_integers(np.array([value], dtype=np.uint64), False, hashes)  # noqa: FBT003  C takes no keywords
        assert hashes.tolist() == [hash_text(str(value))]

    @given(data=st.data(), lengths=st.lists(st.integers(0, 1200), max_size=3), seed=st.integers(0, 2**64 - 1))
    def test_row_keys_are_as_defined_and_small_ones_are_found(self, kernels: Kernels, data: Any, lengths: list[int], seed: int) -> None:
        """Keys are those of `profile.hashing`; of each piece the rows are named whose keys are at most its cut."""
        rows = np.random.default_rng(len(lengths)).integers(0, 2**64, sum(lengths), dtype=np.uint64)
        keys = row_keys(rows, seed)
        starts = np.cumsum([0, *lengths])[:-1]
        pieces = np.array([[start, length, 0] for start, length in zip(starts, lengths, strict=True)], dtype=np.int64).reshape(-1, 3)
        edge = st.sampled_from(keys.tolist()) if rows.size else st.nothing()
        cuts = np.array([data.draw(st.one_of(edge, st.integers(0, 2**64 - 1))) for _ in lengths], dtype=np.uint64)
        places, found = np.empty(rows.size, dtype=np.int64), np.empty(len(lengths), dtype=np.int64)
        with kernels() as kernel:
            kernel.row_keys(rows, seed, pieces, cuts, places, found)
        assert rows.tolist() == keys.tolist()
        for (start, length, _), cut, many in zip(pieces.tolist(), cuts, found.tolist(), strict=True):
            assert places[start : start + many].tolist() == np.flatnonzero(keys[start : start + length] <= cut).tolist()

    @pytest.mark.parametrize("piece", [[0, 5, 0], [-1, 2, 0], [4, 1, 0]])
    def test_refuses_pieces_beyond_the_rows(self, piece: list[int]) -> None:
        """Keys are made of rows that are there."""
        one = np.zeros(1, np.uint64)
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.row_keys(np.zeros(4, np.uint64), 0, np.array([piece]), one, np.zeros(4, np.int64), np.zeros(1, np.int64))
