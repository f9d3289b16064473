"""Orders of people about messages: who takes care of an incident, and what nobody is to be told of for a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from driftline.alerting.attention import Answer
from driftline.alerting.matchers import matchers
from driftline.alerting.quiet import Quiet, Silence
from driftline.alerting.signals import Tier
from driftline.errors import ConfigError, StateError
from driftline.store.tables import answers, incidents, monitors, silences
from driftline.store.trail import remember

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database


@dataclass(frozen=True, slots=True)
class Orders:
    """What people have ordered that concerns one monitor."""

    silences: tuple[Silence, ...] = ()
    answers: Mapping[int, Answer] = field(default_factory=dict)

    def quiet(self, usual: Quiet) -> Quiet:
        """What keeps messages back: what the YAML says, and the silences."""
        return replace(usual, silences=(*usual.silences, *self.silences))


def read_orders(tx: Connection, monitor: int) -> Orders:
    """What has been ordered; silences of all monitors, which matchers tell apart."""
    kept = {
        row.number: Answer(row.actor, row.at, Tier(row.tier), row.note)
        for row in tx.execute(select(answers).where(answers.c.monitor_id == monitor))
    }
    return Orders(tuple(_silence(row) for row in tx.execute(select(silences).order_by(silences.c.id))), kept)


class OrderBook:
    """Takes orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(self, ident: int, now: datetime, *, actor: str, note: str = "") -> dict[str, Any]:
        """Somebody takes care of an incident: it is not told again, unless it gets worse or is over.

        Raises:
            ConfigError: there is none.
            StateError: it is over.
        """
        wanted = select(incidents, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == incidents.c.monitor_id)
        with self._database.writing() as tx:
            row = tx.execute(wanted.where(incidents.c.id == ident)).one_or_none()
            if row is None:
                raise ConfigError(f"there is no incident {ident}", hint="driftline alerts list --all shows them")
            if row.closed is not None:
                raise StateError(f"incident {ident} is over", hint="driftline alerts list shows those that are open")
            values = {"tier": row.tier, "actor": actor, "note": note, "at": now}
            statement = self._database.insert(answers).values(monitor_id=row.monitor_id, number=row.number, **values)
            tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id", "number"], set_=values))
            remember(tx, actor, "incident.answer", row.monitor, {"incident": row.number, "note": note}, now)
        return {"id": ident, "monitor": row.monitor, "by": actor, "at": now, "note": note}

    def silence(self, text: str, starts: datetime, ends: datetime, now: datetime, *, actor: str, comment: str = "") -> int:
        """Nobody is told of what fits, for a time; the silence's number.

        Raises:
            ConfigError: the matchers cannot be read, or the time is none.
        """
        said = ", ".join(str(one) for one in matchers(text))
        if ends <= max(starts, now):
            raise ConfigError("the silence ends before it begins", hint="give it some time: --for '2 hours'")
        with self._database.writing() as tx:
            made = silences.insert().values(matchers=text, starts=starts, ends=ends, actor=actor, comment=comment)
            key = tx.execute(made).inserted_primary_key
            ident = int(key[0]) if key is not None else 0
            remember(tx, actor, "silence.make", str(ident), {"matchers": said, "until": ends.isoformat(), "comment": comment}, now)
        return ident

    def lift(self, ident: int, now: datetime, *, actor: str) -> bool:
        """End a silence; whether there was one that held or was to hold."""
        with self._database.writing() as tx:
            changed = tx.execute(silences.update().where(silences.c.id == ident, silences.c.ends > now).values(ends=now)).rowcount
            if changed:
                remember(tx, actor, "silence.lift", str(ident), {}, now)
        return bool(changed)

    def silences(self, now: datetime) -> list[dict[str, Any]]:
        """Silences that hold or will hold, the oldest first."""
        names = ("id", "matchers", "starts", "ends", "actor", "comment")
        with self._database.reading() as tx:
            rows = tx.execute(select(silences).where(silences.c.ends > now).order_by(silences.c.id)).all()
        return [{name: getattr(row, name) for name in names} for row in rows]

    def read(self, monitor: int) -> Orders:
        """What has been ordered about a monitor."""
        with self._database.reading() as tx:
            return read_orders(tx, monitor)


def _silence(row: Any) -> Silence:
    return Silence(matchers=matchers(row.matchers), starts=row.starts, ends=row.ends, by=row.actor, comment=row.comment)
