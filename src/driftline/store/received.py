"""What was received for a monitor, as files that a training can read: predictions with the labels that had come, and labels alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import func, select

from driftline.services.intake import Kind
from driftline.store.gathering import parcel_of
from driftline.store.joining import Labels, ParcelSource, types_of
from driftline.store.tables import parcels

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from driftline.store.database import Database
    from driftline.store.joining import Hashes
    from driftline.store.rows import Parcel, Rows

ROWS = "rows.parquet"
NAME = "the rows received"


def write_rows(
    database: Database, rows: Rows, monitor: int, names: tuple[str, str], at: datetime, place: Path, hashes: Hashes | None = None
) -> Path:
    """Write all predictions that had come by a time, each with its label where that had come too.

    Written once: what lies there already is taken as it is, so that whoever is interrupted goes on with the same rows.

    Args:
        database: where it is known what lies where.
        rows: where it lies.
        monitor: the monitor's number.
        names: the columns that hold ids and labels.
        at: what came later is left out.
        place: the folder of the file.
        hashes: of ids, where labels may be many.

    Returns:
        The file.
    """
    if (place / ROWS).exists():
        return place / ROWS
    draft = place.with_name(f".{place.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    known = {kind: _parcels(database, monitor, kind, at) for kind in Kind}
    key, label = names
    source = ParcelSource(NAME, rows, known[Kind.PREDICTIONS], labels=known[Kind.LABELS], key=key, label=label, hashes=hashes)
    schema = _schema(source, rows, known[Kind.PREDICTIONS])
    with pq.ParquetWriter(draft / ROWS, schema) as file:
        for batch in source.batches():
            file.write_batch(_fitting(batch, schema))
    shutil.rmtree(place, ignore_errors=True)
    draft.rename(place)
    return place / ROWS


def write_labels(database: Database, rows: Rows, monitor: int, names: tuple[str, str], at: datetime, place: Path) -> Path:
    """Write all labels that had come by a time; the file is named for the last of them, and made once."""
    with database.reading() as tx:
        mine = (parcels.c.monitor_id == monitor, parcels.c.kind == Kind.LABELS.value, parcels.c.at <= at)
        last = tx.execute(select(func.max(parcels.c.id)).where(*mine)).scalar_one() or 0
    path = place / f"labels-{last}.parquet"
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        for old in place.glob("labels-*.parquet"):
            old.unlink(missing_ok=True)
        known, (key, label) = _parcels(database, monitor, Kind.LABELS, at), names
        kind = types_of(rows, known).get(label, pa.string())
        draft = path.with_name(f".{path.name}")
        with pq.ParquetWriter(draft, pa.schema([(key, pa.string()), (label, kind)])) as file:
            for batch in Labels(rows, known, key, {label: kind}).batches():
                file.write_batch(batch)
        draft.rename(path)
    return path


def _schema(source: ParcelSource, rows: Rows, taken: list[Parcel]) -> pa.Schema:
    """All columns; one that was now of this type, now of that, is text, unless both are numbers."""
    found = {field.name: field.type for field in source.schema()}
    for parcel in taken:
        for field in rows.schema(parcel):
            kind = found[field.name]
            if field.type != kind:
                number = all(pa.types.is_integer(one) or pa.types.is_floating(one) for one in (field.type, kind))
                found[field.name] = pa.float64() if number else kind if pa.types.is_null(field.type) else pa.string()
    return pa.schema(list(found.items()))


def _fitting(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch in which every column is there, and of the type that all have together."""
    there = set(batch.schema.names)
    columns = [batch.column(field.name).cast(field.type) if field.name in there else pa.nulls(len(batch), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _parcels(database: Database, monitor: int, kind: Kind, at: datetime) -> list[Parcel]:
    wanted = (parcels.c.monitor_id == monitor, parcels.c.kind == kind.value, parcels.c.at <= at)
    with database.reading() as tx:
        return [parcel_of(row) for row in tx.execute(select(parcels).where(*wanted).order_by(parcels.c.id))]
