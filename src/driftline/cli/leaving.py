"""Leaving in good order when asked to end: what stands in `finally` is done, leases are given back, and what was begun is ended."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def ended() -> Iterator[None]:
    """Let SIGTERM end the program as an exception does. It serves a block, or, as a decorator, a command."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
