"""Trainings in a database: begun with the decision that asks for them, one at a time for each model, from request to outcome."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from driftline.store.decided import trainings
from driftline.store.tables import monitors, outbox
from driftline.store.trail import remember

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.decisions.course import Decided
    from driftline.store.database import Database

TRAINING = "training"
"""The topic of letters that ask for a training."""


class Stage(StrEnum):
    """How far a training is."""

    WAITING = "waiting"
    TRAINING = "training"
    PROVING = "proving"
    PROVED = "proved"
    """The challenger passed the gate, and a person has to begin the rollout."""
    RELEASING = "releasing"
    RELEASED = "released"
    REFUSED = "refused"
    """The challenger did not pass the gate."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    TAKEN_BACK = "taken back"


OVER = frozenset({Stage.RELEASED, Stage.REFUSED, Stage.FAILED, Stage.CANCELLED, Stage.TAKEN_BACK})
PLACE = ("id", "monitor_id", "decision_id", "began", "actor", "since")
LISTED = (*PLACE, "state", "sentence", "run", "challenger", "deployed", "stopping", "changed")


def begin(database: Database, tx: Connection, whose: tuple[int, str], decision: int, made: Decided, actor: str, now: datetime) -> None:
    """Ask for a training, once for each decision: whoever brings letters lets it run.

    Args:
        database: where it is written.
        tx: the transaction that decides it.
        whose: the monitor's number and name.
        decision: the decision's number.
        made: the decision with what it rests on.
        actor: who agrees.
        now: labels that come later are not known to it.
    """
    monitor, name = whose
    kept_out = dict.fromkeys((*made.decision.how.keep_out, *made.evidence.polluted), "the decision keeps it out")
    request = {"reason": f"{made.decision.reason} (agreed by {actor})", "excluded": kept_out}
    request |= {"sampling": made.decision.how.sampling, "changed": made.decision.how.since or ""}
    values = {"monitor_id": monitor, "decision_id": decision, "began": now, "actor": actor, "since": made.decision.since or ""}
    values |= {"request": json.dumps(request, ensure_ascii=False), "state": Stage.WAITING.value, "sentence": "it waits for its turn"}
    made_now = database.insert(trainings).values(**values, run="", challenger="", changed=now).on_conflict_do_nothing()
    tx.execute(made_now)
    body = json.dumps({"monitor": name, "decision": decision}, ensure_ascii=False)
    letter = database.insert(outbox).values(topic=TRAINING, key=f"{TRAINING} {decision}", body=body, created=now)
    tx.execute(letter.on_conflict_do_nothing())


class Trainings:
    """Reads trainings, and writes how far they are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, monitor: int, limit: int = 50) -> list[dict[str, Any]]:
        """Trainings of a monitor, the newest first."""
        with self._database.reading() as tx:
            rows = tx.execute(select(trainings).where(trainings.c.monitor_id == monitor).order_by(trainings.c.id.desc()).limit(limit))
            return [_listed(row) for row in rows]

    def by_decision(self, decision: int) -> dict[str, Any] | None:
        """The training that a decision led to; None where it led to none."""
        with self._database.reading() as tx:
            row = tx.execute(select(trainings).where(trainings.c.decision_id == decision)).one_or_none()
        return None if row is None else _listed(row)

    def releasing(self) -> list[tuple[str, dict[str, Any]]]:
        """Names of monitors with trainings whose challengers are being released, or were and are still watched."""
        stages = (Stage.RELEASING.value, Stage.RELEASED.value)
        wanted = select(trainings, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == trainings.c.monitor_id)
        wanted = wanted.where(trainings.c.state.in_(stages), monitors.c.retired.is_(None)).order_by(trainings.c.id)
        with self._database.reading() as tx:
            return [(row.monitor, _listed(row)) for row in tx.execute(wanted)]

    def latest(self) -> dict[int, dict[str, Any]]:
        """How far the last training of each monitor is."""
        with self._database.reading() as tx:
            last = select(func.max(trainings.c.id)).group_by(trainings.c.monitor_id)
            rows = tx.execute(select(trainings).where(trainings.c.id.in_(last))).all()
        return {row.monitor_id: _listed(row) for row in rows}

    def advance(self, ident: int, now: datetime, stage: Stage, sentence: str, **known: Any) -> None:
        """Write down how far it is, and that in the trail."""
        for name in ("proof", "rollout"):
            if name in known:
                known[name] = json.dumps(known[name], ensure_ascii=False)
        joined = select(trainings.c.decision_id, monitors.c.name).join(monitors, monitors.c.id == trainings.c.monitor_id)
        with self._database.writing() as tx:
            values = {"state": stage.value, "sentence": sentence, "changed": now}
            tx.execute(trainings.update().where(trainings.c.id == ident).values(**values, **known))
            row = tx.execute(joined.where(trainings.c.id == ident)).one()
            about: Mapping[str, object] = {"training": ident, "decision": row.decision_id, "sentence": sentence}
            remember(tx, "the trainer", f"training.{stage.value}", row.name, about, now)

    def stop(self, ident: int, now: datetime, *, actor: str) -> bool:
        """Ask a training to end; whether there was one that could."""
        open_ones = (trainings.c.state.in_((Stage.WAITING.value, Stage.TRAINING.value)), trainings.c.id == ident)
        with self._database.writing() as tx:
            changed = tx.execute(trainings.update().where(*open_ones).values(stopping=True, changed=now)).rowcount
            if changed:
                joined = select(monitors.c.name).join(trainings, monitors.c.id == trainings.c.monitor_id)
                name = tx.execute(joined.where(trainings.c.id == ident)).scalar_one()
                remember(tx, actor, "training.cancel", name, {"training": ident}, now)
        return bool(changed)


def _listed(row: Any) -> dict[str, Any]:
    read = {name: json.loads(getattr(row, name)) if getattr(row, name) else None for name in ("request", "proof", "rollout")}
    return {**{name: getattr(row, name) for name in LISTED}, **read}
