"""Thrift: what a turn of the cycle has let go of goes back to the system, instead of lying idle in the process until the next."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Give back memory that nobody uses.

    The C library keeps what lay between what is still in use: after many rows were gathered, a hundred megabytes and more.
    Only GNU's can be told to look for it.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
