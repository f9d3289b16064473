"""Thrift: what a turn of the cycle has let go of goes back to the system, instead of lying idle in the process until the next."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pyarrow as pa

ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1
"""What GNU's <malloc.h> calls them for `mallopt`."""

ARENAS = 2
"""So many threads at once find memory without waiting: Python lets one run at a time, and large pieces are few."""

LARGE = 32 << 20
"""Bytes of a piece that is asked of the system by itself: the most that GNU's library takes. Each of its pages is made anew."""

IDLE = 8 << 20
"""Bytes that may lie idle behind all that is in use; GNU's library lets this grow to twice the largest piece there ever was."""


def share() -> None:
    """Have threads share what is kept for later; to be said before there are any, each of which would be given a store of its own."""
    if (tell := _of_the_c_library("mallopt")) is not None:
        tell(ARENA_MAX, ARENAS)
        tell(MMAP_THRESHOLD, LARGE)
        tell(TRIM_THRESHOLD, IDLE)


def give_back() -> None:
    """Give back memory that nobody uses.

    The C library keeps what lay between what is still in use: after many rows were gathered, a hundred megabytes and more.
    Only GNU's can be told to look for it, and it looks everywhere but at the ends of stores, which `share` keeps short.
    """
    pa.default_memory_pool().release_unused()
    if (trim := _of_the_c_library("malloc_trim")) is not None:
        trim(0)


def _of_the_c_library(name: str) -> Any:
    """A function of GNU's C library; None where there is another, or a system that is not asked like that."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
