"""The hand-off: windows in order, incidents that changed, letters for what is news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from driftline.alerting.incident import Board, Incident, News, Notice
from driftline.alerting.message import Counsel
from driftline.alerting.signals import Signal, Tier
from driftline.decisions.course import Decided
from driftline.decisions.decision import Action, Consent, Decision, How
from driftline.decisions.evidence import Evidence
from driftline.services.cycle import Judged, Standing
from driftline.services.handoff import counsel, hand_off, remembered
from driftline.verdicts.report import Concern, Verdict
from driftline.window import Cadence, Window, Windowing, calendar_window

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SIGNAL = Signal(("", "column", "x"), Concern.FAULT, "x", Tier.RETRAIN, Verdict.DRIFTED, 2.0, "12:00", "x: nulls")


def judged(hour: int, *segments: str | None) -> Judged:
    """A window that was judged, with reports of some segments."""
    window = calendar_window(NOW + timedelta(hours=hour), Windowing(Cadence.HOUR))
    standing = Standing(
        id=hour, window=window, rows=1, whole=None, revision=1, stale=False, way="w", changed=NOW, counted=NOW, judged_revision=0
    )
    report: Any = SimpleNamespace(windows=tuple(SimpleNamespace(segment=one, window=window, diagnosis=()) for one in segments or (None,)))
    return Judged(standing, Verdict.DRIFTED, "", report)


def opens_one(board: Board, windows: Sequence[Any], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
    """Every window opens an incident, and closes the one before."""
    before = tuple(replace(one, closed=one.closed or now) for one in board.incidents)
    fresh = Incident(len(before) + 1, now, windows[0].window.label, Tier.RETRAIN, {SIGNAL.key: SIGNAL}, frozenset({SIGNAL.key}))
    return replace(board, incidents=(*before, fresh)), (Notice(fresh, News.OPENED, windows[0].window.label),)


def test_windows_are_taken_in_by_their_order() -> None:
    """The oldest first, at its end; all rows before the segments."""
    seen: list[tuple[datetime, list[str | None]]] = []

    def look(board: Board, windows: Sequence[Any], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
        seen.append((now, [one.segment for one in windows]))
        return board, ()

    assert hand_off("m", Board(), [judged(1), judged(0, "b", None, "a")], look).told == ()
    assert seen == [(NOW + timedelta(hours=1), [None, "a", "b"]), (NOW + timedelta(hours=2), [None])]


def test_a_window_that_ends_nowhere_is_taken_in_at_its_last_row() -> None:
    """Windows of rows, and of a column's values."""
    one = judged(0)
    seen: list[datetime] = []

    def look(board: Board, windows: Sequence[Any], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
        seen.append(now)
        return board, ()

    hand_off("m", Board(), [replace(one, standing=replace(one.standing, window=Window(3, "rows 0-9", 0, 10)))], look)
    assert seen == [NOW]


def test_what_changed_is_told_once_and_only_what_is_needed_is_remembered() -> None:
    """Each incident as it is at the end; of those that are over, the last alone."""
    handed = hand_off("m", Board(), [judged(0), judged(1), judged(2)], opens_one)
    assert [told.notice.incident.number for told in handed.told] == [1, 2, 3]
    assert [(one.number, one.closed is None) for one, _ in handed.changed] == [(1, False), (2, False), (3, True)]
    assert handed.changed[0][1].subject.startswith("[resolved] m:")
    assert [one.number for one in handed.board.incidents] == [3]
    closed = tuple(replace(one, closed=NOW) for one in handed.board.incidents)
    assert remembered(Board(incidents=closed)) == closed


@pytest.mark.parametrize(
    ("action", "consent", "said"),
    [
        (Action.HOLD, Consent.ASK, "driftline holds: it is a campaign."),
        (Action.FIX_DATA, Consent.ASK, "driftline suggests to repair the feed of x."),
        (Action.RETRAIN, Consent.ASK, "driftline suggests to retrain, on repair the feed of x; a person has to agree."),
        (Action.RETRAIN, Consent.AUTOMATIC, "driftline retrains it by itself, on repair the feed of x."),
    ],
)
def test_a_message_says_what_is_done_or_suggested(action: Action, consent: Consent, said: str) -> None:
    """In a sentence, with the cause beside it where one is known."""
    how = How(sentence="repair the feed of x")
    decision = Decision(action=action, rule="r", reason="it is a campaign", consent=consent, how=how)
    windows: Any = [SimpleNamespace(diagnosis=(SimpleNamespace(sentence="x is in cents."),))]
    assert counsel(windows, Decided(Evidence(monitor="m", now=NOW), decision)) == Counsel("x is in cents", said)
    assert counsel(windows, None) == Counsel("x is in cents")
