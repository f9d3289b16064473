"""Lateness: how late each window's labels came, and when a window is judged again for no other reason than its age."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from driftline.performance.early import Cohort, learn_cohorts
from driftline.performance.maturity import AGES
from driftline.store.tables import lateness, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection

    from driftline.performance.maturity import Delays
    from driftline.store.database import Database

MOST = 2_000
"""Delays are learnt from so many of the newest windows."""


def keep_came(database: Database, tx: Connection, monitor: int, window: int, came: NDArray[np.int64] | None) -> None:
    """Keep how late a window's labels came; None where that tells nothing."""
    values = {"came": "" if came is None else _written(came)}
    statement = database.insert(lateness).values(window_id=window, monitor_id=monitor, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["window_id"], set_=values))


def keep_ripens(database: Database, tx: Connection, monitor: int, window: int, ripens: datetime | None) -> None:
    """Keep when a window is to be judged again although nothing has come."""
    statement = database.insert(lateness).values(window_id=window, monitor_id=monitor, ripens=ripens)
    tx.execute(statement.on_conflict_do_update(index_elements=["window_id"], set_={"ripens": ripens}))


def ripen(tx: Connection, monitor: int, now: datetime) -> None:
    """Windows that have come of age have to be judged again."""
    due = tx.execute(select(lateness.c.window_id).where(lateness.c.monitor_id == monitor, lateness.c.ripens <= now)).scalars().all()
    if due:
        tx.execute(windows.update().where(windows.c.id.in_(due)).values(revision=windows.c.revision + 1, changed=now))
        tx.execute(lateness.update().where(lateness.c.window_id.in_(due)).values(ripens=None))


def any_ripe(tx: Connection, monitor: int, now: datetime) -> bool:
    """Whether some window has come of age."""
    wanted = select(lateness.c.window_id).where(lateness.c.monitor_id == monitor, lateness.c.ripens <= now).limit(1)
    return tx.execute(wanted).first() is not None


def read_delays(tx: Connection, monitor: int, way: str, now: datetime) -> Delays | None:
    """How late labels come, as the newest windows tell; None where too little is known."""
    columns = (windows.c.ends, windows.c.cut, windows.c.rows, lateness.c.came)
    mine = (windows.c.monitor_id == monitor, windows.c.way == way, windows.c.ends.is_not(None), windows.c.rows > 0)
    joined = select(*columns).join(lateness, lateness.c.window_id == windows.c.id, isouter=True)
    rows = tx.execute(joined.where(*mine).order_by(windows.c.position.desc()).limit(MOST)).all()
    told = [row for row in rows if row.came]
    if not told:
        return None
    sorts = len(json.loads(told[0].came))
    cohorts = []
    for row in rows:
        if row.came == "":
            continue
        start = datetime.fromisoformat(json.loads(row.cut)["start"])
        cohorts.append(Cohort(start.timestamp(), row.ends.timestamp(), row.rows, _read(row.came, sorts)))
    return learn_cohorts(cohorts, now.timestamp())


def delays_of(database: Database, monitor: int, now: datetime) -> Delays | None:
    """How late a monitor's labels come, by its windows as they are counted now; None where too little is known."""
    newest = select(windows.c.way).where(windows.c.monitor_id == monitor).order_by(windows.c.position.desc()).limit(1)
    with database.reading() as tx:
        way = tx.execute(newest).scalar_one_or_none()
        return None if way is None else read_delays(tx, monitor, way, now)


def _written(came: NDArray[np.int64]) -> str:
    return json.dumps([{str(place): int(row[place]) for place in np.flatnonzero(row)} for row in came])


def _read(text: str | None, sorts: int) -> NDArray[np.int64]:
    found = np.zeros((sorts, AGES.size), dtype=np.int64)
    for sort, counts in zip(range(sorts), json.loads(text) if text else [], strict=False):
        for place, many in counts.items():
            found[sort, int(place)] = many
    return found
