"""Boards come back as they were, and what people look at follows them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from driftline.alerting.alert import Firing, Heard, Inactive, Pending
from driftline.alerting.announcement import announce
from driftline.alerting.incident import Board, Incident, News, Notice, Talk
from driftline.alerting.message import Message
from driftline.alerting.priority import Cost
from driftline.alerting.signals import Signal, Tier
from driftline.services.handoff import Handed, Told
from driftline.store.boards import board_of, board_to_dict, read_board, write_board
from driftline.store.database import Database
from driftline.store.tables import alerts, audit, incidents, outbox
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
KEYS = [("", "column", "x"), ("s=ä", "performance", "roc_auc")]
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  the zone is beside
ended = st.lists(instants, max_size=3).map(tuple)
states = st.one_of(
    st.builds(Inactive, ended),
    st.builds(Pending, instants, st.integers(1, 5), ended),
    st.builds(Firing, instants, instants, st.integers(0, 5), ended),
)
heard = st.builds(Heard, st.integers(-5, 10**9), st.sampled_from([Verdict.DRIFTED, Verdict.STABLE]))


def signal(key: tuple[str, str, str]) -> Signal:
    """Something that is wrong."""
    return Signal(key, Concern.FAULT, key[2], Tier.RETRAIN, Verdict.DRIFTED, 2.5, "2026-01-05", f"{key[2]}: nulls")


def incident(number: int = 1, closed: datetime | None = None) -> Incident:
    """An incident of both."""
    members = {key: signal(key) for key in KEYS}
    talk = Talk(Tier.RETRAIN, NOW, NOW, 2 if closed else 1, escalated=True, over=closed is not None)
    firing = frozenset() if closed else frozenset(KEYS)
    return Incident(
        number, NOW, "2026-01-05", Tier.RETRAIN, members, firing, closed, talk, Cost(5.0, money=True, effect="It is bad."), began=4
    )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database."""
    return Database(f"sqlite:///{tmp_path / 'd.db'}")


def handed(board: Board, *news: News) -> Handed:
    """What came of a hand-off: the board, and news of its last incident."""
    last = board.incidents[-1]
    told = tuple(Told(notice, announce("m", notice)) for notice in (Notice(last, one, "2026-01-06") for one in news))
    return Handed(board, tuple((one, Message("broken", "Mend it.")) for one in board.incidents), told)


@given(st.dictionaries(st.sampled_from(KEYS), st.tuples(states, st.none() | heard)), st.booleans())
def test_a_board_comes_back_as_it_was(known: dict[Any, Any], closed: bool) -> None:  # noqa: FBT001  given by Hypothesis
    """Through JSON, whatever is known."""
    found = {key: last for key, (_, last) in known.items() if last}
    board = Board({key: state for key, (state, _) in known.items()}, (incident(closed=NOW if closed else None),), found)
    assert board_of(json.loads(json.dumps(board_to_dict(board)))) == board


def test_what_is_written_is_read(database: Database) -> None:
    """Of this monitor; a new one has nothing."""
    board = Board({KEYS[0]: Firing(NOW, NOW), KEYS[1]: Inactive()}, (incident(),), {KEYS[0]: Heard(3, Verdict.DRIFTED)})
    with database.writing() as tx:
        write_board(database, tx, 1, "m", handed(board), NOW)
    with database.reading() as tx:
        assert (read_board(tx, 1), read_board(tx, 2)) == (board, Board())


def test_alerts_and_incidents_are_shown_as_they_are_now(database: Database) -> None:
    """What fires is there with its incident; what does no more is gone; an incident is one row however it goes on."""
    later = NOW + timedelta(hours=1)
    first = Board({KEYS[0]: Firing(NOW, NOW), KEYS[1]: Pending(NOW, 1)}, (incident(),))
    with database.writing() as tx:
        write_board(database, tx, 1, "m", handed(first), NOW)
    with database.reading() as tx:
        shown = tx.execute(sa.select(alerts).order_by(alerts.c.name)).all()
        assert [(row.name, row.state, row.incident, row.sentence) for row in shown] == [
            ("roc_auc", "pending", 1, "roc_auc: nulls"),
            ("x", "firing", 1, "x: nulls"),
        ]
    with database.writing() as tx:
        write_board(database, tx, 1, "m", handed(Board({KEYS[0]: Inactive((later,))}, (incident(closed=later),))), later)
    with database.reading() as tx:
        assert tx.execute(sa.select(alerts)).all() == []
        (row,) = tx.execute(sa.select(incidents)).all()
        assert (row.number, row.opened, row.closed, row.subject) == (1, NOW, later, "broken")
        assert [one["name"] for one in json.loads(row.members)] == ["roc_auc", "x"]


def test_news_leave_as_letters_once_and_are_on_the_trail(database: Database) -> None:
    """Writing the same news again writes no second letter; the key by which receivers know an incident is the same for all its news."""
    board = Board({}, (incident(),))
    for _ in range(2):
        with database.writing() as tx:
            write_board(database, tx, 7, "m", handed(board, News.OPENED), NOW)
    with database.writing() as tx:
        write_board(database, tx, 7, "m", handed(Board({}, (incident(closed=NOW),)), News.RESOLVED), NOW)
    with database.reading() as tx:
        letters = [json.loads(body) for body in tx.execute(sa.select(outbox.c.body).order_by(outbox.c.id)).scalars()]
        actions = tx.execute(sa.select(audit.c.action).order_by(audit.c.id)).scalars().all()
    assert [(one["news"], one["key"], one["tier"], one["window"]) for one in letters] == [
        ("opened", "m/incident-1", "retrain", "2026-01-06"),
        ("resolved", "m/incident-1", "retrain", "2026-01-06"),
    ]
    assert actions == ["incident.opened", "incident.opened", "incident.resolved"]
