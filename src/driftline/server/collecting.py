"""Collecting: the service fetches rows itself, from files that are dropped somewhere, queries and streams, each row once.

A file is a batch of a name, and so is each range of a query's watermark: fetched again after a crash, it is known and not counted twice.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import exc

from driftline.config.places import FilesPlace, QueryPlace, StreamPlace, TopicPlace
from driftline.errors import DataError, DriftlineError, OutsideError, StateError
from driftline.server.arrowbody import settle
from driftline.server.bodies import Limits, Read, keep
from driftline.server.logs import LOG
from driftline.services.intake import Kind, Unreadable, sort_rows
from driftline.sources.database import hidden_password
from driftline.sources.files import FileSource
from driftline.sources.names import TABLE
from driftline.sources.places import find
from driftline.sources.streams import Stream
from driftline.sources.topics import Message, Topic
from driftline.store.intake import Delivery, Intake
from driftline.store.leases import acquire, held
from driftline.store.letters import note
from driftline.store.watermarks import Watermark, read_watermark, taken, write_watermark
from driftline.verdicts.report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from driftline.server.service import Service
    from driftline.services.intake import Refused
    from driftline.sources.places import Place
    from driftline.sources.streams import Entry
    from driftline.store.fleet import Watched

SETTLED = timedelta(seconds=10)
"""A file that was written to so recently may not be whole."""

ROWS = 20_000
"""So many rows are taken at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Fetches rows for all monitors that say where theirs lie.

    Attributes:
        owner: who holds the leases: one fetches for a monitor at a time.
        settled: how long ago a file must have been written.
    """

    service: Service
    clock: Callable[[], datetime]
    owner: str
    settled: timedelta = SETTLED

    def round(self, resting: Collection[int] = ()) -> int:
        """Fetch what is new, but not for those that rest; how many rows. A monitor that fails keeps no other from its turn."""
        rows = 0
        for watched in self.service.fleet.mentioning("collect"):
            if watched.id in resting:
                continue
            try:
                rows += self._one(watched)
            except OutsideError as error:
                LOG.warning("rows cannot be fetched", extra={"monitor": watched.name, "why": error.fact})
            except DriftlineError as error:
                self.note(watched, error.fact, error.hint)
        return rows

    def _one(self, watched: Watched) -> int:
        said = self.service.library.specification(watched.yaml, watched.directory).collecting
        lease = acquire(self.service.database, f"collect {watched.id}", self.owner, self.clock())
        if lease is None:
            return 0
        intake = Intake(self.service.database, self.service.rows)
        try:
            with held(self.service.database, lease, self.clock):
                rows = 0
                for kind, place in ((Kind.PREDICTIONS, said.predictions), (Kind.LABELS, said.labels)):
                    taking = Taking(self, intake, watched, kind)
                    match place:
                        case FilesPlace(paths=paths):
                            rows += sum(taking.files(path) for path in paths)
                        case TopicPlace():
                            rows += taking.topic(place)
                        case StreamPlace():
                            rows += taking.stream(place)
                        case QueryPlace(database=url, query=query):
                            rows += taking.query(url, query, said.watermark or "")
                        case None:
                            continue
                return rows
        finally:
            intake.close()

    def note(self, watched: Watched, what: str, hint: str) -> None:
        """Say what a person should know."""
        with self.service.database.writing() as tx:
            note(self.service.database, tx, watched.id, [Finding(where="rows that are fetched", what=what, hint=hint)], self.clock())


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes one kind of rows for one monitor."""

    collector: Collector
    intake: Intake
    watched: Watched
    kind: Kind

    def files(self, path: str) -> int:
        """Take the files of a path or pattern that were not taken."""
        try:
            places = find(path)
        except OutsideError:
            raise
        except DataError:
            # Nothing lies there yet.
            return 0
        known = taken(self.collector.service.database, self.watched.id, self.kind.value, [_named(one) for one in places])
        return sum(self._file(place, known.get(_named(place))) for place in places)

    def _file(self, place: Place, before: str | None) -> int:
        info = place.system.get_file_info(place.path)
        now = self.collector.clock()
        if info.mtime is None or now - info.mtime.astimezone(UTC) < self.collector.settled:
            return 0
        state = f"{info.size} {info.mtime_ns}"
        if before is not None:
            if before != _digest(state):
                what = f"the file {place.name!r} changed after it was taken"
                self.collector.note(self.watched, what, "drop changed rows under another name")
            return 0
        rows = 0
        for part, batch in enumerate(FileSource(place.name, [place]).batches()):
            rows += self._table(pa.Table.from_batches([batch]), f"{_named(place)} {part}", f"{state} {part}")
        # The name alone says that all of it was taken.
        self._deliver([], [], _named(place), state)
        return rows

    def _table(self, table: pa.Table, batch: str, state: str) -> int:
        names = self.collector.service.library.naming(self.watched)
        try:
            rows, refused = settle(table, self.kind, names, self.collector.clock(), Limits().expanded)
        except Unreadable as error:
            raise DataError(str(error), hint="each column holds numbers, texts, times or truths") from error
        return self._deliver(rows, refused, batch, state)

    def query(self, url: str, query: str, column: str) -> int:
        """Take the rows of a query whose watermark is new."""
        database, monitor, kind = self.collector.service.database, self.watched.id, self.kind.value
        mark = read_watermark(database, monitor, kind)
        with _asking(url) as connection:
            # What was begun is ended first, with the same bounds.
            upto = mark.upto if mark.upto is not None else _newest(connection, query, column, mark.done)
            if upto is None:
                return 0
            begun = Watermark(mark.done, upto)
            write_watermark(database, monitor, kind, begun, self.collector.clock())
            rows, names = 0, self.collector.service.library.naming(self.watched)
            with closing(_between(connection, query, column, names.id, begun)) as parts:
                for part, some in enumerate(parts):
                    found = sort_rows([_plain(row, names.time) for row in some], self.kind, names, self.collector.clock())
                    batch = f"query {mark.done} {upto} {part}"
                    rows += self._deliver(found.rows, found.refused, batch, batch)
        write_watermark(database, monitor, kind, Watermark(upto), self.collector.clock())
        return rows

    def topic(self, place: TopicPlace) -> int:
        """Take the messages of a topic that are new. How far each partition was read is kept beside the rows, not at the brokers."""
        with Topic(place.servers, place.topic, f"driftline-{self.watched.name}", dict(place.settings)) as topic:
            return sum(self._partition(topic, partition, low, high) for partition, (low, high) in topic.ends().items())

    def _partition(self, topic: Topic, partition: int, low: int, high: int) -> int:
        """Take a partition up to its end, whose messages now have the offsets from `low` to before `high`."""
        database, monitor = self.collector.service.database, self.watched.id
        # A stream is a kind of its own: another topic begins at its beginning.
        stream, rows = f"{self.kind.value[:1]} {_digest(topic.name)[:8]} {partition}", 0
        mark = read_watermark(database, monitor, stream)
        self._tell_gap(f"partition {partition} of the topic {topic.name!r}", mark, low, high)
        while True:
            done = int(mark.done or 0)
            # What was begun is ended first, with the same bounds: the range names the batch.
            upto = int(mark.upto) if mark.upto is not None else min(high, max(done, low) + ROWS)
            if upto <= done or upto > high:
                return rows
            write_watermark(database, monitor, stream, Watermark(mark.done, upto), self.collector.clock())
            messages = topic.read(partition, max(done, low), upto)
            rows += self._messages(messages, f"topic {topic.name} {partition} {done} {upto}")
            mark = Watermark(upto)
            write_watermark(database, monitor, stream, mark, self.collector.clock())
            topic.commit({partition: upto})

    def _tell_gap(self, where: str, mark: Watermark, low: int, high: int) -> None:
        """Say where messages went before anybody read them, or a topic is not the one that was read."""
        done = int(mark.done or 0)
        if high < max(done, int(mark.upto or 0)):
            what = f"{where} ends at {high}, and was read up to {done}: it was made anew"
            self.collector.note(self.watched, what, "give the new topic another name")
        elif mark.done is not None and low > done:
            what = f"{where} begins at {low}, and was read up to {done}: what lay between was deleted"
            self.collector.note(self.watched, what, "let the brokers keep messages longer than the service may be away")

    def _messages(self, messages: Iterable[Message | Entry], batch: str) -> int:
        names = self.collector.service.library.naming(self.watched)
        items = [item(one, names.time) for one in messages if one.body is not None]
        found = sort_rows(items, self.kind, names, self.collector.clock())
        return self._deliver(found.rows, found.refused, batch, batch)

    def stream(self, place: StreamPlace) -> int:
        """Take the entries of a stream that are new. How far it was read is kept beside the rows, as with a topic."""
        database, monitor, rows = self.collector.service.database, self.watched.id, 0
        kind = f"{self.kind.value[:1]} {_digest(place.stream)[:8]} redis"
        with Stream(place.url, place.stream, f"driftline-{self.watched.name}", place.field) as stream:
            while True:
                mark = read_watermark(database, monitor, kind)
                # What was begun is ended first, with the same bounds: the range names the batch.
                entries = stream.entries(mark.done, mark.upto, ROWS)
                upto = mark.upto or (entries[-1].id if entries else None)
                if upto is None:
                    return rows
                if mark.done is not None and stream.lost_after(mark.done):
                    what = f"entries of the stream {place.stream!r} after {mark.done} were deleted before they were read"
                    self.collector.note(self.watched, what, "let the stream keep entries longer than the service may be away")
                write_watermark(database, monitor, kind, Watermark(mark.done, upto), self.collector.clock())
                rows += self._messages(entries, f"stream {place.stream} {mark.done} {upto}")
                write_watermark(database, monitor, kind, Watermark(upto), self.collector.clock())
                stream.commit(upto)

    def _deliver(self, rows: Any, refused: Sequence[Refused], batch: str, state: str) -> int:
        service = self.collector.service
        read = keep(Read(rows, list(refused)), service.library.keeping(self.watched), service.hashed)
        now = self.collector.clock()
        one = Delivery(self.watched.id, self.watched.name, self.kind, batch, _digest(state), read.rows, read.refused, now)
        (receipt,) = self.intake.write([one])
        if isinstance(receipt, StateError):
            raise receipt
        return 0 if receipt.repeated else receipt.rows


