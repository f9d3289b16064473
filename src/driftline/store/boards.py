"""Boards of alerts: what alerting knows of each monitor, kept with the verdicts it comes from, and the letters that must leave."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from driftline.alerting.alert import Firing, Heard, Inactive, Pending
from driftline.alerting.announcement import to_dict
from driftline.alerting.incident import Board, Incident, Talk
from driftline.alerting.priority import Cost
from driftline.alerting.signals import Signal, Tier
from driftline.store.tables import alerts, boards, incidents, outbox
from driftline.store.trail import remember
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from driftline.alerting.alert import State
    from driftline.alerting.message import Message
    from driftline.services.handoff import Handed, Told
    from driftline.store.database import Database

    Key = tuple[str, str, str]

SCHEMA = 1
MESSAGE = "message"
"""The topic of letters that people read."""

ACTOR = "the cycle"


def read_board(tx: Connection, monitor: int) -> Board:
    """What is known of a monitor; nothing yet for a new one."""
    body = tx.execute(select(boards.c.body).where(boards.c.monitor_id == monitor)).scalar_one_or_none()
    return Board() if body is None else board_of(json.loads(zlib.decompress(body)))


def write_board(database: Database, tx: Connection, monitor: int, name: str, handed: Handed, now: datetime) -> None:
    """Keep what came of a hand-off: the board, its alerts and incidents as people look at them, letters, the trail."""
    body = zlib.compress(json.dumps(board_to_dict(handed.board), ensure_ascii=False).encode(), 1)
    values = {"body": body, "changed": now}
    statement = database.insert(boards).values(monitor_id=monitor, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id"], set_=values))
    _write_alerts(tx, monitor, handed.board, now)
    for incident, message in handed.changed:
        _write_incident(database, tx, monitor, incident, message, now)
    for told in handed.told:
        _write_letter(database, tx, monitor, told, now)
        about = {"incident": told.notice.incident.number, "window": told.notice.window, "subject": told.announcement.subject}
        remember(tx, ACTOR, f"incident.{told.notice.news.value}", name, about | {"why": told.notice.why}, now)
    for kept in handed.kept:
        remember(tx, ACTOR, "incident.kept", name, {"incident": kept.incident.number, "news": kept.event.value, "why": kept.why}, now)


def _write_alerts(tx: Connection, monitor: int, board: Board, now: datetime) -> None:
    """The alerts that wait or fire, each once; those that do no more are gone."""
    tx.execute(alerts.delete().where(alerts.c.monitor_id == monitor))
    whose = {key: (one.number, one.members[key]) for one in board.open for key in one.members}
    rows = []
    for (segment, kind, name), state in board.alerts.items():
        if isinstance(state, Inactive):
            continue
        number, signal = whose.get((segment, kind, name), (None, None))
        rows.append(
            {
                "monitor_id": monitor,
                "segment": segment,
                "kind": kind,
                "name": name,
                "state": "firing" if isinstance(state, Firing) else "pending",
                "since": state.since,
                "fired": state.fired if isinstance(state, Firing) else None,
                "incident": number,
                "tier": int(signal.tier) if signal else 0,
                "concern": signal.concern.value if signal else "",
                "sentence": signal.sentence if signal else "",
                "changed": now,
            }
        )
    if rows:
        tx.execute(alerts.insert(), rows)


def _write_incident(database: Database, tx: Connection, monitor: int, incident: Incident, message: Message, now: datetime) -> None:
    values = {
        "window": incident.window,
        "opened": incident.opened,
        "closed": incident.closed,
        "tier": int(incident.tier),
        "subject": message.subject,
        "body": message.body,
        "members": json.dumps([_member(one) for one in incident.ranked], ensure_ascii=False),
        "changed": now,
    }
    statement = database.insert(incidents).values(monitor_id=monitor, number=incident.number, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id", "number"], set_=values))


def _write_letter(database: Database, tx: Connection, monitor: int, told: Told, now: datetime) -> None:
    incident = told.notice.incident
    # Its number tells an incident from every other of the monitor; the last number, its messages from each other.
    key = f"{MESSAGE} {monitor} {incident.number} {incident.talk.times}"
    body = {
        **to_dict(told.announcement),
        "incident": incident.number,
        "opened": incident.opened.isoformat(),
        "closed": incident.closed.isoformat() if incident.closed else None,
        "members": [_member(one) for one in incident.ranked],
    }
    text = json.dumps(body, ensure_ascii=False)
    statement = database.insert(outbox).values(topic=MESSAGE, key=key, body=text, created=now)
    tx.execute(statement.on_conflict_do_nothing())


def _member(signal: Signal) -> dict[str, object]:
    segment, kind, _ = signal.key
    return {
        "name": signal.name,
        "kind": kind,
        "segment": segment,
        "concern": signal.concern.value,
        "tier": signal.tier.name.lower(),
        "since": signal.since,
        "sentence": signal.sentence,
    }


def board_to_dict(board: Board) -> dict[str, Any]:
    """A board as JSON has it."""
    return {
        "schema": SCHEMA,
        "alerts": [[list(key), _state_to_dict(state), _heard_to_list(board.heard.get(key))] for key, state in board.alerts.items()],
        "incidents": [_incident_to_dict(one) for one in board.incidents],
    }


def board_of(said: Mapping[str, Any]) -> Board:
    """Read what `board_to_dict` wrote."""
    states: dict[Key, State] = {}
    heard: dict[Key, Heard] = {}
    for key, state, last in said["alerts"]:
        states[_key(key)] = _state_of(state)
        if last is not None:
            heard[_key(key)] = Heard(last[0], Verdict(last[1]))
    return Board(states, tuple(_incident_of(one) for one in said["incidents"]), heard)


def _key(parts: list[str]) -> Key:
    return parts[0], parts[1], parts[2]


def _heard_to_list(heard: Heard | None) -> list[object] | None:
    return None if heard is None else [heard.index, heard.verdict.value]


def _state_to_dict(state: State) -> dict[str, Any]:
    ended = [at.isoformat() for at in state.ended]
    match state:
        case Inactive():
            return {"state": "inactive", "ended": ended}
        case Pending():
            return {"state": "pending", "since": state.since.isoformat(), "windows": state.windows, "ended": ended}
        case Firing():
            since, fired = state.since.isoformat(), state.fired.isoformat()
            return {"state": "firing", "since": since, "fired": fired, "calm": state.calm, "ended": ended}


def _state_of(said: Mapping[str, Any]) -> State:
    ended = tuple(datetime.fromisoformat(at) for at in said["ended"])
    match said["state"]:
        case "pending":
            return Pending(datetime.fromisoformat(said["since"]), said["windows"], ended)
        case "firing":
            return Firing(datetime.fromisoformat(said["since"]), datetime.fromisoformat(said["fired"]), said["calm"], ended)
        case _:
            return Inactive(ended)


def _incident_to_dict(incident: Incident) -> dict[str, Any]:
    return {
        "number": incident.number,
        "opened": incident.opened.isoformat(),
        "window": incident.window,
        "tier": int(incident.tier),
        "members": [_signal_to_dict(one) for one in incident.members.values()],
        "firing": sorted(list(key) for key in incident.firing),
        "closed": _written(incident.closed),
        "talk": {**asdict(incident.talk), "since": _written(incident.talk.since), "at": _written(incident.talk.at)},
        "cost": asdict(incident.cost),
        "began": incident.began,
    }


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def _talk_of(incident: Mapping[str, Any]) -> Talk:
    """What has been told; before it was kept, everything had been."""
    said = incident.get("talk")
    if said is None:
        opened = _instant(incident["opened"])
        return Talk(Tier(incident["tier"]), opened, opened, 1, over=incident["closed"] is not None)
    return Talk(**{**said, "tier": Tier(said["tier"]), "since": _instant(said["since"]), "at": _instant(said["at"])})


def _incident_of(said: Mapping[str, Any]) -> Incident:
    members = [_signal_of(one) for one in said["members"]]
    return Incident(
        number=said["number"],
        opened=datetime.fromisoformat(said["opened"]),
        window=said["window"],
        tier=Tier(said["tier"]),
        members={one.key: one for one in members},
        firing=frozenset(_key(key) for key in said["firing"]),
        closed=_instant(said["closed"]),
        talk=_talk_of(said),
        cost=Cost(**said.get("cost", {})),
        began=said.get("began"),
    )


def _signal_to_dict(signal: Signal) -> dict[str, Any]:
    return {field.name: getattr(signal, field.name) for field in fields(signal)}


def _signal_of(said: Mapping[str, Any]) -> Signal:
    told = {"key": _key(said["key"]), "concern": Concern(said["concern"]), "tier": Tier(said["tier"]), "verdict": Verdict(said["verdict"])}
    return Signal(**{**said, **told})
