"""The progress bar: on the standard error stream, only for a person who is watching, and only after a second."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from driftline.ports import Progress

PATIENCE = 1.0
"""Seconds of work before a bar is worth showing."""


@contextmanager
def progress(*, quiet: bool, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress | None]:
    """Give something to tell progress to; None where nobody is watching.

    Args:
        quiet: show nothing.
        clock: seconds that only go forward.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    shown = Shown(clock)
    try:
        yield shown.tell
    finally:
        shown.stop()


class Shown:
    """A bar for each thing that is being done; none until a second has passed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Show that so many rows are done, of so many where that is known."""
        if self._bars is None:
            if self._clock() - self._began < PATIENCE:
                return
            self._bars = _bars()
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def stop(self) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
