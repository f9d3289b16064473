"""What the service shows of itself: pages of windows, verdicts, findings and dead letters, and which monitors have work waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, true

from driftline.errors import ConfigError
from driftline.services.cycle import AHEAD
from driftline.store.boards import MESSAGE
from driftline.store.documents import unpack
from driftline.store.tables import (
    alerts,
    audit,
    dead_letters,
    findings,
    incidents,
    lateness,
    monitors,
    outbox,
    parcels,
    received,
    verdicts,
    windows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Table

    from driftline.services.cycle import Pace
    from driftline.store.database import Database

    Page = list[dict[str, Any]]


class Board:
    """Reads what the other parts of the store have written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answers(self) -> bool:
        """Whether the database can be read; raises what it says where it cannot."""
        with self._database.reading() as tx:
            return bool(tx.execute(select(1)).scalar_one())

    def wanting(self, pace: Pace, now: datetime) -> list[int]:
        """Monitors for which a turn of the cycle would do something."""

        def long_ago(then: Any, patience: timedelta) -> Any:
            return or_(then <= now - patience, then > now + AHEAD)

        rows_wait = and_(parcels.c.counted.is_(None), long_ago(parcels.c.at, pace.settle))
        changed = and_(
            windows.c.revision > windows.c.judged_revision, or_(windows.c.judged.is_(None), long_ago(windows.c.judged, pace.patience))
        )
        over = or_(
            windows.c.ends <= now - pace.lateness,
            windows.c.rows >= windows.c.whole,
            and_(windows.c.ends.is_(None), windows.c.whole.is_(None), windows.c.changed <= now - pace.lateness),
        )
        first = and_(windows.c.judged.is_(None), over)
        again = and_(windows.c.stale.is_(True), or_(first, long_ago(windows.c.counted, pace.patience)))
        with self._database.reading() as tx:
            found = set(tx.execute(select(parcels.c.monitor_id).where(rows_wait).distinct()).scalars())
            found |= set(tx.execute(select(windows.c.monitor_id).where(or_(and_(changed, over), again)).distinct()).scalars())
            found |= set(tx.execute(select(lateness.c.monitor_id).where(lateness.c.ripens <= now).distinct()).scalars())
            kept = select(monitors.c.id).where(monitors.c.id.in_(found), monitors.c.retired.is_(None)).order_by(monitors.c.id)
            return list(tx.execute(kept).scalars())

    def windows(self, monitor: int, *, before: int | None, limit: int, verdict: str | None = None) -> Page:
        """Windows, the newest first, from the one before a position."""
        wanted = select(windows).where(windows.c.monitor_id == monitor)
        if before is not None:
            wanted = wanted.where(windows.c.position < before)
        if verdict is not None:
            wanted = wanted.where(windows.c.verdict == verdict)
        names = ("label", "position", "rows", "revision", "stale", "changed", "judged", "verdict", "reason")
        return self._page(wanted.order_by(windows.c.position.desc()).limit(limit), names)

    def verdicts(self, monitor: int, *, before: int | None, limit: int, verdict: str | None = None, window: str | None = None) -> Page:
        """Verdicts, the last said first, from the one before a number; every revision is one of its own."""
        wanted = select(verdicts).where(verdicts.c.monitor_id == monitor)
        if before is not None:
            wanted = wanted.where(verdicts.c.id < before)
        if verdict is not None:
            wanted = wanted.where(verdicts.c.verdict == verdict)
        if window is not None:
            wanted = wanted.where(verdicts.c.label == window)
        names = ("id", "label", "version", "revision", "rows", "verdict", "reason", "created")
        return self._page(wanted.order_by(verdicts.c.id.desc()).limit(limit), names)

    def report(self, monitor: int, window: str | None = None) -> dict[str, Any]:
        """The newest report about a window; about the newest window for None.

        Raises:
            ConfigError: nothing has been said of it.
        """
        wanted = select(verdicts.c.report).where(verdicts.c.monitor_id == monitor)
        if window is not None:
            wanted = wanted.where(verdicts.c.label == window)
        with self._database.reading() as tx:
            body = tx.execute(wanted.order_by(verdicts.c.position.desc(), verdicts.c.id.desc()).limit(1)).scalar_one_or_none()
        if body is None:
            what = "any window" if window is None else f"the window {window!r}"
            raise ConfigError(f"nothing has been said of {what} yet", hint="a window is judged when it is over and late rows have had time")
        return unpack(body)

    def findings(self, monitor: int, *, before: int | None, limit: int) -> Page:
        """Findings, the newest first."""
        return self._numbered(findings, ("id", "place", "what", "hint", "rows", "times", "first_at", "last_at"), monitor, before, limit)

    def dead_letters(self, monitor: int, *, before: int | None, limit: int) -> Page:
        """Rows that could not be read, the newest first."""
        names = ("id", "kind", "batch", "place", "reason", "row", "at", "replayed")
        return self._numbered(dead_letters, names, monitor, before, limit)

    def trail(self, *, before: int | None, limit: int) -> Page:
        """The audit trail, the newest first."""
        wanted = select(audit) if before is None else select(audit).where(audit.c.id < before)
        return self._page(wanted.order_by(audit.c.id.desc()).limit(limit), ("id", "at", "actor", "action", "subject", "detail"))

    def counts(self) -> Mapping[str, int]:
        """How much there is of what, for the service's own health."""
        waiting = parcels.c.counted.is_(None)
        unsaid = windows.c.revision > windows.c.judged_revision
        numbers = {
            "monitors": select(func.count()).select_from(monitors).where(monitors.c.retired.is_(None)),
            "rows_uncounted": select(func.coalesce(func.sum(parcels.c.rows), 0)).where(waiting),
            "windows_unjudged": select(func.count()).select_from(windows).where(unsaid),
            "dead_letters": select(func.count()).select_from(dead_letters).where(dead_letters.c.replayed.is_(None)),
            "incidents_open": select(func.count()).select_from(incidents).where(incidents.c.closed.is_(None)),
            "outbox": select(func.count()).select_from(outbox).where(outbox.c.sent.is_(None), outbox.c.topic == MESSAGE),
        }
        with self._database.reading() as tx:
            return {name: int(tx.execute(wanted).scalar_one()) for name, wanted in numbers.items()}

    def newest(self, *, labelled: bool = False) -> dict[str, int]:
        """For each monitor's name, the number of the newest verdict about its newest window (whose performance is known)."""
        chosen = verdicts.c.labelled.is_(True) if labelled else true()
        positions = select(func.max(verdicts.c.position).label("position"), verdicts.c.monitor_id).where(chosen)
        last = positions.group_by(verdicts.c.monitor_id).subquery()
        same = and_(verdicts.c.monitor_id == last.c.monitor_id, verdicts.c.position == last.c.position, chosen)
        wanted = select(monitors.c.name, func.max(verdicts.c.id)).join(last, same).join(monitors, monitors.c.id == verdicts.c.monitor_id)
        with self._database.reading() as tx:
            rows = tx.execute(wanted.where(monitors.c.retired.is_(None)).group_by(monitors.c.name).order_by(monitors.c.name)).all()
        return {name: number for name, number in rows}  # noqa: C416  rows of the database are no pairs

    def said(self, number: int) -> dict[str, Any]:
        """The report that a verdict came with."""
        with self._database.reading() as tx:
            return unpack(tx.execute(select(verdicts.c.report).where(verdicts.c.id == number)).scalar_one())

    def firing(self) -> list[tuple[str, int, int]]:
        """Monitors with alerts that fire: name, tier, and how many."""
        wanted = select(monitors.c.name, alerts.c.tier, func.count()).join(alerts, alerts.c.monitor_id == monitors.c.id)
        wanted = wanted.where(alerts.c.state == "firing", monitors.c.retired.is_(None)).group_by(monitors.c.name, alerts.c.tier)
        with self._database.reading() as tx:
            return [(name, tier, many) for name, tier, many in tx.execute(wanted.order_by(monitors.c.name, alerts.c.tier))]

    def received(self, monitor: int, batch: str) -> dict[str, Any] | None:
        """What is known of a batch."""
        wanted = select(received).where(received.c.monitor_id == monitor, received.c.batch == batch)
        found = self._page(wanted, ("kind", "batch", "rows", "refused", "at"))
        return found[0] if found else None

    def places(self) -> frozenset[str]:
        """All files that the database refers to."""
        with self._database.reading() as tx:
            return frozenset(tx.execute(select(parcels.c.place).where(parcels.c.place.is_not(None))).scalars())

    def _numbered(self, table: Table, names: Sequence[str], monitor: int, before: int | None, limit: int) -> Page:
        wanted = select(table).where(table.c.monitor_id == monitor)
        if before is not None:
            wanted = wanted.where(table.c.id < before)
        return self._page(wanted.order_by(table.c.id.desc()).limit(limit), names)

    def _page(self, wanted: Any, names: Sequence[str]) -> Page:
        with self._database.reading() as tx:
            return [{name: getattr(row, name) for name in names} for row in tx.execute(wanted)]
