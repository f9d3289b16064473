"""Whether somebody is told, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.alerting.attention import Answer, Manner, Why, attend, attend_all
from driftline.alerting.incident import Board, Incident, News, Notice, Talk
from driftline.alerting.matchers import matchers
from driftline.alerting.quiet import Quiet, Silence
from driftline.alerting.signals import Signal, Tier
from driftline.verdicts.report import Concern, Verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = ("", "column", "a")
SIGNAL = Signal(KEY, Concern.FAULT, "a", Tier.RETRAIN, Verdict.DRIFTED, 2.0, "w", "a: nulls")


def incident(tier: Tier = Tier.PAGE, talk: Talk | None = None, *, over: bool = False) -> Incident:
    """An incident of which something, or nothing, was told."""
    return Incident(1, NOW, "w", tier, {KEY: SIGNAL}, frozenset() if over else frozenset({KEY}), NOW if over else None, talk or Talk())


TOLD = Talk(tier=Tier.PAGE, since=NOW, at=NOW, times=1)
LITTLE = replace(TOLD, tier=Tier.LOOK)
MUCH = replace(TOLD, escalated=True)
ANSWERED = Answer("ann", NOW, Tier.PAGE)
PATIENT = Manner(repeat=24 * HOUR, escalate=HOUR)


@pytest.mark.parametrize(
    ("one", "event", "hours", "answer", "hush", "news", "why"),
    [
        (incident(), News.OPENED, 0, None, "", News.OPENED, Why.NEW),
        (incident(), None, 0, None, "", News.OPENED, Why.NEW),
        (incident(Tier.DIGEST), News.OPENED, 0, None, "", None, Why.DIGEST),
        (incident(), News.OPENED, 0, None, "maintenance", None, Why.HUSHED),
        (incident(talk=TOLD), None, 0.5, None, "", None, Why.TOLD),
        (incident(talk=TOLD), None, 1, None, "", News.UNANSWERED, Why.UNANSWERED),
        (incident(talk=TOLD), None, 1, ANSWERED, "", None, Why.ACKNOWLEDGED),
        (incident(talk=TOLD), None, 1, None, "silenced", None, Why.HUSHED),
        (incident(talk=MUCH), None, 2, None, "", None, Why.TOLD),
        (incident(talk=MUCH), None, 24, None, "", News.REPEATED, Why.AGAIN),
        (incident(talk=LITTLE), News.WORSE, 1, None, "", News.WORSE, Why.WORSE),
        (incident(talk=LITTLE), News.WORSE, 1, replace(ANSWERED, tier=Tier.LOOK), "", News.WORSE, Why.WORSE),
        (incident(Tier.LOOK, LITTLE), None, 2, None, "", None, Why.TOLD),
        (incident(talk=TOLD, over=True), News.RESOLVED, 1, ANSWERED, "silenced", News.RESOLVED, Why.OVER),
        (incident(talk=TOLD, over=True), News.REVISED, 1, None, "", News.REVISED, Why.OVER),
        (incident(over=True), News.RESOLVED, 1, None, "", None, Why.UNTOLD),
        (incident(talk=TOLD, over=True), None, 1, None, "", News.RESOLVED, Why.OVER),
    ],
)  # fmt: skip
def test_each_step_has_its_reason(
    one: Incident, event: News | None, hours: float, answer: Answer | None, hush: str, news: News | None, why: Why
) -> None:
    """What is told, to whom it was told before, and why; told once more is counted."""
    talk, told, said = attend(one, event, NOW + hours * HOUR, PATIENT, answer=answer, hush=hush)
    assert (told, said) == (news, why)
    assert talk.times == one.talk.times + (news is not None)
    if news is None and not one.closed:
        assert talk == one.talk


def test_without_patience_nobody_is_told_again() -> None:
    """Unless somebody asks for it, one message is enough."""
    one = incident(talk=TOLD)
    assert attend(one, None, NOW + 1000 * HOUR, Manner())[1:] == (None, Why.TOLD)


@given(
    steps=st.lists(st.tuples(st.sampled_from([None, "worse", "hush"]), st.floats(0, 30)), max_size=12),
    repeat=st.sampled_from([None, 5 * HOUR]),
)
def test_every_end_that_is_told_has_a_beginning_that_was(steps: list[tuple[str | None, float]], repeat: timedelta | None) -> None:
    """Whatever happens in between: the first message opens, the last closes, once, and each beginning is told once."""
    one, now, told = incident(Tier.LOOK), NOW, []
    manner = Manner(repeat, HOUR)
    for what, hours in steps:
        now += hours * HOUR
        one = replace(one, tier=Tier.PAGE) if what == "worse" else one
        talk, news, _ = attend(one, None, now, manner, hush="x" if what == "hush" else "")
        one = replace(one, talk=talk)
        told += [news] if news else []
    for _ in range(2):
        talk, news, _ = attend(replace(one, closed=now), News.RESOLVED, now, manner)
        one = replace(one, talk=talk)
        told += [news] if news else []
    assert told.count(News.OPENED) == (1 if told else 0)
    assert told[:1] in ([], [News.OPENED])
    assert told.count(News.RESOLVED) == (1 if told else 0)
    assert told[-1:] in ([], [News.RESOLVED])
    assert told.count(News.UNANSWERED) <= 1
    assert one.talk.times == len(told)


def test_a_silence_ends_and_what_still_goes_on_is_told() -> None:
    """The beginning is kept back with its reason, and leaves when time has passed; then it is told as new."""
    quiet = Quiet(silences=(Silence(matchers=matchers("name=a"), starts=NOW, ends=NOW + HOUR),))
    one = incident()
    board, told, kept = attend_all("m", Board(incidents=(one,)), [Notice(one, News.OPENED, "w")], NOW, Manner(), quiet)
    assert told == ()
    assert [(two.event, two.why) for two in kept] == [(News.OPENED, "silenced until 2026-03-02 13:00")]
    same, told, kept = attend_all("m", board, (), NOW + HOUR / 2, Manner(), quiet)
    assert (same, told, kept) == (board, (), ())
    _, told, _ = attend_all("m", board, (), NOW + HOUR, Manner(), quiet)
    assert [(two.news, two.window, two.why) for two in told] == [(News.OPENED, "w", "it is new")]


def test_what_was_kept_back_and_is_over_is_never_told() -> None:
    """Nobody is told of the end of what nobody heard of; the trail knows."""
    over = replace(incident(over=True), number=1)
    board, told, kept = attend_all("m", Board(incidents=(over,)), [Notice(over, News.RESOLVED, "w2")], NOW, Manner(), Quiet())
    assert told == ()
    assert [one.why for one in kept] == [Why.UNTOLD.value]
    assert board.incidents[0].talk.over
