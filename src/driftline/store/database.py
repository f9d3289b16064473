"""The service's database: SQLite in WAL by default, PostgreSQL by URL; every write is durable when it returns."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from driftline.errors import ConfigError, OutsideError
from driftline.store.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection, Engine

    from driftline.store.roll import Roll

WAIT = 30.0
"""Seconds to wait for another writer of SQLite."""

PAGES = 8_000
"""A commit folds the log into the database when it has so many pages of 4 kB: where `driftline.store.folding` did not do it before."""

WRITES = "driftline_writes"
ALONE = "driftline_alone"
"""What is done outside of any transaction."""

ZEROS = 1 << 26
"""Bytes that are written over at a time."""


class Turns:
    """Lets threads have their turn in the order in which they came.

    SQLite has one writer at a time, and whoever waits for it looks again after ever longer sleeps, while others go first.
    """

    def __init__(self) -> None:
        self._changed = Lock()
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def next(self, patience: float = WAIT) -> Iterator[None]:
        """Wait for one's turn, and let the next have it afterwards.

        Raises:
            OutsideError: nobody before has come to an end for so many seconds.
        """
        mine = Lock()
        with self._changed:
            self._waiting.append(mine)
            mine.acquire()
            if self._waiting[0] is mine:
                mine.release()
        try:
            if not mine.acquire(timeout=patience):
                raise OutsideError(f"the database was busy for {patience:g} seconds", hint="see that its disk works, and try again")
            yield
        finally:
            with self._changed:
                first = self._waiting[0] is mine
                self._waiting.remove(mine)
                if first and self._waiting:
                    self._waiting[0].release()


class Database:
    """Transactions on one database, brought to the newest form when it is opened.

    Args:
        url: as SQLAlchemy writes it; `postgresql://` means psycopg.
        roll: of the processes that work on it from this machine; None where there is none.

    Raises:
        ConfigError: the URL names no database that we know.
        OutsideError: it does not answer.
    """

    def __init__(self, url: str, roll: Roll | None = None) -> None:
        self.roll = roll
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turns = Turns()
        with _outside(), self.engine.connect() as connection:
            upgrade(connection.execution_options(**{WRITES: True}))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: it sees one state, and waits for nobody."""
        with _outside(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it happens, durably, or nothing."""
        turn = self._turns.next() if self.is_sqlite else nullcontext()
        with turn, _outside(), self.engine.connect() as connection, connection.execution_options(**{WRITES: True}).begin():
            yield connection

    def insert(self, table: Table) -> Any:
        """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`, which both databases spell alike."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def fold(self) -> bool:
        """Fold SQLite's log into the database as far as nobody has to wait for it; whether all of it is folded.

        Raises:
            OutsideError: the disk is full, or the database is away.
        """
        with _outside(), self.engine.connect() as connection:
            alone = connection.execution_options(**{ALONE: True})
            busy, pages, folded = alone.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        return not busy and bool(pages == folded)

    def scrub(self) -> None:
        """Write over what SQLite's free pages hold of rows that are gone; its log is written over by what comes next.

        Each deletion could do that by itself, and would take ten times as long, in which nobody else can write.

        Raises:
            OutsideError: the disk is full, or the database is away.
        """
        if not self.is_sqlite:
            return
        with self.writing() as tx:
            pages, size = (tx.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("freelist_count", "page_size"))
            # A page that is written and freed in one transaction is otherwise left as it was.
            tx.exec_driver_sql("PRAGMA secure_delete=ON")
            try:
                tx.exec_driver_sql("CREATE TABLE scrubbed (zeros BLOB)")
                for first in range(0, pages * size, ZEROS):
                    tx.exec_driver_sql("INSERT INTO scrubbed VALUES (zeroblob(?))", (min(ZEROS, pages * size - first),))
                tx.exec_driver_sql("DROP TABLE scrubbed")
            finally:
                tx.exec_driver_sql("PRAGMA secure_delete=FAST")
        self.fold()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        if self.roll is not None:
            self.roll.close()


def _engine(url: str) -> Engine:
    kind = "the database"
    try:
        made = make_url(url)
        if made.drivername in {"postgres", "postgresql"}:
            made = made.set(drivername="postgresql+psycopg")
        kind = made.get_backend_name()
        if kind not in {"sqlite", "postgresql"}:
            raise ConfigError(f"the service cannot keep its state in {kind}", hint="use sqlite:///… or postgresql://…")
        engine = create_engine(made, pool_pre_ping=kind != "sqlite", pool_size=8, max_overflow=8, pool_timeout=WAIT)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(f"{url!r} is not the URL of a database", hint="use sqlite:///… or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise ConfigError(f"{kind} needs the package {error.name!r}", hint="pip install 'driftline[postgres]'") from error
    if kind == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: Any) -> None:  # noqa: ARG001  as SQLAlchemy calls it
    """SQLite as a service needs it: a log that is synced at each commit, readers beside one writer."""
    connection.isolation_level = None  # Transactions begin where we say, below.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={int(WAIT * 1000)}",
        f"wal_autocheckpoint={PAGES}",
        "foreign_keys=ON",
        # Some are built to write zeros over all that is deleted: rows that move into files would be written four times more.
        "secure_delete=FAST",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Writers queue up at the beginning: one that first reads and then writes could otherwise be refused in the middle."""
    options = connection.get_execution_options()
    if not options.get(ALONE):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")


@contextmanager
def _outside() -> Iterator[None]:
    """What the world does to a database: it is gone, its disk is full. What is wrong with a statement is our own fault."""
    try:
        yield
    except (OperationalError, InterfaceError, NoConnection) as error:
        fact = str(getattr(error, "orig", None) or error).strip().splitlines()
        raise OutsideError(
            f"the database failed: {fact[0] if fact else type(error).__name__}", hint="see that it runs, and try again"
        ) from error
