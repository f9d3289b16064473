"""Labels find their predictions by id: in windows that were counted before, or, where labels came first, when predictions come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import select

from driftline.services.intake import Kind
from driftline.store.joining import blocks, ids_of
from driftline.store.rows import Parcel, overlap
from driftline.store.tables import parcels, window_parcels, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database
    from driftline.store.rows import Rows

AT_ONCE = 200_000
"""New labels whose predictions are looked for together; at least those of one parcel."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Which labels belong where.

    Attributes:
        labels: for each new parcel of labels, how many still wait for their predictions.
        pairs: for each parcel of predictions, the parcels of labels that speak of it.
    """

    labels: dict[int, int] = field(default_factory=dict)
    pairs: dict[int, list[int]] = field(default_factory=dict)


def match(database: Database, rows: Rows, monitor: int, key: str, since: datetime, upto: int | None = None) -> Matched:
    """Look for the predictions that new labels speak of, among those that came since a time.

    Some of the new labels at a time, the oldest first: of all parcels, or of the files up to a number.
    """
    mine = [parcels.c.monitor_id == monitor, parcels.c.kind == Kind.LABELS.value, parcels.c.counted.is_(None)]
    if upto is not None:
        mine += [parcels.c.body.is_(None), parcels.c.id <= upto]
    with database.reading() as tx:
        waiting = [_parcel(row) for row in tx.execute(select(parcels).where(*mine).order_by(parcels.c.id))]
        if not waiting:
            return Matched()
        fresh = next(blocks(waiting, AT_ONCE))
        them = (parcels.c.monitor_id == monitor, parcels.c.kind == Kind.PREDICTIONS.value, parcels.c.counted >= since)
        counted = [_parcel(row) for row in tx.execute(select(parcels).where(*them).order_by(parcels.c.id.desc()))]
    found = Matched({parcel.id: parcel.rows for parcel in fresh})
    ids = {parcel.id: ids_of(rows, [parcel], key) for parcel in fresh}
    every = pa.concat_arrays(list(ids.values()))
    for prediction in counted:
        here = ids_of(rows, [prediction], key)
        if overlap(here, every):
            for label, wanted in ids.items():
                if matched := overlap(wanted, here):
                    found.pairs.setdefault(prediction.id, []).append(label)
                    found.labels[label] = max(0, found.labels[label] - matched)
        if not any(found.labels.values()):
            break
    return found


def settle(database: Database, tx: Connection, found: Matched, now: datetime) -> None:
    """Remember in which windows labels are wanted; those must be counted again."""
    for label, waiting in found.labels.items():
        tx.execute(parcels.update().where(parcels.c.id == label).values(counted=now, waiting=waiting))
    touched = set()
    for prediction, labels in found.pairs.items():
        for ident in tx.execute(select(window_parcels.c.window_id).where(window_parcels.c.parcel_id == prediction)).scalars():
            link(database, tx, ident, [(label, None, None) for label in labels])
            touched.add(ident)
    changed = {"stale": True, "revision": windows.c.revision + 1, "changed": now}
    tx.execute(windows.update().where(windows.c.id.in_(touched), windows.c.sealed.is_(False)).values(**changed))


def early(database: Database, rows: Rows, monitor: int, key: str, fresh: Sequence[Parcel]) -> dict[int, int]:
    """Parcels of labels that came before these predictions, with how many of their labels speak of them."""
    waiting = (parcels.c.monitor_id == monitor, parcels.c.kind == Kind.LABELS.value, parcels.c.counted.is_not(None), parcels.c.waiting > 0)
    with database.reading() as tx:
        labels = [_parcel(row) for row in tx.execute(select(parcels).where(*waiting).order_by(parcels.c.id))]
    if not labels:
        return {}
    here = ids_of(rows, fresh, key)
    found = {label.id: overlap(ids_of(rows, [label], key), here) for label in labels}
    return {label: matched for label, matched in found.items() if matched}


def link(database: Database, tx: Connection, window: int, places: Iterable[tuple[int, int | None, int | None]]) -> None:
    """Remember that a window's rows, or labels, lie in a parcel."""
    for parcel, first, length in places:
        statement = database.insert(window_parcels).values(window_id=window, parcel_id=parcel, first=first, length=length)
        tx.execute(statement.on_conflict_do_nothing())


def _parcel(row: object) -> Parcel:
    return Parcel(*(getattr(row, name) for name in ("id", "kind", "rows", "place", "body")))
