"""Decisions in a database: each with all it rests on, what a person said to it, and the training it led to."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from driftline.decisions.course import Decided
from driftline.decisions.decision import Action, Consent, Moment
from driftline.decisions.record import decision_from, evidence_from, stored
from driftline.errors import ConfigError, StateError
from driftline.store.decided import decisions
from driftline.store.documents import pack, unpack
from driftline.store.layout import cut_of
from driftline.store.tables import monitors, windows
from driftline.store.trail import remember
from driftline.store.trainings import begin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database

ACTOR = "the cycle"
STILL = frozenset({Action.HOLD, Action.LOOK})
"""Actions that change nothing, so that nobody has to agree."""


class State(StrEnum):
    """What became of a decision."""

    NOTED = "noted"
    """Nothing has to be done, or nothing that driftline could do."""
    WAITS = "waits"
    """It goes ahead by itself, but not yet."""
    OPEN = "open"
    """A person has to agree."""
    AUTOMATIC = "automatic"
    APPROVED = "approved"
    OVERRIDDEN = "overridden"
    REPLACED = "replaced"
    """A newer decision came before anybody answered."""
    PAST = "past"
    """It was taken about a window that was not the newest any more."""


ANSWERS = (State.APPROVED.value, State.OVERRIDDEN.value)
PENDING = (State.OPEN.value, State.WAITS.value)
LISTED = (
    "id",
    "label",
    "number",
    "version",
    "made",
    "action",
    "rule",
    "consent",
    "begins",
    "reason",
    "state",
    "actor",
    "note",
    "instead",
    "answered",
)
"""What a list says of each."""


def write_decisions(
    database: Database, tx: Connection, monitor: int, model: str, version: int, decided: Sequence[Decided], now: datetime
) -> None:
    """Keep decisions, in the order of time; one that was made before from the same evidence is passed over.

    Only the last is about how things are now: it may go ahead by itself, and takes the place of those that nobody answered.
    """
    for made in decided:
        about = _whose(tx, monitor, made)
        if about is None:
            continue
        newest = made is decided[-1]
        values = {**about, **_values(made, State.PAST), "version": version, "made": now}
        if newest:
            values |= {"state": state_of(made).value, **_answer_before(tx, monitor, made)}
            waiting = (decisions.c.monitor_id == monitor, decisions.c.state.in_(PENDING))
            tx.execute(decisions.update().where(*waiting).values(state=State.REPLACED.value))
        key = tx.execute(decisions.insert().values(**values)).inserted_primary_key
        if values["state"] == State.AUTOMATIC.value and key is not None:
            begin(database, tx, (monitor, model), int(key[0]), made, ACTOR, now)
            remember(tx, ACTOR, "decision.automatic", model, {"decision": int(key[0]), "action": made.decision.action.value}, now)


def _whose(tx: Connection, monitor: int, made: Decided) -> dict[str, Any] | None:
    """The window that a decision is about, and its number among that window's; None where it was made before."""
    here = (windows.c.monitor_id == monitor, windows.c.label == (made.evidence.window or ""))
    window = tx.execute(select(windows.c.id, windows.c.label, windows.c.position).where(*here)).one_or_none()
    if window is None:
        return None
    before = select(decisions.c.number, decisions.c.digest).where(decisions.c.window_id == window.id)
    last = tx.execute(before.order_by(decisions.c.number.desc()).limit(1)).first()
    digest = digest_of(made)
    if last is not None and last.digest == digest:
        return None
    place = {"monitor_id": monitor, "window_id": window.id, "label": window.label, "position": window.position}
    return {**place, "number": 1 if last is None else last.number + 1, "digest": digest}


def _values(made: Decided, state: State) -> dict[str, Any]:
    decision = made.decision
    return {
        "action": decision.action.value,
        "rule": decision.rule,
        "consent": decision.consent.value,
        "begins": made.begins,
        "reason": decision.reason,
        "body": pack(stored(made.evidence, decision), finite=False),
        "state": state.value,
    }


def state_of(made: Decided) -> State:
    """How a new decision stands."""
    decision = made.decision
    if decision.action in STILL:
        return State.NOTED
    if decision.consent is Consent.ASK:
        return State.OPEN
    if decision.action is not Action.RETRAIN:
        return State.NOTED
    return State.AUTOMATIC if made.begins else State.WAITS


def digest_of(made: Decided) -> str:
    """By what a decision is known again: all but the time."""
    said = stored(made.evidence, made.decision)
    said["evidence"].pop("now")
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=32).hexdigest()


