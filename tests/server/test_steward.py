"""The steward: what cannot be looked at keeps nobody waiting; tests/server/test_trainer.py takes a rollout to its end."""

from __future__ import annotations

from typing import Any

from driftline.decisions.course import Decided
from driftline.decisions.decision import Action, Decision
from driftline.decisions.evidence import Evidence
from driftline.server.face import wall_clock
from driftline.server.steward import Steward
from driftline.store.trainings import Stage, begin


def test_without_rollouts_there_is_nothing_to_do(small: Any) -> None:
    """A round costs a look into the database."""
    assert Steward(small.service, wall_clock, "me").round() == 0


def test_a_rollout_that_is_gone_is_told_and_waits(small: Any, caplog: Any) -> None:
    """Somebody removed its file: the others go on, and the log says which waits."""
    made = Decided(Evidence(monitor="churn", now=wall_clock()), Decision(action=Action.RETRAIN, rule="r", reason="r"))
    with small.service.database.writing() as tx:
        begin(small.service.database, tx, (small.watched.id, "churn"), 1, made, "ann", wall_clock())
    small.service.trainings.advance(1, wall_clock(), Stage.RELEASING, "it begins", rollout={"spool": "nowhere"})
    assert Steward(small.service, wall_clock, "me").round() == 0
    assert [record.monitor for record in caplog.records if record.message == "a rollout waits"] == ["churn"]
