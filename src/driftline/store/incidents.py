"""Alerts, incidents and messages as people look at them: over the whole fleet, or of one monitor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from driftline.alerting.signals import Tier
from driftline.errors import ConfigError
from driftline.store.boards import MESSAGE
from driftline.store.causes import in_common
from driftline.store.tables import alerts, deliveries, incidents, monitors, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.store.database import Database

    Page = list[dict[str, Any]]

ALERT = ("segment", "kind", "name", "state", "since", "fired", "incident", "concern", "sentence", "changed")
INCIDENT = ("id", "number", "window", "opened", "closed", "subject", "body", "changed")
TRY = ("receiver", "attempts", "done", "due", "error", "at")


class Incidents:
    """Reads what the hand-off has written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alerts(self, *, monitor: int | None = None, state: str | None = None, skip: int = 0, limit: int = 100) -> Page:
        """Alerts that wait or fire now, the most urgent first, then the newest."""
        wanted = select(alerts, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == alerts.c.monitor_id)
        wanted = wanted.where(monitors.c.retired.is_(None))
        if monitor is not None:
            wanted = wanted.where(alerts.c.monitor_id == monitor)
        if state is not None:
            wanted = wanted.where(alerts.c.state == state)
        order = (alerts.c.tier.desc(), alerts.c.since.desc(), monitors.c.name, alerts.c.segment, alerts.c.kind, alerts.c.name)
        with self._database.reading() as tx:
            rows = tx.execute(wanted.order_by(*order).offset(skip).limit(limit)).all()
        return [{"monitor": row.monitor, "tier": tier_name(row.tier), **_kept(row, ALERT)} for row in rows]

    def incidents(self, *, monitor: int | None = None, open_only: bool = False, before: int | None = None, limit: int = 100) -> Page:
        """Incidents, the newest first."""
        wanted = select(incidents, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == incidents.c.monitor_id)
        if monitor is not None:
            wanted = wanted.where(incidents.c.monitor_id == monitor)
        if open_only:
            wanted = wanted.where(incidents.c.closed.is_(None), monitors.c.retired.is_(None))
        if before is not None:
            wanted = wanted.where(incidents.c.id < before)
        with self._database.reading() as tx:
            return [_incident(row) for row in tx.execute(wanted.order_by(incidents.c.id.desc()).limit(limit))]

    def watched(self) -> list[int]:
        """Monitors with an incident that is open."""
        wanted = select(incidents.c.monitor_id).join(monitors, monitors.c.id == incidents.c.monitor_id)
        wanted = wanted.where(incidents.c.closed.is_(None), monitors.c.retired.is_(None)).distinct()
        with self._database.reading() as tx:
            return sorted(tx.execute(wanted).scalars())

    def incident(self, ident: int) -> dict[str, Any]:
        """One incident, with its messages, and what it has in common with those of other models.

        Raises:
            ConfigError: there is none.
        """
        wanted = select(incidents, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == incidents.c.monitor_id)
        with self._database.reading() as tx:
            row = tx.execute(wanted.where(incidents.c.id == ident)).one_or_none()
            common = None if row is None else in_common(tx, row.monitor_id, row.number)
        if row is None:
            raise ConfigError(f"there is no incident {ident}", hint="driftline alerts list --all shows them")
        prefix = f"{MESSAGE} {row.monitor_id} {row.number} "
        return {**_incident(row), "shared": common, "messages": self._letters(outbox.c.key.startswith(prefix, autoescape=True), limit=1000)}

    def numbered(self, monitor: int, number: int) -> int | None:
        """The id of a monitor's incident by its number there; None where there is none."""
        wanted = select(incidents.c.id).where(incidents.c.monitor_id == monitor, incidents.c.number == number)
        with self._database.reading() as tx:
            found: int | None = tx.execute(wanted).scalar_one_or_none()
        return found

    def messages(self, *, before: int | None = None, limit: int = 100) -> Page:
        """What was told, the newest first, with whoever was tried."""
        return self._letters(*([] if before is None else [outbox.c.id < before]), limit=limit)

    def _letters(self, *where: Any, limit: int) -> Page:
        wanted = select(outbox).where(outbox.c.topic == MESSAGE, *where).order_by(outbox.c.id.desc()).limit(limit)
        with self._database.reading() as tx:
            rows = tx.execute(wanted).all()
            tries = tx.execute(select(deliveries).where(deliveries.c.letter_id.in_([row.id for row in rows]))).all()
        return [_letter(row, [one for one in tries if one.letter_id == row.id]) for row in rows]


def tier_name(tier: int) -> str:
    """A tier's name."""
    return Tier(tier).name.lower()


def _incident(row: Any) -> dict[str, Any]:
    kept = _kept(row, INCIDENT)
    return {"monitor": row.monitor, "tier": tier_name(row.tier), **kept, "members": json.loads(row.members)}


def _letter(row: Any, tries: Sequence[Any]) -> dict[str, Any]:
    return {**json.loads(row.body), **_kept(row, ("id", "created", "sent")), "receivers": [_kept(one, TRY) for one in tries]}


def _kept(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
