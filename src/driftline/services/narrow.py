"""Keeps products of matrices to one thread while a service judges."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """A context in which BLAS uses one thread.

    Our products of matrices are small: threads of BLAS that wait for the next one would cost more than all the rest.
    """
    limited: AbstractContextManager[object] = _pools().limit(limits=1, user_api="blas")
    return limited


@cache
def _pools() -> ThreadpoolController:
    """What has threads, looked for once, which takes as long as judging a small window; NumPy and SciPy load theirs early."""
    return ThreadpoolController()