def _answer_before(tx: Connection, monitor: int, made: Decided) -> dict[str, Any]:
    """What a person has said to the same decision about the same change: nobody is asked twice, but for a training."""
    if made.decision.action in {*STILL, Action.RETRAIN}:
        return {}
    wanted = select(decisions).where(decisions.c.monitor_id == monitor, decisions.c.state.in_(ANSWERS)).order_by(decisions.c.id.desc())
    row = tx.execute(wanted.limit(1)).first()
    if row is None or (row.action, row.rule) != (made.decision.action.value, made.decision.rule):
        return {}
    if unpack(row.body)["decision"]["since"] != made.decision.since:
        return {}
    return {name: getattr(row, name) for name in ("state", "actor", "note", "instead", "answered")}


class Decisions:
    """Reads decisions, and takes what people say to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, monitor: int, *, before: int | None = None, limit: int = 100, window: str | None = None) -> list[dict[str, Any]]:
        """Decisions about a monitor, the newest first, from the one before an id."""
        wanted = select(decisions).where(decisions.c.monitor_id == monitor)
        if before is not None:
            wanted = wanted.where(decisions.c.id < before)
        if window is not None:
            wanted = wanted.where(decisions.c.label == window)
        with self._database.reading() as tx:
            return [_listed(row) for row in tx.execute(wanted.order_by(decisions.c.id.desc()).limit(limit))]

    def since(self, monitor: int, window: str, until: datetime | None = None, limit: int = 500) -> list[dict[str, Any]]:
        """Decisions about a window and those after it, the oldest first; about those that had ended by a time, where one is given."""
        first = select(windows.c.position).where(windows.c.monitor_id == monitor, windows.c.label == window).scalar_subquery()
        same = (windows.c.monitor_id == decisions.c.monitor_id) & (windows.c.label == decisions.c.label)
        wanted = (
            select(decisions, windows.c.cut).join(windows, same).where(decisions.c.monitor_id == monitor, decisions.c.position >= first)
        )
        with self._database.reading() as tx:
            rows = tx.execute(wanted.order_by(decisions.c.id)).all()
        return [_listed(row) for row in rows if until is None or _ended(row) <= until][-limit:]

    def newest(self) -> dict[int, dict[str, Any]]:
        """The last decision about each monitor."""
        last = select(func.max(decisions.c.id)).where(decisions.c.state != State.PAST.value).group_by(decisions.c.monitor_id)
        with self._database.reading() as tx:
            rows = tx.execute(select(decisions).where(decisions.c.id.in_(last))).all()
        return {row.monitor_id: _listed(row) for row in rows}

    def last(self, monitor: int) -> Decided | None:
        """The last decision about one monitor, with what it rests on; None before the first."""
        wanted = select(decisions.c.body).where(decisions.c.monitor_id == monitor, decisions.c.state != State.PAST.value)
        with self._database.reading() as tx:
            body = tx.execute(wanted.order_by(decisions.c.id.desc()).limit(1)).scalar_one_or_none()
        return None if body is None else decided_of(unpack(body))

    def pending(self, monitor: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Decisions that wait for a person, of all monitors that are watched or of one, the oldest first."""
        wanted = select(decisions, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == decisions.c.monitor_id)
        wanted = wanted.where(decisions.c.state == State.OPEN.value, monitors.c.retired.is_(None))
        if monitor is not None:
            wanted = wanted.where(decisions.c.monitor_id == monitor)
        with self._database.reading() as tx:
            return [{"monitor": row.monitor, **_listed(row)} for row in tx.execute(wanted.order_by(decisions.c.id).limit(limit))]

    def one(self, ident: int) -> dict[str, Any]:
        """One decision with all that it rests on: `evidence` and `decision`, as `driftline decide --json` writes them.

        Raises:
            ConfigError: there is none.
        """
        with self._database.reading() as tx:
            row = _row(tx, ident)
        return {"monitor": row.monitor, "monitor_id": row.monitor_id, **_listed(row), **unpack(row.body)}

    def approve(self, ident: int, now: datetime, *, actor: str, note: str) -> dict[str, Any]:
        """A person agrees: what driftline can do about it begins.

        Raises:
            ConfigError: there is none.
            StateError: nobody is asked, or somebody has answered.
        """
        return self._answer(ident, now, State.APPROVED, actor=actor, note=note, instead=None)

    def override(self, ident: int, now: datetime, *, actor: str, note: str, instead: Action) -> dict[str, Any]:
        """A person decides otherwise, and says why.

        Raises:
            ConfigError: there is none, or no reason is given.
            StateError: it is not the newest, or somebody has answered.
        """
        if not note:
            raise ConfigError("a decision is not overridden without a reason", hint="say why")
        return self._answer(ident, now, State.OVERRIDDEN, actor=actor, note=note, instead=instead)

    def begin_due(self, now: datetime) -> list[int]:
        """Begin what goes ahead by itself and has waited for its hour: quiet hours, a blackout or a cool-down are over."""
        wanted = select(decisions, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == decisions.c.monitor_id)
        wanted = wanted.where(decisions.c.state == State.WAITS.value, monitors.c.retired.is_(None))
        with self._database.reading() as tx:
            due = [(row, made) for row in tx.execute(wanted).all() if _due(made := decided_of(unpack(row.body)), now)]
        return [row.id for row, made in due if self._begun(row, made, now)]

    def _begun(self, row: Any, made: Decided, now: datetime) -> bool:
        """Begin one, unless a newer decision came or a person has answered meanwhile."""
        with self._database.writing() as tx:
            same = (decisions.c.id == row.id, decisions.c.state == State.WAITS.value)
            if tx.execute(decisions.update().where(*same).values(state=State.AUTOMATIC.value, begins=True)).rowcount != 1:
                return False
            begin(self._database, tx, (row.monitor_id, row.monitor), row.id, made, ACTOR, now)
            remember(tx, ACTOR, "decision.automatic", row.monitor, {"decision": row.id, "action": made.decision.action.value}, now)
        return True

    def noted(self, actor: str, action: str, subject: str, detail: Mapping[str, object], now: datetime) -> None:
        """Write into the trail what a person did that is kept elsewhere."""
        with self._database.writing() as tx:
            remember(tx, actor, action, subject, detail, now)

    def _answer(self, ident: int, now: datetime, state: State, *, actor: str, note: str, instead: Action | None) -> dict[str, Any]:
        with self._database.writing() as tx:
            row = _row(tx, ident)
            _refuse(row, state)
            values = {"state": state.value, "actor": actor, "note": note, "answered": now, "instead": instead.value if instead else None}
            same = (decisions.c.id == ident, decisions.c.state == row.state)
            if tx.execute(decisions.update().where(*same).values(**values)).rowcount != 1:
                raise StateError(f"decision {ident} was answered by somebody else meanwhile", hint="load it again")
            made = decided_of(unpack(row.body))
            about = {"decision": ident, "window": row.label, "action": row.action, "note": note}
            verb = "approve" if state is State.APPROVED else "override"
            remember(tx, actor, f"decision.{verb}", row.monitor, {**about, "instead": values["instead"]}, now)
            if (instead or made.decision.action) is Action.RETRAIN:
                begin(self._database, tx, (row.monitor_id, row.monitor), ident, made, actor, now)
        return self.one(ident)


