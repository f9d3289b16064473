"""The page of an incident beyond its alerts: the decision that answers it, what came of that, and its report as a document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from driftline.alerting.incident import Incident
from driftline.alerting.signals import Signal, Tier
from driftline.reports import papers
from driftline.reports.wording import clean, instant
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.decisions.course import Decided
    from driftline.monitor import Monitor
    from driftline.reports.papers import Paper
    from driftline.verdicts.report import Report

    Kept = Mapping[str, "Any"]

STILL = frozenset({"hold", "look"})
ANSWERED = frozenset({"approved", "overridden", "automatic"})


def title(subject: str, monitor: str) -> str:
    """What an incident is about, without the tag of its message and without the name of its model, which stand beside it.

    >>> title("[act soon] churn: data fault in amount since 2026-01-05", "churn")
    'Data fault in amount since 2026-01-05'
    """
    bare = clean(subject, 300)
    if bare.startswith("["):
        bare = bare.partition("] ")[2]
    bare = bare.removeprefix(f"{clean(monitor)}: ")
    return bare[:1].upper() + bare[1:]


def answering(decided: Sequence[Kept], trained: frozenset[int] | set[int]) -> Kept | None:
    """Of the decisions that were taken while an incident went on, the one that answers it.

    One that led to a training goes before one that a person answered, that before one that would change anything, that before one
    that still asks to look, and that before the last; of several the last.

    Args:
        decided: in the order of time.
        trained: numbers of decisions that led to a training.
    """
    ranked = [(_weight(one, trained), place) for place, one in enumerate(decided)]
    return decided[max(ranked)[1]] if ranked else None


def _weight(one: Kept, trained: frozenset[int] | set[int]) -> int:
    """How much a decision says of what was done."""
    moves, alive = one["action"] not in STILL, one["state"] not in {"past", "replaced"}
    marks = (alive and one["action"] != "hold", moves, moves and alive, one["state"] in ANSWERED, one["id"] in trained)
    return max((weight for weight, mark in enumerate(marks, 1) if mark), default=0)


def incident_of(kept: Kept) -> Incident:
    """An incident as people look at it, as the report of incidents needs it."""
    signals = [_signal(one) for one in kept["members"]]
    members = {one.key: one for one in signals}
    firing = frozenset() if kept["closed"] else frozenset(members)
    tier = Tier[kept["tier"].upper()]
    return Incident(kept["number"], kept["opened"], kept["window"], tier, members, firing, kept["closed"])


def _signal(told: Kept) -> Signal:
    return Signal(
        key=(told["segment"], told["kind"], told["name"]),
        concern=Concern(told["concern"]),
        name=told["name"],
        tier=Tier[told["tier"].upper()],
        verdict=Verdict.DRIFTED,
        weight=1.0,
        since=told["since"],
        sentence=told["sentence"],
    )


def paper(monitor: Monitor, kept: Kept, report: Report, decided: Decided, done: Kept) -> Paper:
    """The report of an incident as the service knows it: what `driftline incident` writes, and what was done and told.

    Args:
        monitor: the monitor.
        kept: the incident with its messages.
        report: of the windows in which it went on.
        decided: the decision that answers it, with what it rests on.
        done: `decision` and `training` as the pages list them, either None; `answer`, who took it up.
    """
    made = papers.incident(monitor, incident_of(kept), report, decided)
    actions = papers.Section("What was done", tuple(_done(done)) or ("nothing yet",))
    told = papers.Section("Who was told", tuple(_told(kept)) or ("nobody",))
    return replace(made, sections=(*made.sections[:-1], actions, told, made.sections[-1]))


def _done(done: Kept) -> Iterator[str]:
    answer, decision, training = done["answer"], done["decision"], done["training"]
    if answer is not None:
        yield f"{instant(answer['at'])}: {answer['by']} took it up{': ' + answer['note'] if answer['note'] else ''}"
    if decision is not None and decision["answered"] is not None:
        instead = f", {decision['instead']} instead" if decision["instead"] else ""
        note = f": {decision['note']}" if decision["note"] else ""
        yield f"{instant(decision['answered'])}: {decision['state']} by {decision['actor']}{instead}{note}"
    if training is not None:
        yield f"{instant(training['began'])}: a training was begun, agreed by {training['actor']}"
        if training["gate"]:
            yield f"the gate: {training['gate']}"
        for event in training["events"]:
            yield f"{event['at'][:16].replace('T', ' ')}: {event['state']}: {event['said']}"
        yield f"{instant(training['changed'])}: {training['state']}: {training['sentence']}"


def _told(kept: Kept) -> Iterator[str]:
    for letter in reversed(kept["messages"]):
        to = ", ".join(_to(one) for one in letter["receivers"])
        yield f"{instant(letter['created'])}: {clean(letter['subject'], 200)}{f' → {to}' if to else ''}"


def _to(tried: Kept) -> str:
    return clean(tried["receiver"]) + ("" if tried["done"] and not tried["error"] else " (not delivered)")
