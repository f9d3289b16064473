"""Durable intake: requests that wait together are written together, so that they share one sync of the disk."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from driftline.errors import OutsideError, StateError
from driftline.services.intake import Kind, changes
from driftline.store.columns import table_of, types_of
from driftline.store.folding import Folding
from driftline.store.letters import bury, note
from driftline.store.rows import body_of, joined
from driftline.store.tables import parcels, received, stream_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy.engine import Connection

    from driftline.services.intake import Refused, Row
    from driftline.store.database import Database
    from driftline.store.rows import Rows
    from driftline.verdicts.report import Finding

MOST_TOGETHER = 50_000
"""Rows that are written at once."""

MOST_WAITING = 400_000
"""Rows that may wait; more are turned away until the disk has caught up."""

FILE_ROWS = 5_000
"""So many rows of one monitor are a file of their own; fewer lie in the database until the cycle gathers them."""

MISSED_AGAIN = 60.0
"""A column that is missing is told again after so many seconds."""

Stream = tuple[int, Kind]
"""A monitor and what is sent to it."""

Name = tuple[Stream, str]
"""What a batch is known by."""


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """What one request brought.

    `named` says that the batch's name is the sender's, who may send it again under that name.
    """

    monitor: int
    model: str
    kind: Kind
    batch: str
    digest: str
    rows: list[Row] | pa.Table
    refused: Sequence[Refused]
    at: datetime
    named: bool = True

    @property
    def size(self) -> int:
        """How many rows it has."""
        return self.rows.num_rows if isinstance(self.rows, pa.Table) else len(self.rows)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery; `repeated` if it had been received before, and was not counted again."""

    batch: str
    rows: int
    refused: int
    repeated: bool = False


