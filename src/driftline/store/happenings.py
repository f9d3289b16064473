"""What happened to a model: incidents, decisions, trainings, releases, new settings and annotations, to be marked on the axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from driftline.store.annotations import notes
from driftline.store.decided import decisions, trainings
from driftline.store.tables import incidents, versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database

MOST = 200
"""So many of each kind are looked at, the newest."""

HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened.

    Attributes:
        kind: alert, decision, training, rollout, settings or annotation.
        what: in words.
        at: when it was written down.
        window: label of the window that it is about; None where only the time tells where it belongs.
        ident: its number among its kind.
        by: who did it; empty for driftline itself.
    """

    kind: str
    what: str
    at: datetime
    window: str | None = None
    ident: int = 0
    by: str = ""


class Happenings:
    """Reads what other parts of the store have written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, monitor: int) -> list[Happening]:
        """What happened to a monitor's model, the newest first."""
        with self._database.reading() as tx:
            found = [*_alerts(tx, monitor), *_decisions(tx, monitor), *_trainings(tx, monitor), *_others(tx, monitor)]
        return sorted(found, key=lambda one: one.at, reverse=True)


def _alerts(tx: Connection, monitor: int) -> Iterator[Happening]:
    wanted = select(incidents).where(incidents.c.monitor_id == monitor).order_by(incidents.c.id.desc()).limit(MOST)
    for row in tx.execute(wanted):
        yield Happening(kind="alert", what=row.subject, at=row.opened, window=row.window, ident=row.id)


def _decisions(tx: Connection, monitor: int) -> Iterator[Happening]:
    """Decisions to do something, where they begin; to hold is no event."""
    wanted = select(decisions).where(decisions.c.monitor_id == monitor, decisions.c.begins, decisions.c.action != HOLD)
    for row in tx.execute(wanted.order_by(decisions.c.id.desc()).limit(MOST)):
        what = f"{row.action.replace('_', ' ')}: {row.reason}"
        yield Happening(kind="decision", what=what, at=row.made, window=row.label, ident=row.id, by=row.actor or "")


def _trainings(tx: Connection, monitor: int) -> Iterator[Happening]:
    """When a training began, and when what it made was released."""
    wanted = select(trainings).where(trainings.c.monitor_id == monitor).order_by(trainings.c.id.desc()).limit(MOST)
    for row in tx.execute(wanted):
        yield Happening(kind="training", what=f"retrained: {row.sentence or row.state}", at=row.began, ident=row.id, by=row.actor)
        if row.deployed is not None:
            challenger = f" {row.challenger}" if row.challenger else ""
            yield Happening(kind="rollout", what=f"version{challenger} was released", at=row.deployed, ident=row.id)


def _others(tx: Connection, monitor: int) -> Iterator[Happening]:
    """New versions of the settings but the first, and what people wrote."""
    wanted = select(versions).where(versions.c.monitor_id == monitor, versions.c.version > 1).order_by(versions.c.version.desc())
    for row in tx.execute(wanted.limit(MOST)):
        yield Happening(kind="settings", what=f"settings, version {row.version}", at=row.created, ident=row.version, by=row.author)
    written = select(notes).where(notes.c.monitor_id == monitor).order_by(notes.c.id.desc()).limit(MOST)
    for row in tx.execute(written):
        yield Happening(kind="annotation", what=row.text, at=row.written, window=row.window, ident=row.id, by=row.author)
