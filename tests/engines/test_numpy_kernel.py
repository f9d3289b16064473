from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines import numpy_kernel
from driftline.engines.kernel import KERNEL
from driftline.engines.numpy_kernel import TICKS
from driftline.profile.bins import FIXED_POINT_BITS, fit_number_bins

if TYPE_CHECKING:
    from typing import Any

cells = st.lists(st.one_of(st.floats(), st.floats(-5, 5)), max_size=700)


def tables(rows: int, bins: int) -> tuple[object, ...]:
    """Tables of two slots and one column; every third row is in the second slot."""
    starts = range(0, rows, 3)
    pieces = np.array([[start, min(3, rows - start), i % 2] for i, start in enumerate(starts)], dtype=np.int64).reshape(-1, 3)
    made = np.zeros((2, bins), np.int64), np.zeros((2, 1, 4), np.int64), np.zeros((2, 1, 8), np.int64)
    ends, registers = np.tile([np.inf, -np.inf], (2, 1, 1)), np.zeros((2, 1, 512), np.uint8)
    return pieces, *made, ends, registers, np.zeros(rows, np.uint64), 1, bins, rows


def place(bins: int) -> tuple[int, int, int, int]:
    """The place of that column, and its factor."""
    return 0, 0, bins, 12345678901234567


class TestBothKernels:
    @given(values=cells, valid=st.binary(min_size=88, max_size=88), offset=st.integers(0, 4), bare=st.booleans())
    def test_numbers_leave_the_same_bytes_in_every_table(self, values: Any, valid: bytes, offset: int, *, bare: bool) -> None:
        """Short pieces of numbers with nulls: counts, sums, extremes, registers and rows' hashes are alike."""
        bins = None if bare else fit_number_bins(np.array(values[: len(values) // 2]))
        array, left = np.array(values, dtype=np.float64), []
        for kernel in (KERNEL, numpy_kernel):
            width = bins.width if bins else 1
            made = tables(array.size, width)
            binner = kernel.binner(bins.array, bins.center, 2.0**FIXED_POINT_BITS / bins.scale) if bins else None
            kernel.count_numbers([(array, "d", 0, valid, offset, binner, place(width))], made)
            left.append([table.tobytes() for table in made if isinstance(table, np.ndarray)])
        assert left[0] == left[1]

    @given(data=st.data(), rows=st.integers(0, 300), distinct=st.integers(0, 200))
    def test_codes_leave_the_same_bytes_and_note_the_same(self, data: st.DataObject, rows: Any, distinct: int) -> None:
        """Short pieces of long dictionaries and the reverse: tables and unseen codes are alike."""
        rng = np.random.default_rng(data.draw(st.integers(0, 99)))
        codes = rng.integers(0, distinct + 1, rows).astype(np.int32)
        places, hashes = rng.integers(-2, 4, distinct).astype(np.int32), rng.integers(0, 2**63, distinct).astype(np.uint64)
        unseen = np.flatnonzero(places == 3).astype(np.int32)
        left = []
        for kernel in (KERNEL, numpy_kernel):
            made = tables(rows, 4)
            noted = kernel.count_codes(codes, None, 0, hashes, places, unseen, place(4), made)
            left.append(([table.tobytes() for table in made if isinstance(table, np.ndarray)], noted))
        assert left[0] == left[1]

    @given(
        values=cells,
        valid=st.binary(min_size=88, max_size=88),
        code=st.sampled_from("bBhHiIqQfdsmun"),
        first=st.integers(0, 3),
        data=st.data(),
    )
    def test_taken_numbers_are_the_same(self, values: Any, valid: bytes, code: str, first: int, data: st.DataObject) -> None:
        """Numbers of any type, some null, come out of any rows alike, each column in its place."""
        with np.errstate(invalid="ignore", over="ignore"):
            array = np.nan_to_num(np.array(values, dtype=np.float64)).clip(-100, 100).astype("q" if code in TICKS else code)
        first = min(first, array.size)
        length = array.size - first
        rows = np.array(data.draw(st.lists(st.integers(0, length - 1), max_size=9)) if length else [], dtype=np.int64)
        columns = [(array, code, first, valid, 1, None, (2, 0, 1, 1)), (array, code, first, None, 0, None, (0, 0, 1, 1))]
        left = []
        for kernel in (KERNEL, numpy_kernel):
            table = np.full((rows.size, 3), np.nan)
            kernel.take_numbers(columns, rows, table)
            left.append(table)
        np.testing.assert_array_equal(left[0], left[1])
        np.testing.assert_array_equal(left[0][:, 0], array[first:][rows].astype(np.float64) / TICKS.get(code, 1.0))
        assert np.isnan(left[0][:, 1]).all()
