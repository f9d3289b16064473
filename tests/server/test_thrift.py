"""Thrift: memory that nobody uses goes back to the system."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from driftline.server.thrift import ARENAS, IDLE, give_back

SRC = str(Path(__file__).parents[2] / "src")
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


LIMITED = """
import threading
from pathlib import Path
from driftline.server.thrift import share

def stores():
    names = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    # A thread's own store begins at a multiple of 64 MB.
    begins = {int(line[0].partition("-")[0], 16) for line in names if line[1] == "rw-p" and len(line) == 5}
    return {one for one in begins if one % (64 << 20) == 0}

share()
before = stores()  # libraries that have threads of their own from the start
kept, busy = [], threading.Barrier(16)

def fill():
    busy.wait()
    kept.append([bytearray(2000) for _ in range(500)])

threads = [threading.Thread(target=fill) for _ in range(16)]
[one.start() for one in threads]
[one.join() for one in threads]
print(len(stores() - before))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only GNU's C library can be told")
def test_threads_share_what_they_keep_for_later() -> None:
    """Sixteen at once do not each have a store of their own, however many processors there are."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], env={**os.environ, "PYTHONPATH": SRC}, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= ARENAS


IDLE_BEHIND = """
import os, threading
from pathlib import Path
from driftline.server.thrift import give_back, share

share()
used, looked = threading.Barrier(3), threading.Event()

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def work():
    for _ in range(3):
        piece = bytearray(os.urandom(24 << 20))
        del piece
    used.wait()
    looked.wait()

before = held()
for _ in range(2):
    threading.Thread(target=work).start()
used.wait()
give_back()
print(held() - before)
looked.set()
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only GNU's C library can be told")
def test_large_pieces_do_not_stay_with_the_thread_that_used_them() -> None:
    """A store's end, behind all that is in use, is given back, too, where a thread lives on."""
    done = subprocess.run(
        [sys.executable, "-c", IDLE_BEHIND], env={**os.environ, "PYTHONPATH": SRC}, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < IDLE + (4 << 20)


def test_it_may_be_done_at_any_time() -> None:
    """Twice in a row, and where there is nothing to give back."""
    give_back()
    give_back()
