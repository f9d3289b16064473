"""Distinct values, estimated: how far the estimate may be off, and that it merges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.distinct import REGISTERS, estimate, leading_zeros, register
from driftline.profile.hashing import mix

STANDARD_ERROR = 1.04 / REGISTERS**0.5
WORDS = st.lists(st.integers(0, 2**64 - 1), max_size=30)


def hashes(values: int, seed: int = 0) -> np.ndarray:
    """Hashes of so many different values."""
    return mix(np.arange(values, dtype=np.uint64) + np.uint64(seed * 10_000_000))


@pytest.mark.parametrize("values", [1, 10, 100, 1_000, 1_281, 5_000, 20_000, 100_000])
def test_the_error_is_what_the_paper_says(values: int) -> None:
    """Over 40 sets of values the estimate has no bias to speak of and a standard error of about 4.6%."""
    errors = np.array([estimate(register(hashes(values, seed))) / values - 1 for seed in range(40)])
    assert abs(errors.mean()) < 0.03
    assert np.sqrt((errors**2).mean()) < 1.4 * STANDARD_ERROR


def test_a_few_values_are_counted_almost_exactly() -> None:
    """Up to fifty values the estimate is off by at most three."""
    assert all(abs(estimate(register(hashes(n, seed))) - n) <= 3 for n in range(51) for seed in range(5))


def test_no_values_are_none() -> None:
    """An empty column has no distinct values."""
    assert estimate(np.zeros((2, REGISTERS), dtype=np.uint8)).tolist() == [0.0, 0.0]


@given(WORDS, WORDS)
def test_registers_merge_by_maximum(left: list[int], right: list[int]) -> None:
    """Registers of all values are the larger of the parts' registers, however often a value comes."""
    both = [np.array(part, dtype=np.uint64) for part in (left, right, left + right + left)]
    a, b, whole = map(register, both)
    assert (np.maximum(a, b) == whole).all()


@given(WORDS)
def test_leading_zeros_are_counted(words: list[int]) -> None:
    """Python's own arithmetic on integers agrees."""
    assert leading_zeros(np.array(words, dtype=np.uint64)).tolist() == [64 - word.bit_length() for word in words]


def test_a_register_holds_the_longest_run() -> None:
    """The first nine bits choose the register; the zeros after them, plus one, are kept, 56 at most."""
    words = np.array([0, 1 << 54, (3 << 55) | (1 << 50)], dtype=np.uint64)
    found = register(words)
    assert (int(found[0]), int(found[3])) == (56, 5)
    assert found.sum() == 61
