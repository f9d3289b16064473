"""The roll: every process that works on a data directory holds a lock on a file of its own there, which the kernel lets go of when it ends.

So whoever works beside it knows that it is dead even where its number says nothing: a container that was started anew has
other numbers, and the same directory. Only on the same kernel: elsewhere a lock may be held, and not be seen.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from driftline.store.owners import own_life, read_life

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.store.owners import Life

KEPT = 24 * 3600.0
"""Seconds after which nobody asks after a process that has ended."""


class Roll:
    """The files of all who work on one data directory.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: Path | None = None
        self._held: int | None = None

    def sign(self) -> None:
        """Have this process on the roll; where that cannot be, its leases have to run out."""
        life = own_life() if self._held is None else None
        if life is None:
            return
        draft, own = self._folder / f".{uuid.uuid4().hex}", self._place(life)
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Nobody sees it under its name before it is held.
            handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(own)
            self._own, self._held = own, handle
            self._tidy()

    def is_dead(self, owner: str) -> bool:
        """Whether an owner's process was on the roll, on this kernel, and has ended; False where nobody can know."""
        life, here = read_life(owner), own_life()
        if life is None or here is None or life.kernel != here.kernel:
            return False
        return _is_free(self._place(life))

    def close(self) -> None:
        """Leave the roll."""
        if self._held is not None and self._own is not None:
            self._own.unlink(missing_ok=True)
            os.close(self._held)
            self._own = self._held = None

    def _place(self, life: Life) -> Path:
        return self._folder / hashlib.blake2b(str(life).encode(), digest_size=16).hexdigest()

    def _tidy(self) -> None:
        """Remove what was left long ago."""
        for path in self._folder.iterdir():
            if time.time() - path.stat().st_mtime > KEPT and _is_free(path):
                path.unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    """Whether a file is there and nobody holds it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
