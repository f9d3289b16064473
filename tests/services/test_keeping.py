"""Keeping: what must not be written is not in what is written, and hashes find each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftline.services.intake import Refused
from driftline.services.keeping import HIDDEN, Keeping, keep_refused, keep_rows, keyed

KEEPING = Keeping(never=frozenset({"email"}), hashed=frozenset({"id"}))


@given(st.integers(-(10**9), 10**9))
def test_an_id_has_one_hash_however_it_is_written(value: int) -> None:
    """So that labels find their predictions; another key gives another hash, nothing stays nothing."""
    hashed = keyed(b"k" * 32)
    assert hashed(value) == hashed(str(value)) == hashed(float(value))
    assert hashed(value) != keyed(b"other")(value)
    assert hashed(None) is None


def test_rows_lose_what_must_not_be_kept() -> None:
    """And only that; without such columns they are untouched."""
    rows: list[dict[str, object]] = [{"id": 7, "email": "a@b", "x": 1.5}, {"x": 2}]
    found = keep_rows(rows, KEEPING, keyed(b"k"))
    assert found == [{"id": keyed(b"k")("7"), "x": 1.5}, {"x": 2}]
    assert keep_rows(rows, Keeping(), keyed(b"k")) is rows


def test_what_could_not_be_read_is_not_kept_either() -> None:
    """Nobody knows where in it such a column lies."""
    one = Refused(3, "the line is not JSON: a@b", '{"email": "a@b"')
    assert keep_refused([one], KEEPING) == [Refused(3, "the line is not JSON", HIDDEN)]
    assert keep_refused([one], Keeping()) == [one]