def item(message: Message | Entry, time: str) -> object:
    """The row of a message; one that says no time has that of its message.

    >>> item(Message(0, 1_700_000_000_000, b'{"id": 7}'), "ts")
    {'id': 7, 'timestamp': 1700000000000}
    """
    text = (message.body or b"").decode(errors="replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable("the message is not JSON", text)
    if isinstance(found, dict) and message.at is not None and not {"timestamp", time} & found.keys():
        found["timestamp"] = message.at
    return found


def _named(place: Place) -> str:
    return f"file {place.path}"


def _digest(state: str) -> str:
    return hashlib.blake2b(state.encode(), digest_size=16).hexdigest()


@contextmanager
def _asking(url: str) -> Iterator[sa.Connection]:
    """A connection to somebody's database; whatever goes wrong there is the world's fault."""
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection
    except (exc.SQLAlchemyError, ImportError) as error:
        said = (str(getattr(error, "orig", None) or error).strip().splitlines() or ["?"])[0]
        fact = f"{hidden_password(url)!r} does not answer: {said}"
        raise OutsideError(fact, hint="check the URL, the query and the watermark") from error


def _from(query: str) -> sa.TextClause:
    """The query, or the table, as something to select from; its colons are its own."""
    text = query.strip().rstrip(";").replace(":", "\\:")
    return sa.text(f"{text if TABLE.fullmatch(text) else f'({text})'} as q")


def _newest(connection: sa.Connection, query: str, column: str, done: Any) -> Any:
    mark: sa.ColumnClause[Any] = sa.column(column)
    wanted = sa.select(sa.func.max(mark)).select_from(_from(query))
    return connection.execute(wanted if done is None else wanted.where(mark > done)).scalar()


def _between(connection: sa.Connection, query: str, column: str, ident: str, mark: Watermark) -> Generator[list[dict[str, Any]]]:
    """The rows between two marks, in an order that stays, some at a time."""
    at: sa.ColumnClause[Any] = sa.column(column)
    wanted = sa.select(sa.text("*")).select_from(_from(query)).where(at <= mark.upto)
    if mark.done is not None:
        wanted = wanted.where(at > mark.done)
    columns = connection.execute(wanted.limit(0)).keys()
    order = [at, *([sa.column(ident)] if ident in columns else [])]
    with connection.execution_options(stream_results=True).execute(wanted.order_by(*order)) as result:
        while some := result.mappings().fetchmany(ROWS):
            yield [dict(row) for row in some]


def _plain(row: Mapping[str, Any], time: str) -> dict[str, object]:
    """A row with cells as JSON has them; the time stays a time."""
    return {name: _cell(value) if name != time else value for name, value in row.items()}


def _cell(value: Any) -> object:
    match value:
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
