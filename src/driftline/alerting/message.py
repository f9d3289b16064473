"""The words of a message, for somebody who is woken by it: what, since when, how bad, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.alerting.incident import News
from driftline.alerting.signals import Tier
from driftline.verdicts.report import Concern

if TYPE_CHECKING:
    from driftline.alerting.incident import Incident, Notice
    from driftline.alerting.signals import Signal

NAMED = 3
"""So many columns are named; the others are counted."""

TODO = {
    Concern.FAULT: "Repair the feed of {names}, and keep these windows out of training.",
    Concern.PERFORMANCE: "Look at what the model misses; if no fault explains it, retrain on rows from {since} on.",
    Concern.PREDICTION: "Look at what the model is fed: its labels will tell whether it still does well.",
    Concern.LABEL: "See whether labels are made as before; if they are, the share of what the model looks for has changed.",
    Concern.INPUT: "Nothing has to be done: this is shown so that it can be explained later.",
}
"""What to do next, by what the incident is mainly about."""

ENDS = {
    News.RESOLVED: ("resolved", "Nothing of it is seen any more."),
    News.REVISED: ("taken back", "Labels that came later say that nothing was wrong."),
}
"""How the end is told."""

AGAIN = {News.WORSE: "worse now, ", News.REPEATED: "still there, ", News.UNANSWERED: "nobody has answered, "}
"""What is told of an incident that is known."""

URGENCY = {Tier.DIGEST: "for information", Tier.LOOK: "look into it", Tier.RETRAIN: "act soon", Tier.PAGE: "act now"}


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves: a subject line, and a few sentences."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Counsel:
    """What was found out beside the verdicts, in sentences.

    Attributes:
        why: the most probable cause; empty where none is known.
        todo: what driftline did about it or suggests; empty where nothing was decided.
    """

    why: str = ""
    todo: str = ""


def compose(monitor: str, notice: Notice, counsel: Counsel | None = None) -> Message:
    """Write the message of a notice: what changed and why, what that does to the model, what was done or is to do about it."""
    known = counsel or Counsel()
    incident, lead = notice.incident, notice.incident.ranked[0]
    if notice.news in ENDS:
        lasted = incident.window if incident.window == notice.window else f"{incident.window} to {notice.window}"
        tag, said = ENDS[notice.news]
        return Message(f"[{tag}] {monitor}: {_over(incident, notice.news)} ({lasted})", f"{said} It began: {lead.sentence}.")
    since = lead.since or incident.window
    subject = f"[{URGENCY[incident.tier]}] {monitor}: {AGAIN.get(notice.news, '')}{_about(incident)}{_how_bad(incident)} since {since}"
    others = [signal for signal in incident.ranked if signal is not lead and not _in_subject(signal, lead)]
    sentences = [f"{lead.sentence}."]
    if others:
        sentences.append(f"With it: {_names(others)}.")
    if known.why and known.why not in lead.sentence:
        sentences.append(f"Why: {known.why}.")
    if lead.concern is not Concern.PERFORMANCE and incident.cost.effect:
        sentences.append(incident.cost.effect)
    suggested = TODO[lead.concern].format(names=_names([s for s in incident.ranked if s.concern is lead.concern]), since=since)
    sentences.append(lead.todo or known.todo or suggested)
    return Message(subject, " ".join(sentences))


def _how_bad(incident: Incident) -> str:
    """In money where outcomes have a value, else in the metric."""
    if incident.cost.money and incident.cost.per_day > 0:
        return f", which costs about {incident.cost.per_day:,.0f} a day,"
    bad = incident.ranked[0].bad
    return f" ({bad})" if bad else ""


def _about(incident: Incident) -> str:
    lead = incident.ranked[0]
    if lead.key[1] == "rule":
        return lead.name
    same = [signal for signal in incident.ranked if signal.concern is lead.concern]
    if lead.concern is Concern.PERFORMANCE:
        return f"{lead.name} is worse"
    return f"{lead.concern.value} in {_names(same)}"


def _over(incident: Incident, news: News) -> str:
    """What is over, or never was."""
    lead = incident.ranked[0]
    if news is News.REVISED:
        return f"false alarm, {_about(incident)}"
    if lead.key[1] == "rule":
        return f"the rule {lead.name!r} holds no more"
    return f"{lead.name} is as good as before" if lead.concern is Concern.PERFORMANCE else f"{_about(incident)} is over"


def _in_subject(signal: Signal, lead: Signal) -> bool:
    """Whether the subject line names or counts it already."""
    return signal.concern is lead.concern and lead.key[1] == "column"


def _names(some: list[Signal]) -> str:
    names = list(dict.fromkeys(signal.name for signal in some))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
