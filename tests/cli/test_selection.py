"""Some windows of a report, and what they alone say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from driftline.cli.selection import select
from driftline.errors import ConfigError
from driftline.verdicts.report import Verdict
from driftline.window import Window

S, D, I = Verdict.STABLE, Verdict.DRIFTED, Verdict.INCONCLUSIVE  # noqa: E741  a table of verdicts


@dataclass(frozen=True)
class Judged:
    """Stands for a window's report."""

    window: Window
    segment: str | None
    rows: int
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Told:
    """Stands for a report."""

    windows: tuple[Judged, ...]
    profiles: tuple[str, ...]
    verdict: Verdict = D
    reason: str = "all of it"
    since: str | None = "w1"


def report(*verdicts: Verdict, rows: int = 10) -> Any:
    """A report of windows w0, w1, … with these verdicts, of all rows and of a segment."""
    judged = [
        Judged(Window(i, f"w{i}"), segment, rows, verdict if segment is None else S, f"reason {i}")
        for segment in (None, "a")
        for i, verdict in enumerate(verdicts)
    ]
    return Told(tuple(judged), tuple(f"{item.segment}{item.window.index}" for item in judged))


def test_without_a_wish_everything_is_kept() -> None:
    """The report is the same object."""
    whole = report(S, D)
    assert select(whole) is whole


@pytest.mark.parametrize(
    ("labels", "since", "kept", "verdict"),
    [
        (("w0",), None, {0}, S),
        (("w1",), None, {1}, D),
        (("last",), None, {3}, I),
        (("w0", "last"), None, {0, 3}, I),
        ((), "w1", {1, 2, 3}, D),
        ((), "w2", {2, 3}, I),
        (("w0",), "w3", {0, 3}, I),
    ],
)
def test_windows_are_kept_by_label(labels: tuple[str, ...], since: str | None, kept: set[int], verdict: Verdict) -> None:
    """Every segment's window of that label stays, with its profile; the verdict is the worst of those kept."""
    found = select(report(S, D, S, I), labels, since)
    assert {item.window.index for item in found.windows} == kept
    assert len(found.windows) == 2 * len(kept)
    assert list(found.profiles) == [f"{item.segment}{item.window.index}" for item in found.windows]
    assert found.verdict is verdict
    assert (found.since is None) == (verdict is not D)


def test_the_reason_is_that_of_the_windows_kept() -> None:
    """Not of a window that nobody asked for; one window speaks for itself."""
    assert select(report(D, S, D), ("w1",)).reason == "2 of 2 windows: reason 1"
    assert select(report(D, S, D), since="w1").reason == "1 of 4 windows: reason 2"


def test_windows_without_rows_say_nothing() -> None:
    """Nothing was counted, so nothing is stable."""
    found = select(report(S, S, rows=0), ("last",))
    assert (found.verdict, found.reason) == (I, "there are no rows in these windows")


def test_a_label_that_is_not_there_is_recognised() -> None:
    """Near misses are computed, else the range is told."""
    with pytest.raises(ConfigError, match="there is no window 'w00'") as caught:
        select(report(S, D), ("w00",))
    assert caught.value.hint.startswith("did you mean")
    with pytest.raises(ConfigError) as caught:
        select(report(S, D), since="yesterday")
    assert caught.value.hint == "the windows are w0 to w1"
    with pytest.raises(ConfigError):
        select(report(), ("last", "w0"))
