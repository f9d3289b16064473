"""Thrift: memory that nobody uses goes back to the system."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from driftline.server.thrift import give_back

SIZE, MANY = 100_000, 500


def held() -> int:
    """Bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only GNU's C library can be told")
def test_what_was_let_go_of_is_given_back() -> None:
    """Even where what is still in use lies in between."""
    pieces = [(bytearray(os.urandom(SIZE)), bytearray(os.urandom(1000))) for _ in range(MANY)]
    kept = [small for _, small in pieces]
    full = held()
    del pieces
    give_back()
    assert held() < full - SIZE * MANY / 2
    assert len(kept) == MANY


def test_it_may_be_done_at_any_time() -> None:
    """Twice in a row, and where there is nothing to give back."""
    give_back()
    give_back()
