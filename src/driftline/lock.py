"""One at a time: a lock that a process and its children hold, so that it ends with the last of them."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from driftline.errors import UnderWay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path, what: str) -> Iterator[int]:
    """Hold a lock; gives the descriptor for children to inherit.

    The kernel lets go of it when the last process that has the descriptor is gone, however it went: a killed runner
    whose training goes on still holds it, and nothing stale is left after a power cut.

    Raises:
        UnderWay: somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnderWay(f"{what} is under way", hint="wait until it is over, or cancel it") from error
        yield file.fileno()
