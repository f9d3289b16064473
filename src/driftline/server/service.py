"""The service, put together: database, rows, monitors, tokens, and what was learnt; the faces and workers share one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, DriftlineError
from driftline.reports.reading import window_of
from driftline.server.figures import Figures
from driftline.server.gallery import Gallery
from driftline.server.learning import Library
from driftline.services.keeping import keyed
from driftline.sources.places import bucket
from driftline.store.board import Board
from driftline.store.database import Database
from driftline.store.decisions import Decisions
from driftline.store.depot import Bucket
from driftline.store.fleet import Fleet
from driftline.store.incidents import Incidents
from driftline.store.orders import OrderBook
from driftline.store.recall import Recall
from driftline.store.roll import Roll
from driftline.store.rows import Rows
from driftline.store.tokens import Tokens
from driftline.store.trainings import Trainings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from driftline.store.fleet import Watched

DATABASE = "driftline.db"
KEY = "hash.key"
ROLL = "processes"
REMOTE = "://"
HERE = Path("driftline-data")
"""Where everything lies where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that the service keeps.

    Paths in YAML that came over HTTP begin at `uploads`, and it may not refer to the environment: whoever sent it may
    not read the service's secrets.
    """

    database: Database
    rows: Rows
    fleet: Fleet
    tokens: Tokens
    library: Library
    board: Board
    incidents: Incidents
    gallery: Gallery
    orders: OrderBook
    recall: Recall
    decisions: Decisions
    trainings: Trainings
    figures: Figures
    uploads: Path
    hashed: Callable[[object], str | None]

    def watch(self, yaml: str, directory: str, now: datetime, *, actor: str, name: str | None = None) -> Watched:
        """Create a monitor from its YAML, or give it a new version.

        Raises:
            ConfigError: the YAML is wrong, or names another monitor.
        """
        said = self.library.specification(yaml, directory).monitor.name
        if name is not None and said not in {"monitor", name}:
            raise ConfigError(
                f"the YAML is of the monitor {said!r}, not of {name!r}", hint="send it under its own name, or change it there"
            )
        return self.fleet.put(name or said, yaml, directory, now, actor=actor)

    def watch_directory(self, directory: Path, now: datetime, *, actor: str) -> list[str]:
        """Create or update a monitor for each YAML file of a directory; what is wrong, file by file."""
        wrong = []
        for path in sorted([*directory.glob("*.yaml"), *directory.glob("*.yml")]):
            try:
                yaml, home = path.read_text(encoding="utf-8"), str(path.parent.resolve())
                said = self.library.specification(yaml, home).monitor.name
                self.watch(yaml, home, now, actor=actor, name=path.stem if said == "monitor" else said)
            except (DriftlineError, OSError, UnicodeDecodeError) as error:
                wrong.append(f"{path}: {error}")
        return wrong

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_service(data: Path | str, url: str | None = None) -> Service:
    """Open the service's store.

    Args:
        data: the directory where rows and references lie, and the database where no other is named; or the URL of a place in an
            object store, where rows lie, while the little that is left lies in the usual directory.
        url: the database; SQLite in the data directory for None.

    Raises:
        ConfigError: the URL names no database that we know.
        OutsideError: the database does not answer.
    """
    rows, data = _rows(str(data)), HERE if REMOTE in str(data) else Path(data)
    data.mkdir(parents=True, exist_ok=True)
    database = Database(url or f"sqlite:///{data.resolve() / DATABASE}", Roll(data / ROLL))
    fleet = Fleet(database)
    uploads = data.resolve() / "uploads"
    library = Library(fleet, data / "references", uploads)
    return Service(
        database,
        rows or Rows(data / "rows"),
        fleet,
        Tokens(database),
        library,
        Board(database),
        Incidents(database),
        Gallery(database, library),
        OrderBook(database),
        Recall(database, window_of),
        Decisions(database),
        Trainings(database),
        Figures(library),
        uploads,
        keyed(_secret(data / KEY)),
    )


def _rows(place: str) -> Rows | None:
    """Rows in an object store; None where they lie in a directory."""
    if REMOTE not in place:
        return None
    system, prefix = bucket(place)
    return Rows(Bucket(system, prefix, place.rstrip("/")))


def _secret(place: Path) -> bytes:
    """The key of this service's hashes, made when it is first needed; whoever has it can guess what was hashed."""
    if not place.exists():
        made = place.with_name(f".{place.name}-{secrets.token_hex(4)}")
        made.touch(mode=0o600)
        made.write_bytes(secrets.token_bytes(32))
        try:
            # A link, unlike a renaming, does not replace what another process has made meanwhile.
            place.hardlink_to(made)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return place.read_bytes()
