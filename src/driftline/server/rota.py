"""The rota: which monitors with a schedule of their own are due, and which rest until they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from driftline.config.scheduling import Every, next_due
from driftline.errors import DriftlineError
from driftline.server.logs import LOG
from driftline.store.watermarks import Watermark, marks, write_watermark

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.config.scheduling import Schedule
    from driftline.server.service import Service

KIND = "schedule"
"""Under which the moment of the last look is kept."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Monitors with a schedule: those whose moment has come, with their schedules, and those that rest."""

    due: dict[int, Schedule] = field(default_factory=dict)
    resting: set[int] = field(default_factory=set)


def turns(service: Service, now: datetime) -> Turns:
    """Which monitors are due. One that is seen for the first time rests until its moment."""
    found = Turns()
    scheduled = service.fleet.mentioning("schedule")
    known = marks(service.database, KIND) if scheduled else {}
    for watched in scheduled:
        try:
            schedule = service.library.schedule(watched)
            if schedule is None:
                continue
            if watched.id not in known:
                write_watermark(service.database, watched.id, KIND, Watermark(now), now)
                found.resting.add(watched.id)
            elif next_due(schedule, known[watched.id]) <= now:
                found.due[watched.id] = schedule
            else:
                found.resting.add(watched.id)
        except DriftlineError as error:
            # Without a schedule that can be read it is looked at in every round, which tells what is wrong with it.
            LOG.warning("no schedule", extra={"monitor": watched.name, "why": error.fact})
    return found


def keep_turn(service: Service, ident: int, schedule: Schedule, now: datetime) -> None:
    """Remember that a monitor was looked at. Intervals keep their beat, however late a round was."""
    at = now
    if isinstance(schedule, Every):
        before = marks(service.database, KIND).get(ident, now)
        at = before + (now - before) // schedule.span * schedule.span
    write_watermark(service.database, ident, KIND, Watermark(at), now)
