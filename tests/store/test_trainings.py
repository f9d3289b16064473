"""Trainings that are kept: begun once, stopped while they can be; tests/server/test_decided.py shows what begins them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from driftline.decisions.course import Decided
from driftline.decisions.decision import Action, Decision, How
from driftline.decisions.evidence import Evidence
from driftline.store.database import Database
from driftline.store.tables import monitors, outbox
from driftline.store.trainings import OVER, Stage, Trainings, begin

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)
MADE = Decided(
    Evidence(monitor="m", now=NOW, polluted=("w1",)),
    Decision(action=Action.RETRAIN, rule="r", reason="it is worse", how=How(keep_out=("w2",)), since="w3"),
)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A monitor with a training that was begun twice."""
    found = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with found.writing() as tx:
        tx.execute(monitors.insert().values(id=1, name="m", version=1, created=NOW))
        for _ in range(2):
            begin(found, tx, (1, "m"), 7, MADE, "ann", NOW)
    return found


def test_a_decision_begins_one_training(database: Database) -> None:
    """With one letter to whoever lets it run, why, and without what is spoilt."""
    (one,) = Trainings(database).of(1)
    assert (one["state"], one["since"], one["decision_id"]) == ("waiting", "w3", 7)
    assert one["request"]["reason"] == "it is worse (agreed by ann)"
    assert set(one["request"]["excluded"]) == {"w1", "w2"}
    with database.reading() as tx:
        assert [row.key for row in tx.execute(select(outbox))] == ["training 7"]


def test_how_far_it_is_stays_with_it(database: Database) -> None:
    """What the gate and the rollout said is kept, and who is being released is found."""
    kept = Trainings(database)
    kept.advance(1, NOW, Stage.RELEASING, "step 1 of 3", proof={"passes": True}, rollout={"step": 0}, challenger="4")
    ((name, one),) = kept.releasing()
    assert (name, one["proof"], one["rollout"], one["challenger"]) == ("m", {"passes": True}, {"step": 0}, "4")
    assert kept.latest()[1]["sentence"] == "step 1 of 3"
    assert kept.by_decision(8) is None
    assert Stage.RELEASING not in OVER


def test_only_what_has_not_been_trained_is_stopped(database: Database) -> None:
    """A run that is over stays as it is."""
    kept = Trainings(database)
    assert kept.stop(1, NOW, actor="bob")
    kept.advance(1, NOW, Stage.CANCELLED, "bob asked it to end")
    assert not kept.stop(1, NOW, actor="bob")
