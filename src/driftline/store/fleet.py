"""The monitors that a service watches, each with the versions of its YAML."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from driftline.errors import ConfigError, StateError, near_miss
from driftline.store.tables import monitors, versions, windows
from driftline.store.trail import remember

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A monitor and its newest version.

    Attributes:
        id: by which everything that was counted is found, whatever the monitor is called.
        name: what it is called, and what rows are sent to.
        version: the number of the newest YAML, from 1.
        yaml: that YAML.
        directory: where relative paths in it begin.
        way: the fingerprint of how it counts; None until its reference was learnt.
        reference: where the reference's counts lie.
        problem: why nothing could be learnt; None where it could, or has not been tried.
        tried: when that was tried last.
    """

    id: int
    name: str
    version: int
    created: datetime
    retired: datetime | None
    yaml: str
    directory: str
    way: str | None
    reference: str | None
    problem: str | None
    tried: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a monitor's YAML."""

    version: int
    yaml: str
    author: str
    created: datetime
    problem: str | None


class Fleet:
    """The monitors in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, name: str, yaml: str, directory: str, now: datetime, *, actor: str) -> Watched:
        """Create a monitor, or give it a new version; the same YAML again changes nothing.

        Raises:
            StateError: somebody else changed it at the same moment.
        """
        digest = hashlib.sha256(f"{directory}\n{yaml}".encode()).hexdigest()
        try:
            with self._database.writing() as tx:
                known = tx.execute(_watched().where(monitors.c.name == name)).one_or_none()
                if known is None:
                    added = tx.execute(monitors.insert().values(name=name, version=1, created=now)).inserted_primary_key
                    ident, version = (added[0] if added else 0), 1
                elif known.digest == digest and known.retired is None:
                    return _of(known)
                else:
                    ident, version = known.id, known.version + 1
                    tx.execute(monitors.update().where(monitors.c.id == ident).values(version=version, retired=None))
                about = {"yaml": yaml, "directory": directory, "digest": digest, "author": actor, "created": now}
                tx.execute(versions.insert().values(monitor_id=ident, version=version, **about))
                remember(tx, actor, "monitor.put", name, {"version": version}, now)
                return _of(tx.execute(_watched().where(monitors.c.id == ident)).one())
        except IntegrityError as error:
            raise StateError(f"the monitor {name!r} was changed by somebody else at the same moment", hint="try again") from error

    def find(self, name: str) -> Watched:
        """The monitor of that name.

        Raises:
            ConfigError: there is none.
        """
        with self._database.reading() as tx:
            row = tx.execute(_watched().where(monitors.c.name == name, monitors.c.retired.is_(None))).one_or_none()
            if row is not None:
                return _of(row)
            names = tx.execute(select(monitors.c.name).where(monitors.c.retired.is_(None)).limit(1000)).scalars().all()
        hint = near_miss(name, names) if names else "create one: PUT /v1/monitors/NAME, or driftline serve --monitors DIRECTORY"
        raise ConfigError(f"there is no monitor {name!r}", hint=hint)

    def by_id(self, ident: int) -> Watched:
        """The monitor of that number."""
        with self._database.reading() as tx:
            return _of(tx.execute(_watched().where(monitors.c.id == ident)).one())

    def page(self, *, after: str = "", limit: int = 100, search: str = "") -> list[Watched]:
        """Monitors by name, from the one that follows `after`; those whose name contains `search`."""
        wanted = _watched().where(monitors.c.retired.is_(None), monitors.c.name > after)
        if search:
            wanted = wanted.where(monitors.c.name.contains(search, autoescape=True))
        with self._database.reading() as tx:
            return [_of(row) for row in tx.execute(wanted.order_by(monitors.c.name).limit(limit))]

    def mentioning(self, word: str) -> list[Watched]:
        """Monitors whose newest YAML has a word: reading the YAML of a thousand monitors takes seconds."""
        wanted = _watched().where(monitors.c.retired.is_(None), versions.c.yaml.contains(word, autoescape=True))
        with self._database.reading() as tx:
            return [_of(row) for row in tx.execute(wanted.order_by(monitors.c.name))]

    def history(self, ident: int) -> list[Version]:
        """All versions of a monitor, the newest first."""
        wanted = select(versions).where(versions.c.monitor_id == ident).order_by(versions.c.version.desc())
        names = ("version", "yaml", "author", "created", "problem")
        with self._database.reading() as tx:
            return [Version(**{name: getattr(row, name) for name in names}) for row in tx.execute(wanted)]

    def rename(self, ident: int, name: str, now: datetime, *, actor: str) -> None:
        """Call a monitor otherwise; what was counted stays with it.

        Raises:
            StateError: another has that name.
        """
        try:
            with self._database.writing() as tx:
                before = tx.execute(select(monitors.c.name).where(monitors.c.id == ident)).scalar_one()
                tx.execute(monitors.update().where(monitors.c.id == ident).values(name=name))
                remember(tx, actor, "monitor.rename", before, {"name": name}, now)
        except IntegrityError as error:
            raise StateError(f"there is a monitor {name!r} already, or was", hint="choose another name") from error

    def retire(self, ident: int, now: datetime, *, actor: str) -> None:
        """Stop watching; what was counted is kept."""
        with self._database.writing() as tx:
            name = tx.execute(select(monitors.c.name).where(monitors.c.id == ident)).scalar_one()
            tx.execute(monitors.update().where(monitors.c.id == ident).values(retired=now))
            remember(tx, actor, "monitor.retire", name, {}, now)

    def learnt(self, ident: int, version: int, way: str, reference: str, now: datetime) -> None:
        """Keep what was learnt from a version's reference; windows that nobody has judged are counted anew if the bins are others."""
        with self._database.writing() as tx:
            self._version(tx, ident, version, way=way, reference=reference, problem=None, tried=now)
            open_ones = (windows.c.monitor_id == ident, windows.c.judged.is_(None), windows.c.way != way, windows.c.sealed.is_(False))
            tx.execute(windows.update().where(*open_ones).values(stale=True))

    def failed(self, ident: int, version: int, problem: str, now: datetime) -> None:
        """Keep why nothing could be learnt."""
        with self._database.writing() as tx:
            self._version(tx, ident, version, problem=problem, tried=now)

    def _version(self, tx: Connection, ident: int, version: int, **values: Any) -> None:
        tx.execute(versions.update().where(versions.c.monitor_id == ident, versions.c.version == version).values(**values))


def _watched() -> Any:
    """Monitors with their newest version."""
    newest = (versions.c.monitor_id == monitors.c.id) & (versions.c.version == monitors.c.version)
    own = [versions.c[name] for name in ("yaml", "directory", "way", "reference", "problem", "tried", "digest")]
    return select(monitors, *own).join(versions, newest)


def _of(row: Any) -> Watched:
    return Watched(**{name: getattr(row, name) for name in Watched.__slots__})