def decided_of(said: Mapping[str, Any]) -> Decided:
    """Read what was kept of a decision."""
    return Decided(evidence_from(said["evidence"]), decision_from(said["decision"]))


def _due(made: Decided, now: datetime) -> bool:
    """Whether the hour has come that a decision waits for."""
    when = made.decision.when
    return when.moment is Moment.TIME and when.at is not None and when.at <= now


def _ended(row: Any) -> datetime:
    """When the window was over that a decision is about: long before it was made, where the past is judged."""
    end = cut_of(row).end
    made: datetime = row.made
    return end if isinstance(end, datetime) else made


def _refuse(row: Any, state: State) -> None:
    allowed = {State.OPEN.value, State.WAITS.value} if state is State.APPROVED else {*PENDING, State.NOTED.value}
    if row.state in allowed:
        return
    said = {
        State.NOTED.value: "asks nobody",
        State.PAST.value: "is about a window that was not the newest any more",
        State.REPLACED.value: "was replaced by a newer one",
        State.AUTOMATIC.value: "went ahead by itself",
    }.get(row.state, f"was {row.state} by {row.actor}")
    raise StateError(f"decision {row.id} {said}", hint="look at the newest decision")


def _row(tx: Connection, ident: int) -> Any:
    wanted = select(decisions, monitors.c.name.label("monitor")).join(monitors, monitors.c.id == decisions.c.monitor_id)
    row = tx.execute(wanted.where(decisions.c.id == ident)).one_or_none()
    if row is None:
        raise ConfigError(f"there is no decision {ident}", hint="look at the decisions of its monitor")
    return row


def _listed(row: Any) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in LISTED}
    kept["window"] = kept.pop("label")
    return kept
