"""Glances and standings: what pages show, kept beside the verdicts it was cut from, and made again whenever those are newer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from driftline.store.decided import decisions, trainings
from driftline.store.documents import unpack
from driftline.store.layout import cut_of
from driftline.store.tables import alerts, glances, monitors, profiles, standings, verdicts, windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from driftline.store.database import Database
    from driftline.window import Window


@dataclass(frozen=True, slots=True)
class Judgement:
    """The newest report about a window, as JSON, of which no glance has been kept."""

    window_id: int
    monitor: int
    position: int
    version: int
    revision: int
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A window and what is kept of it, packed; `detail` only where it was asked for."""

    id: int
    window: Window
    judged: datetime
    body: bytes
    detail: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A monitor as the page of the fleet has it; `standing` is None until something was said of it."""

    id: int
    name: str
    created: datetime
    standing: Mapping[str, Any] | None
    changed: datetime | None


class Glances:
    """Glances and standings in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def behind(self, monitor: int | None = None) -> list[int]:
        """Windows whose newest verdict no glance was cut from, of one monitor or of all."""
        older = or_(
            glances.c.window_id.is_(None), glances.c.revision != windows.c.judged_revision, glances.c.version != windows.c.judged_version
        )
        joined = windows.outerjoin(glances, glances.c.window_id == windows.c.id)
        wanted = select(windows.c.id).select_from(joined).where(windows.c.verdict.is_not(None), older)
        if monitor is not None:
            wanted = wanted.where(windows.c.monitor_id == monitor)
        with self._database.reading() as tx:
            return list(tx.execute(wanted.order_by(windows.c.monitor_id, windows.c.position)).scalars())

    def judgements(self, ids: list[int]) -> Iterator[Judgement]:
        """The newest report about each of some windows, one at a time."""
        same = and_(
            verdicts.c.window_id == windows.c.id,
            verdicts.c.version == windows.c.judged_version,
            verdicts.c.revision == windows.c.judged_revision,
        )
        names = (windows.c.id, windows.c.monitor_id, windows.c.position, verdicts.c.version, verdicts.c.revision, verdicts.c.report)
        for ident in ids:
            wanted = select(*names).join(verdicts, same).where(windows.c.id == ident)
            with self._database.reading() as tx:
                row = tx.execute(wanted).one_or_none()
            if row is not None:
                yield Judgement(row.id, row.monitor_id, row.position, row.version, row.revision, unpack(row.report))

    def keep(self, judgement: Judgement, body: bytes, detail: bytes) -> None:
        """Keep a glance in the place of an older one."""
        names = ("position", "version", "revision")
        values = {name: getattr(judgement, name) for name in names} | {"body": body, "detail": detail}
        statement = self._database.insert(glances).values(window_id=judgement.window_id, monitor_id=judgement.monitor, **values)
        with self._database.writing() as tx:
            tx.execute(statement.on_conflict_do_update(index_elements=["window_id"], set_=values))

    def seen(self, monitor: int, limit: int, *, until: str | None = None, detail: bool = False) -> list[Seen]:
        """The last windows of a monitor of which there are glances, in the order of time; `until` is the label of the last one."""
        names = [windows.c.id, windows.c.cut, windows.c.position, windows.c.judged, glances.c.body, *([glances.c.detail] if detail else [])]
        wanted = select(*names).join(glances, glances.c.window_id == windows.c.id).where(windows.c.monitor_id == monitor)
        if until is not None:
            last = select(windows.c.position).where(windows.c.monitor_id == monitor, windows.c.label == until).scalar_subquery()
            wanted = wanted.where(windows.c.position <= last)
        with self._database.reading() as tx:
            rows = tx.execute(wanted.order_by(windows.c.position.desc(), windows.c.id.desc()).limit(limit)).all()
        return [Seen(row.id, cut_of(row), row.judged, row.body, row.detail if detail else b"") for row in reversed(rows)]

    def counts(self, ids: list[int], way: str, segment: str) -> dict[int, bytes]:
        """The counts of some windows, pressed."""
        wanted = select(profiles.c.window_id, profiles.c.body).where(
            profiles.c.window_id.in_(ids), profiles.c.way == way, profiles.c.segment == segment
        )
        with self._database.reading() as tx:
            return {row.window_id: row.body for row in tx.execute(wanted)}

    def counted(self, window: int, way: str) -> dict[str, bytes]:
        """The counts of a window, pressed, by segment; that of all rows is empty."""
        wanted = select(profiles.c.segment, profiles.c.body).where(profiles.c.window_id == window, profiles.c.way == way)
        with self._database.reading() as tx:
            return {row.segment: row.body for row in tx.execute(wanted)}

    def stand(self, monitor: int, standing: Mapping[str, Any], now: datetime) -> None:
        """Keep how a monitor stands."""
        values = {"body": json.dumps(standing, ensure_ascii=False, allow_nan=False), "changed": now}
        statement = self._database.insert(standings).values(monitor_id=monitor, **values)
        with self._database.writing() as tx:
            tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id"], set_=values))

    def firing(self) -> dict[int, int]:
        """How many alerts fire, by monitor."""
        wanted = select(alerts.c.monitor_id, func.count().label("many")).where(alerts.c.state == "firing").group_by(alerts.c.monitor_id)
        with self._database.reading() as tx:
            return {row.monitor_id: row.many for row in tx.execute(wanted)}

    def came(self, monitors: Sequence[int]) -> dict[int, tuple[int, int]]:
        """How many windows have rows of which nothing was said yet, and how many rows, by monitor; of these monitors only."""
        many = select(windows.c.monitor_id, func.count(), func.sum(windows.c.rows)).group_by(windows.c.monitor_id)
        with self._database.reading() as tx:
            rows = tx.execute(many.where(windows.c.verdict.is_(None), windows.c.monitor_id.in_(monitors))).all()
        return {ident: (int(each), int(total or 0)) for ident, each, total in rows}

    def mark(self, monitor: int | None = None) -> str:
        """What changes whenever a monitor, or any, stands otherwise."""
        marks = []
        with self._database.reading() as tx:
            for table, at in ((standings, standings.c.changed), (trainings, trainings.c.changed), (decisions, decisions.c.answered)):
                wanted = select(func.count(), func.max(at))
                many, changed = tx.execute(wanted if monitor is None else wanted.where(table.c.monitor_id == monitor)).one()
                marks.append(f"{many} {changed.isoformat() if changed else ''}")
        return ", ".join(marks)

    def fleet(self) -> list[Listed]:
        """Every monitor that is watched, by name."""
        names = (monitors.c.id, monitors.c.name, monitors.c.created, standings.c.body, standings.c.changed)
        joined = monitors.outerjoin(standings, standings.c.monitor_id == monitors.c.id)
        wanted = select(*names).select_from(joined).where(monitors.c.retired.is_(None)).order_by(monitors.c.name)
        with self._database.reading() as tx:
            rows = tx.execute(wanted).all()
        return [
            Listed(id=row.id, name=row.name, created=row.created, standing=json.loads(row.body) if row.body else None, changed=row.changed)
            for row in rows
        ]
