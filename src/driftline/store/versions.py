"""Versions of a model: what each window held of each, as counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from driftline.store.layout import cut_of
from driftline.store.pressed import unpress
from driftline.store.tables import profiles, windows

if TYPE_CHECKING:
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.store.database import Database
    from driftline.window import Window


@dataclass(frozen=True, slots=True)
class Seen:
    """A version: how many rows it made, and the first and the last window in which it did."""

    version: str
    rows: int
    first: str
    last: str


def versions_of(database: Database, monitor: int, way: str, column: str) -> list[Seen]:
    """The versions that made predictions, the newest first. Rows that say no version are none."""
    start = f"{column}="
    wanted = (
        select(profiles.c.segment, profiles.c.rows, windows.c.label)
        .join(windows, windows.c.id == profiles.c.window_id)
        .where(windows.c.monitor_id == monitor, profiles.c.way == way, profiles.c.rows > 0)
        .where(profiles.c.segment.startswith(start, autoescape=True), profiles.c.segment != f"{start}null")
        .order_by(windows.c.position)
    )
    found: dict[str, Seen] = {}
    with database.reading() as tx:
        for row in tx.execute(wanted):
            name = row.segment[len(start) :]
            # What was seen last stands last.
            before = found.pop(name, None)
            found[name] = Seen(name, row.rows + (before.rows if before else 0), before.first if before else row.label, row.label)
    return list(reversed(found.values()))


def counts_of(database: Database, monitor: int, way: str, segment: str, plan: Plan, most: int) -> list[tuple[Window, Profile]]:
    """What the last windows held of one version, in the order of time."""
    wanted = (
        select(profiles.c.body, windows.c.cut, windows.c.position)
        .join(windows, windows.c.id == profiles.c.window_id)
        .where(windows.c.monitor_id == monitor, profiles.c.way == way, profiles.c.segment == segment, profiles.c.rows > 0)
        .order_by(windows.c.position.desc())
        .limit(most)
    )
    with database.reading() as tx:
        return [(cut_of(row), unpress(row.body, plan)) for row in reversed(tx.execute(wanted).all())]
