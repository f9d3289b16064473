"""Labels find their predictions by id: in windows that were counted before, or, where labels came first, when predictions come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import select

from driftline.services.intake import Kind
from driftline.store.rows import Parcel, joined, overlap
from driftline.store.tables import parcels, window_parcels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database
    from driftline.store.rows import Rows


@dataclass(frozen=True, slots=True)
class Matched:
    """Which labels belong where.

    Attributes:
        labels: for each new parcel of labels, how many still wait for their predictions.
        pairs: for each parcel of predictions, the parcels of labels that speak of it.
    """

    labels: dict[int, int] = field(default_factory=dict)
    pairs: dict[int, list[int]] = field(default_factory=dict)


def match(database: Database, rows: Rows, monitor: int, key: str, since: datetime) -> Matched:
    """Look for the predictions that new labels speak of, among those that came since a time."""
    mine = (parcels.c.monitor_id == monitor, parcels.c.kind == Kind.LABELS.value, parcels.c.counted.is_(None))
    with database.reading() as tx:
        fresh = [_parcel(row) for row in tx.execute(select(parcels).where(*mine).order_by(parcels.c.id))]
        if not fresh:
            return Matched()
        them = (parcels.c.monitor_id == monitor, parcels.c.kind == Kind.PREDICTIONS.value, parcels.c.counted >= since)
        counted = [_parcel(row) for row in tx.execute(select(parcels).where(*them).order_by(parcels.c.id.desc()))]
    found = Matched({parcel.id: parcel.rows for parcel in fresh})
    ids = {parcel.id: _ids(rows, [parcel], key) for parcel in fresh}
    every = pa.concat_arrays(list(ids.values()))
    for prediction in counted:
        here = _ids(rows, [prediction], key)
        if overlap(here, every):
            for label, wanted in ids.items():
                if matched := overlap(wanted, here):
                    found.pairs.setdefault(prediction.id, []).append(label)
                    found.labels[label] = max(0, found.labels[label] - matched)
        if not any(found.labels.values()):
            break
    return found


def early(database: Database, rows: Rows, monitor: int, key: str, fresh: Sequence[Parcel]) -> dict[int, int]:
    """Parcels of labels that came before these predictions, with how many of their labels speak of them."""
    waiting = (parcels.c.monitor_id == monitor, parcels.c.kind == Kind.LABELS.value, parcels.c.counted.is_not(None), parcels.c.waiting > 0)
    with database.reading() as tx:
        labels = [_parcel(row) for row in tx.execute(select(parcels).where(*waiting).order_by(parcels.c.id))]
    if not labels:
        return {}
    here = _ids(rows, fresh, key)
    found = {label.id: overlap(_ids(rows, [label], key), here) for label in labels}
    return {label: matched for label, matched in found.items() if matched}


def link(database: Database, tx: Connection, window: int, places: Iterable[tuple[int, int | None, int | None]]) -> None:
    """Remember that a window's rows, or labels, lie in a parcel."""
    for parcel, first, length in places:
        statement = database.insert(window_parcels).values(window_id=window, parcel_id=parcel, first=first, length=length)
        tx.execute(statement.on_conflict_do_nothing())


def _ids(rows: Rows, some: Sequence[Parcel], key: str) -> pa.Array:
    """The ids in some parcels."""
    table = joined([pa.Table.from_batches([batch]) for parcel in some for batch in rows.batches(parcel, (key,))])
    if key not in table.schema.names:
        return pa.array([], pa.string())
    return pa.chunked_array(table.column(key).chunks, table.column(key).type).cast(pa.string()).combine_chunks()


def _parcel(row: object) -> Parcel:
    return Parcel(*(getattr(row, name) for name in ("id", "kind", "rows", "place", "body")))
