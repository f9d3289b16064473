"""Hashes that are the same everywhere: known values, and what must hash alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.hashing import GOLDEN, MASK, NAN_HASH, NULL_HASH, column_factor, hash_numbers, hash_text, mix, row_keys


def mixed(word: int) -> int:
    """One word, scrambled."""
    return int(mix(np.array([word], dtype=np.uint64))[0])


def test_mixing_is_splitmix64() -> None:
    """The first numbers that the published generator gives from seed 0 and from seed 1234567."""
    assert [mixed(GOLDEN * i & MASK) for i in (1, 2, 3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mixed((1234567 + GOLDEN) & MASK) == 6457827717110365317


@given(st.lists(st.integers(0, MASK), unique=True, max_size=50))
def test_mixing_is_one_to_one(words: list[int]) -> None:
    """Different words stay different, and the argument stays as it was."""
    given_words = np.array(words, dtype=np.uint64)
    assert np.unique(mix(given_words)).size == len(words)
    assert given_words.tolist() == words


@pytest.mark.parametrize(("text", "word"), [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)])
def test_texts_are_hashed_by_fnv_1a(text: str, word: int) -> None:
    """The test vectors of its authors, then scrambled; bytes and their text are alike."""
    assert hash_text(text) == mixed(word) == hash_text(text.encode())


def test_texts_are_hashed_as_utf_8() -> None:
    """A letter beyond ASCII is its bytes, as they are: nothing is normalised."""
    assert hash_text("é") == hash_text(b"\xc3\xa9") != hash_text("e\u0301")


def test_numbers_that_are_equal_hash_alike() -> None:
    """-0.0 is 0.0, every NaN is one, and neither is null."""
    nans = np.array([0x7FF8000000000000, 0xFFF8000000000001], dtype=np.uint64).view(np.float64)
    zero, other_zero, one, first, second = hash_numbers(np.concatenate([[0.0, -0.0, 1.0], nans])).tolist()
    assert zero == other_zero != one
    assert first == second == int(NAN_HASH) != int(NULL_HASH)


@given(st.lists(st.floats(allow_nan=False), unique=True, max_size=50))
def test_numbers_that_differ_hash_differently(values: list[float]) -> None:
    """Numbers are hashed by their bits, one to one."""
    assert np.unique(hash_numbers(np.array(values))).size == len(values)


def test_columns_have_factors_of_their_own() -> None:
    """A value in one column is not the same value in another: factors are odd and differ."""
    factors = [int(column_factor(i)) for i in range(2000)]
    assert len(set(factors)) == 2000
    assert all(factor % 2 for factor in factors)


def test_the_seed_chooses_another_sample() -> None:
    """Keys of one seed are always the same; those of another are in another order."""
    rows = mix(np.arange(100, dtype=np.uint64))
    assert (row_keys(rows, 7) == row_keys(rows, 7)).all()
    assert (np.argsort(row_keys(rows, 7)) != np.argsort(row_keys(rows, 8))).any()
    assert (row_keys(rows, -1) == row_keys(rows, MASK)).all()
