"""Incidents of several models that have one cause upstream: they are told once, by the model that was told of first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from driftline.alerting.announcement import TIERS, Announcement
from driftline.alerting.message import URGENCY
from driftline.diagnosis.upstream import begun, in_common

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from driftline.alerting.incident import Incident
    from driftline.alerting.signals import Tier
    from driftline.diagnosis.upstream import Begun, Shared
    from driftline.services.cycle import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Abroad:
    """An open incident of a model, and the changes with which it began.

    Attributes:
        monitor: the model's number.
        name: what it is called.
        number: the incident's.
        opened: when it was opened.
        tier: how urgent it is.
        told: people have heard of it.
        causes: the changes with which it began.
    """

    monitor: int
    name: str
    number: int
    opened: datetime
    tier: Tier
    told: bool
    causes: tuple[Begun, ...]


def alone(name: str) -> bool:  # noqa: ARG001  as `Upstream.alike` has it
    """Nobody is told by the same channels."""
    return False


@dataclass(frozen=True, slots=True)
class Upstream:
    """What a model's incidents have in common with those of others.

    Attributes:
        name: the model's.
        others: open incidents of other models.
        known: the changes with which its own open incidents began.
        judged: what was just said of it, which new incidents come from.
        alike: whether another model, by its name, tells the same people by the same channels.
    """

    name: str
    others: Sequence[Abroad] = ()
    known: Mapping[int, tuple[Begun, ...]] = field(default_factory=dict)
    judged: Sequence[Judged] = ()
    alike: Callable[[str], bool] = alone

    def causes(self, incident: Incident) -> tuple[Begun, ...]:
        """The changes with which an incident began: those that explain what belongs to it."""
        if incident.number in self.known:
            return self.known[incident.number]
        names = {signal.name for signal in incident.members.values()}
        windows = [window for one in self.judged if one.standing.window.label == incident.window for window in one.report.windows]
        return tuple(one for one in begun(self.name, windows) if names & set(one.columns))

    def shares(self, incident: Incident) -> Shared | None:
        """What it has in common with most others; None where nothing."""
        abroad = [one for other in self.others for one in other.causes]
        return next((one for one in in_common([*abroad, *self.causes(incident)]) if self.name in one.monitors), None)

    def lead(self, incident: Incident) -> Abroad | None:
        """The incident by which the same people were told of the same, no less urgently; the oldest where there are several."""
        common = self.shares(incident)
        if common is None:
            return None
        fit = [one for one in self.others if one.name in common.monitors and one.told and one.tier >= incident.tier]
        fit = [one for one in fit if any(cause.kind == common.kind and set(cause.columns) & set(common.columns) for cause in one.causes)]
        return min((one for one in fit if self.alike(one.name)), key=lambda one: (one.opened, one.monitor), default=None)

    def told(self, incident: Incident) -> str:
        """Why nobody is told of an incident, because of another model's; empty where that is no reason."""
        lead = None if incident.talk.at is not None else self.lead(incident)
        return "" if lead is None else f"told with incident {lead.number} of {lead.name}: the same cause"

    def wider(self, incident: Incident, link: str = "") -> tuple[Abroad, Announcement] | None:
        """What is told of the other model's incident when this one joins it; None where it was told of nearly as many models.

        It is told again each time their number has doubled: forty models broken by one table are six messages.
        """
        lead, common = self.lead(incident), self.shares(incident)
        many = len(common.monitors) if common is not None else 0
        if lead is None or common is None or many & (many - 1):
            return None
        key = f"{lead.name}/incident-{lead.number}"
        more = f"{many - 1} more model{'s' if many > 2 else ''}"  # noqa: PLR2004  two are one more
        return lead, Announcement(
            key=key,
            id=f"{key}/shared-{many}",
            monitor=lead.name,
            news="worse",
            tier=TIERS[lead.tier],
            subject=f"[{URGENCY[lead.tier]}] {lead.name} and {more}: {common.kind.replace('_', ' ')} in {', '.join(common.columns)}",
            body=f"One incident, upstream of all of them: {common.sentence}. Repair it where the data comes from.",
            window=incident.window,
            since=common.since,
            names=common.columns,
            link=link,
        )
