"""The progress bar is for a person who is watching, and only after a second."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.cli import progress as module
from driftline.cli.progress import Shown, progress


class Bars:
    """Stands for rich's bars, and remembers."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def start(self) -> None:
        """Remember it."""
        self.said.append("start")

    def stop(self) -> None:
        """Remember it."""
        self.said.append("stop")

    def add_task(self, what: str, *, total: int | None) -> int:
        """Remember it."""
        self.said.append((what, total))
        return len(self.said)

    def update(self, task: int, *, completed: int, total: int | None) -> None:
        """Remember it."""
        self.said.append((task, completed, total))


@pytest.mark.parametrize(("tty", "quiet"), [(False, False), (True, True), (False, True)])
def test_nobody_is_bothered_who_does_not_watch(monkeypatch: pytest.MonkeyPatch, *, tty: bool, quiet: bool) -> None:
    """Not into a file or a pipe, and not where it was asked to be quiet."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: tty, raising=False)
    with progress(quiet=quiet) as told:
        assert told is None


def test_quick_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a second nothing is drawn."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(module, "_bars", lambda: pytest.fail("a bar was drawn"))
    with progress(quiet=False, clock=lambda: 0.0) as told:
        assert told is not None
        told("counting", 5, 10)


def test_slow_work_shows_a_bar_for_each_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars are begun once, moved, and taken away."""
    bars, seconds = Bars(), iter([0.0, 0.5, 2.0])
    monkeypatch.setattr(module, "_bars", lambda: bars)
    shown = Shown(lambda: next(seconds))
    shown.tell("counting", 1, 10)
    shown.tell("counting", 5, 10)
    shown.tell("counting", 10, 10)
    shown.tell("judging", 0, None)
    shown.stop()
    assert bars.said == ["start", ("counting", 10), (2, 5, 10), (2, 10, 10), ("judging", None), (5, 0, None), "stop"]


def test_the_bar_is_drawn_on_the_error_stream() -> None:
    """Standard output is for what was asked."""
    assert module._bars().console.stderr
