"""The sentence at the head of a model: which model, what happened to it, since when, and how bad it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.pages.glance import drifted
from driftline.reports.ledger import strength
from driftline.reports.reading import column_of
from driftline.reports.track import About, courses
from driftline.reports.vitals import accepted
from driftline.reports.wording import clean, number
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.pages.history import History
    from driftline.reports.track import Course
    from driftline.verdicts.report import ColumnReport, Report

NAMED = 2
CLEARLY, STRONGLY = 2, 8
"""From so many times what matters on, a change is clear, and strong."""

WORDS = {
    Concern.FAULT: "a data fault",
    Concern.PERFORMANCE: "worse performance",
    Concern.PREDICTION: "predictions moved",
    Concern.LABEL: "labels changed",
    Concern.INPUT: "inputs moved",
}


def headline(found: History, report: Report, name: str = "") -> str:
    """Say how the model stands.

    Args:
        found: its windows.
        report: the same as a report.
        name: what to call it; nothing where its name stands before the sentence.
    """
    course = _course(report)
    subject = clean(name, 80) or "the model"
    if course is not None and course.now:
        return _begun(f"{subject} does worse since {clean(course.since)}: {_value(course)}")
    told = [column_of(one) for part in found.last["parts"] for one in drifted(part)]
    match found.verdict:
        case Verdict.DRIFTED if told:
            said = f"{clean(name, 80)}: {_changed(told)}" if name else _changed(told)
            return _begun(said + (f". {_begun(_performance(course))}" if course is not None else ""))
        case Verdict.DRIFTED if (other := _other(report)) is not None:
            return _begun(f"{f'{clean(name, 80)}: ' if name else ''}{_beyond(other)}")
        case Verdict.STABLE:
            return _begun(f"{subject} is stable" + (f": {_performance(course)}" if course is not None else ": nothing moved that matters"))
        case Verdict.INCONCLUSIVE:
            return _begun(f"{subject} cannot be told: {clean(found.last['reason'], 200)}")
        case _:
            return _begun((f"{clean(name, 80)}: " if name else "") + clean(found.last["reason"], 300))


def _course(report: Report) -> Course | None:
    """The metric that tells how well the model does: one that is worse, else that of all rows."""
    found = courses(report, About.PERFORMANCE)
    return next((one for one in found if one.now or one.track.segment is None), found[0] if found else None)


def _other(report: Report) -> Course | None:
    """What else is watched and is worse now: how the model is served, how equally it treats groups."""
    return next((one for about in (About.OPERATIONS, About.FAIRNESS) for one in courses(report, about) if one.now), None)


def _beyond(course: Course) -> str:
    """What is worse now, by what it is held against, and since when."""
    told = course.told
    if course.track.about is About.FAIRNESS and told.threshold is not None and told.value is not None:
        return f"{clean(told.title)} is {number(told.value)}, and {accepted(told)}; beyond that since {clean(course.since)}"
    return f"{_value(course)}, worse since {clean(course.since)}"


def _changed(told: Sequence[ColumnReport]) -> str:
    """What changed, in which columns, since when, how strongly: the most urgent concern, the weightiest columns of it."""
    concern = min((one.concern for one in told), key=list(Concern).index)
    about = sorted((one for one in told if one.concern is concern), key=lambda one: -one.weight)
    names = list(dict.fromkeys(clean(one.name, 40) for one in about))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    since = [clean(one.since) for one in about if one.since]
    when = f" since {min(since)}" if since else ""
    how = _how(max(map(strength, about)))
    return f"{WORDS[concern]}{f', {how}' if how else ''}, in {' and '.join(names[:NAMED])}{more}{when}"


def _how(times: float) -> str:
    if times >= STRONGLY:
        return "strongly"
    return "clearly" if times >= CLEARLY else "slightly"


def _performance(course: Course | None) -> str:
    """Whether the model does as well as ever."""
    if course is None:
        return ""
    if course.told.verdict is Verdict.STABLE:
        return f"it does as well as in the reference, {_value(course)}"
    guess = course.track.told[course.metric][-1]
    if guess is not None and guess.estimate is not None and guess.estimate.trusted:
        return f"whether it does worse cannot be told from labels yet; estimated, {clean(guess.title)} {number(guess.estimate.value)}"
    return "whether it does worse cannot be told yet"


def _value(course: Course) -> str:
    told = course.told
    now = "not known" if told.value is None else number(told.value)
    was = "" if told.reference is None else f" ({number(told.reference)} in the reference)"
    return f"{clean(told.title)} {now}{was}"


def _begun(text: str) -> str:
    """With a capital where it begins with a word of ours, not with a name."""
    return text[:1].upper() + text[1:] if text.startswith(("the model ", "it ", "whether ", *WORDS.values())) else text
