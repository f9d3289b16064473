from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.alerting.alert import Firing, Heard, Inactive, Patience, Pending, Reason, State, hear, revise, step
from driftline.verdicts.report import Verdict

NOW = datetime(2026, 3, 1, tzinfo=UTC)
THEN = NOW - timedelta(days=1)
D, S, U = Verdict.DRIFTED, Verdict.STABLE, Verdict.INCONCLUSIVE
LONG = Patience(fires_after=3, resolves_after=2)

TABLE: list[tuple[str, State, Verdict, Patience, State, Reason]] = [
    ("what is well stays quiet", Inactive(), S, LONG, Inactive(), Reason.QUIET),
    ("what cannot be told stays quiet", Inactive(), U, LONG, Inactive(), Reason.QUIET),
    ("what is seen first waits", Inactive(), D, LONG, Pending(NOW, 1), Reason.BEGAN),
    ("with no patience it fires at once", Inactive(), D, Patience(), Firing(NOW, NOW), Reason.FIRED),
    ("what is seen again waits on", Pending(THEN, 1), D, LONG, Pending(THEN, 2), Reason.WAITS),
    ("what has lasted fires", Pending(THEN, 2), D, LONG, Firing(THEN, NOW), Reason.FIRED),
    ("what goes away before that is forgotten", Pending(THEN, 2), S, LONG, Inactive(), Reason.VANISHED),
    ("a window that cannot tell does not end waiting", Pending(THEN, 2), U, LONG, Pending(THEN, 2), Reason.UNKNOWN),
    ("what fires goes on", Firing(THEN, THEN, calm=1), D, LONG, Firing(THEN, THEN), Reason.GOES_ON),
    ("one calm window is not the end", Firing(THEN, THEN), S, LONG, Firing(THEN, THEN, calm=1), Reason.CALMER),
    ("enough of them are", Firing(THEN, THEN, calm=1), S, LONG, Inactive((NOW,)), Reason.OVER),
    ("a window that cannot tell is not calm", Firing(THEN, THEN, calm=1), U, LONG, Firing(THEN, THEN, calm=1), Reason.UNKNOWN),
    (
        "what came and went often is held",
        Firing(THEN, THEN, calm=1, ended=(THEN, THEN, THEN)), S, LONG,
        Firing(THEN, THEN, calm=2, ended=(THEN, THEN, THEN)), Reason.FLAPS,
    ),
    (
        "and is over only after twice as long",
        Firing(THEN, THEN, calm=3, ended=(THEN, THEN, THEN)), S, LONG,
        Inactive((THEN, THEN, THEN, NOW)), Reason.OVER,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "before", "verdict", "patience", "after", "reason"), TABLE, ids=[row[0] for row in TABLE])
def test_each_step(sentence: str, before: State, verdict: Verdict, patience: Patience, after: State, reason: Reason) -> None:
    """The table of states, one sentence a row."""
    assert step(before, verdict, NOW, patience) == (after, reason)


@given(st.lists(st.sampled_from([S, U]), max_size=30), st.integers(1, 4))
def test_it_never_fires_without_drift(verdicts: list[Verdict], patience: int) -> None:
    """Stable and inconclusive windows, in whatever order, never fire."""
    state: State = Inactive()
    for verdict in verdicts:
        state, _ = step(state, verdict, NOW, Patience(fires_after=patience))
    assert state == Inactive()


@given(st.lists(st.sampled_from([D, U]), max_size=30))
def test_it_never_resolves_without_calm(verdicts: list[Verdict]) -> None:
    """Once it fires, only stable windows end it."""
    state: State = Firing(THEN, THEN)
    for verdict in verdicts:
        state, _ = step(state, verdict, NOW, Patience())
    assert isinstance(state, Firing)


def test_late_labels_take_it_back() -> None:
    """A verdict that labels revised leaves nothing that fires; what was quiet stays so."""
    assert revise(Firing(THEN, THEN), NOW, Patience()) == (Inactive((NOW,)), Reason.REVISED)
    assert revise(Inactive(), NOW, Patience()) == (Inactive(), Reason.QUIET)


def test_ends_are_remembered_up_to_a_number() -> None:
    """Memory does not grow."""
    many = (THEN,) * 5
    after, _ = step(Firing(THEN, THEN, calm=9, ended=many), S, NOW, Patience(resolves_after=1))
    assert after == Inactive((*many[1:], NOW))


HEARD: list[tuple[str, State, Heard | None, Heard, State, Heard | None, Reason]] = [
    ("the first window is a step", Inactive(), None, Heard(7, D), Firing(NOW, NOW), Heard(7, D), Reason.FIRED),
    ("a newer one is another", Firing(THEN, THEN), Heard(6, D), Heard(7, S), Firing(THEN, THEN, calm=1), Heard(7, S), Reason.CALMER),
    (
        "the same again is known",
        Firing(THEN, THEN, calm=1), Heard(7, S), Heard(7, S), Firing(THEN, THEN, calm=1), Heard(7, S), Reason.KNOWN,
    ),
    ("an older one changes nothing", Inactive(), Heard(7, S), Heard(6, D), Inactive(), Heard(7, S), Reason.KNOWN),
    ("one that cannot tell does not count as heard", Inactive(), None, Heard(7, U), Inactive(), None, Reason.QUIET),
    ("nor does it take anything back", Firing(NOW, NOW), Heard(7, D), Heard(7, U), Firing(NOW, NOW), Heard(7, D), Reason.UNKNOWN),
    (
        "what began in a window is taken back by it",
        Firing(NOW, NOW), Heard(7, D), Heard(7, S), Inactive((NOW,)), Heard(7, S), Reason.REVISED,
    ),
    (
        "what began before goes on, a calm window nearer to its end",
        Firing(THEN, THEN), Heard(7, D), Heard(7, S), Firing(THEN, THEN, calm=1), Heard(7, S), Reason.CALMER,
    ),
    ("late labels may show what was not seen", Inactive(), Heard(7, S), Heard(7, D), Firing(NOW, NOW), Heard(7, D), Reason.FIRED),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "before", "heard", "told", "after", "last", "reason"), HEARD, ids=[row[0] for row in HEARD])
def test_what_is_heard_of_a_window(
    sentence: str, before: State, heard: Heard | None, told: Heard, after: State, last: Heard | None, reason: Reason
) -> None:
    """Windows come again, and late: the table, one sentence a row."""
    assert hear(before, heard, told, NOW, Patience()) == (after, last, reason)