class Intake:
    """A thread that writes deliveries down. What `submit` promises is kept across a power cut."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows
        self._waiting: deque[tuple[Delivery, Future[Receipt]]] = deque()
        self._rows_waiting = 0
        self._changed = Condition()
        self._closed = False
        self._columns: dict[Stream, dict[str, str]] = {}
        self._missed: dict[tuple[Stream, str], datetime] = {}
        self._folding = Folding(database)
        self._bytes = 0
        self._thread = Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows that wait to be written."""
        return self._rows_waiting

    def submit(self, delivery: Delivery) -> Future[Receipt]:
        """Hand over a delivery; the future is done when it is durable.

        Raises:
            OutsideError: too much is waiting already, or the service is stopping.
        """
        future: Future[Receipt] = Future()
        with self._changed:
            if self._closed:
                raise OutsideError("the service is stopping", hint="send it again in a few seconds")
            if self._rows_waiting + delivery.size > MOST_WAITING:
                raise OutsideError(f"{self._rows_waiting:,} rows wait to be written already", hint="send it again in a second")
            self._rows_waiting += delivery.size
            self._waiting.append((delivery, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._folding.close()

    def _run(self) -> None:
        while group := self._next():
            self._settle(group)

    def _next(self) -> list[tuple[Delivery, Future[Receipt]]]:
        """What waits, as far as it may be written at once; nothing once closed and empty."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            group: list[tuple[Delivery, Future[Receipt]]] = []
            size = 0
            while self._waiting and (not group or size + self._waiting[0][0].size <= MOST_TOGETHER):
                group.append(self._waiting.popleft())
                size += group[-1][0].size
            self._rows_waiting -= size
            return group

    def _settle(self, group: Sequence[tuple[Delivery, Future[Receipt]]]) -> None:
        """Write a group; where that fails for a reason that lies in it, each by itself, so that only the guilty one fails."""
        try:
            results = self.write([delivery for delivery, _ in group])
        except Exception as error:  # noqa: BLE001  whatever it is, those who wait must hear of it
            self._columns.clear()
            if len(group) == 1 or isinstance(error, OutsideError):
                for _, future in group:
                    future.set_exception(error)
                return
            for one in group:
                self._settle([one])
            return
        for (_, future), result in zip(group, results, strict=True):
            if isinstance(result, Receipt):
                future.set_result(result)
            else:
                future.set_exception(result)

    def write(self, deliveries: Sequence[Delivery]) -> list[Receipt | StateError]:
        """Write deliveries in one transaction, each batch once.

        Raises:
            OutsideError: the disk or the database failed; nothing was written.
        """
        try:
            known, fresh = self._write(deliveries)
        except IntegrityError:
            # Another process received one of the batches at the same moment. Now it is known.
            known, fresh = self._write(deliveries)
        self._folding.wrote(self._bytes)
        return [_result(one, fresh.get(_name(one)), known.get(_name(one))) for one in deliveries]

    def _write(self, deliveries: Sequence[Delivery]) -> tuple[dict[Name, tuple[str, int, int]], dict[Name, Delivery]]:
        """Write those that are new. A file that was written where the transaction failed is left: it may have been done after all."""
        self._bytes = 0
        with self._database.writing() as tx:
            known = self._known(tx, deliveries)
            fresh: dict[Name, Delivery] = {}
            for one in deliveries:
                if _name(one) not in known:
                    fresh.setdefault(_name(one), one)
            for stream in dict.fromkeys(stream for stream, _ in fresh):
                self._write_stream(tx, stream, [one for (of, _), one in fresh.items() if of == stream])
        return known, fresh

    def _known(self, tx: Connection, deliveries: Sequence[Delivery]) -> dict[Name, tuple[str, int, int]]:
        """Which of the batches were received before, with their digests, rows and refused rows."""
        wanted: dict[Stream, list[str]] = {}
        for one in deliveries:
            if one.named:
                wanted.setdefault((one.monitor, one.kind), []).append(one.batch)
        known = {}
        for stream, batches in wanted.items():
            monitor, kind = stream
            where = (received.c.monitor_id == monitor, received.c.kind == kind.value, received.c.batch.in_(batches))
            for row in tx.execute(select(received.c.batch, received.c.digest, received.c.rows, received.c.refused).where(*where)):
                known[stream, row.batch] = (row.digest, row.rows, row.refused)
        return known

    def _write_stream(self, tx: Connection, stream: Stream, fresh: Sequence[Delivery]) -> None:
        """Write what came for one monitor: rows, receipts, what could not be read, what is new in the columns."""
        monitor, kind = stream
        table, now = _together(fresh), max(one.at for one in fresh)
        parcel = None
        if table.num_rows:
            place, body = None, None
            if table.num_rows >= FILE_ROWS:
                place = self._rows.write(table, fresh[0].model, kind.value, now.date().isoformat())
            else:
                body = body_of(table)
                self._bytes += len(body)
            about = {"monitor_id": monitor, "kind": kind.value, "day": now.date().isoformat(), "rows": table.num_rows, "at": now}
            waiting = table.num_rows if kind is Kind.LABELS else 0
            inserted = tx.execute(parcels.insert().values(**about, place=place, body=body, waiting=waiting)).inserted_primary_key
            parcel = inserted[0] if inserted else None
            note(self._database, tx, monitor, self._changes(tx, stream, table.schema, now), now)
        tx.execute(received.insert(), [_receipt_row(one, parcel) for one in fresh])
        for one in fresh:
            bury(tx, monitor, kind.value, one.batch, one.refused, now)

    def _changes(self, tx: Connection, stream: Stream, schema: pa.Schema, now: datetime) -> list[Finding]:
        """What is new in the columns; the new columns are written down."""
        monitor, kind = stream
        if stream not in self._columns:
            where = (stream_columns.c.monitor_id == monitor, stream_columns.c.kind == kind.value)
            self._columns[stream] = {row.name: row.type for row in tx.execute(select(stream_columns).where(*where))}
        known, seen = self._columns[stream], types_of(schema)
        if known == seen:
            return []
        found, after = changes(known, seen, kind.value)
        for name, holds in after.items():
            statement = self._database.insert(stream_columns).values(monitor_id=monitor, kind=kind.value, name=name, type=holds)
            tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id", "kind", "name"], set_={"type": holds}))
            known[name] = holds
        return [one for one in found if not one.what.endswith("is missing") or self._tell_again(stream, one.what, now)]

    def _tell_again(self, stream: Stream, what: str, now: datetime) -> bool:
        """Whether it is long enough since this was told."""
        before = self._missed.get((stream, what))
        if before is not None and (now - before).total_seconds() < MISSED_AGAIN:
            return False
        self._missed[stream, what] = now
        return True


def _name(delivery: Delivery) -> Name:
    return (delivery.monitor, delivery.kind), delivery.batch


def _together(deliveries: Sequence[Delivery]) -> pa.Table:
    """The rows of several deliveries in one table, in the order in which they came: of several labels of one id the last counts."""
    tables: list[pa.Table] = []
    loose: list[Row] = []
    for one in deliveries:
        if not isinstance(one.rows, pa.Table):
            loose += one.rows
            continue
        if loose:
            tables.append(table_of(loose))
            loose = []
        if one.rows.num_rows:
            tables.append(one.rows)
    return joined([*tables, *([table_of(loose)] if loose else [])])


def _receipt_row(delivery: Delivery, parcel: int | None) -> Mapping[str, Any]:
    return {
        "monitor_id": delivery.monitor,
        "kind": delivery.kind.value,
        "batch": delivery.batch,
        "digest": delivery.digest,
        "rows": delivery.size,
        "refused": len(delivery.refused),
        "parcel_id": parcel,
        "at": delivery.at,
    }


def _result(delivery: Delivery, fresh: Delivery | None, known: tuple[str, int, int] | None) -> Receipt | StateError:
    """A receipt; an error where the name of an earlier batch was given to another."""
    digest, rows, refused = known or (delivery.digest, 0, 0)
    if fresh is not None:
        digest, rows, refused = fresh.digest, fresh.size, len(fresh.refused)
    if digest != delivery.digest:
        return StateError(f"the batch {delivery.batch!r} was received before, and was another", hint="give every batch an id of its own")
    return Receipt(delivery.batch, rows, refused, repeated=delivery is not fresh)
