"""With what changes open incidents began, of all monitors: what several models have in common is found among them."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Integer, Table, Text, select

from driftline.alerting.announcement import to_dict
from driftline.alerting.signals import Tier
from driftline.diagnosis.upstream import Begun, begun
from driftline.diagnosis.upstream import in_common as found_in_common
from driftline.services.upstream import Abroad, Upstream
from driftline.store.boards import MESSAGE
from driftline.store.metadata import METADATA, Instant, of_monitor
from driftline.store.tables import incidents, monitors, outbox
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from driftline.services.cycle import Judged
    from driftline.services.handoff import Handed
    from driftline.store.database import Database

MOST = 500
"""So many causes of other models are looked at: one broken table is seen long before."""

causes = Table(
    "causes",
    METADATA,
    of_monitor(primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("columns", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("starts", Instant),
    Column("ends", Instant),
    Column("told", Boolean, nullable=False),
)
"""The changes with which an incident began; `columns` is JSON, `told` says that people have heard of the incident."""


def read_upstream(tx: Connection, monitor: int, name: str, judged: Sequence[Judged], alike: Callable[[str], bool]) -> Upstream:
    """What a monitor's incidents may have in common with those of others.

    Args:
        tx: a transaction.
        monitor: its number.
        name: its name.
        judged: what was just said of it.
        alike: whether another monitor, by its name, tells the same people by the same channels.
    """
    mine = {one.number: one.causes for one in open_causes(tx, causes.c.monitor_id == monitor)}
    fresh = [cause for one in judged for cause in begun(name, one.report.windows)]
    kinds = {cause.kind for cause in (*fresh, *(cause for some in mine.values() for cause in some))}
    others = open_causes(tx, causes.c.monitor_id != monitor, causes.c.kind.in_(kinds)) if kinds else []
    return Upstream(name, others, mine, judged, alike)


def open_causes(tx: Connection, *where: ColumnElement[bool]) -> list[Abroad]:
    """The open incidents whose causes are known, the oldest first, of so many causes as are looked at."""
    wanted = (
        select(causes, incidents.c.opened, incidents.c.tier, monitors.c.name)
        .join(incidents, (incidents.c.monitor_id == causes.c.monitor_id) & (incidents.c.number == causes.c.number))
        .join(monitors, monitors.c.id == causes.c.monitor_id)
        .where(incidents.c.closed.is_(None), monitors.c.retired.is_(None), *where)
        .order_by(incidents.c.opened, causes.c.monitor_id, causes.c.number, causes.c.place)
        .limit(MOST)
    )
    return [_abroad(list(rows)) for _, rows in groupby(tx.execute(wanted).all(), lambda row: (row.monitor_id, row.number))]


def in_common(tx: Connection, monitor: int, number: int) -> dict[str, Any] | None:
    """What an open incident has in common with those of other models, as pages and JSON have it; None where nothing."""
    (mine,) = open_causes(tx, causes.c.monitor_id == monitor, causes.c.number == number) or (None,)
    if mine is None:
        return None
    known = open_causes(tx, causes.c.kind.in_({cause.kind for cause in mine.causes}))
    # The oldest first: by that model people were told.
    found = next((one for one in found_in_common([cause for one in known for cause in one.causes]) if mine.name in one.monitors), None)
    return None if found is None else {"sentence": found.sentence, "monitors": list(found.monitors), "columns": list(found.columns)}


def write_causes(
    database: Database, tx: Connection, monitor: int, handed: Handed, upstream: Upstream, link: Callable[[str], str], now: datetime
) -> None:
    """Keep the causes of incidents that are new or told of, and tell of others' that these have joined."""
    for incident, _ in handed.changed:
        for place, one in enumerate(upstream.causes(incident)):
            where = {"monitor_id": monitor, "number": incident.number, "place": place}
            start, end = one.window.start, one.window.end
            bounds = {"starts": None if isinstance(start, int) else start, "ends": None if isinstance(end, int) else end}
            said = {"kind": one.kind, "columns": json.dumps(one.columns), "label": one.window.label, **bounds}
            told = {"told": incident.talk.at is not None}
            statement = database.insert(causes).values(**where, **said, **told)
            tx.execute(statement.on_conflict_do_update(index_elements=list(where), set_=told))
    for kept in handed.kept:
        if wider := upstream.wider(kept.incident, link(kept.incident.window)):
            lead, announcement = wider
            facts = {"incident": lead.number, "opened": lead.opened.isoformat(), "closed": None, "members": []}
            body = json.dumps({**to_dict(announcement), **facts}, ensure_ascii=False)
            key = f"{MESSAGE} {lead.monitor} {lead.number} {announcement.id.rpartition('/')[2]}"
            letter = database.insert(outbox).values(topic=MESSAGE, key=key, body=body, created=now)
            tx.execute(letter.on_conflict_do_nothing())


def _abroad(rows: Sequence[Any]) -> Abroad:
    first = rows[0]
    changes = tuple(
        Begun(row.name, Window(0, row.label, row.starts, row.ends), row.kind, tuple(str(name) for name in json.loads(row.columns)))
        for row in rows
    )
    return Abroad(
        monitor=first.monitor_id,
        name=first.name,
        number=first.number,
        opened=first.opened,
        tier=Tier(first.tier),
        told=first.told,
        causes=changes,
    )
