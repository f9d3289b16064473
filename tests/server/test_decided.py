"""What was decided over HTTP: kept with each window, made again from what was kept, agreed to and overridden by people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.server.face import wall_clock
from driftline.services.intake import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = "/v1/monitors/churn/decisions"


def labels_for(rows: list[dict[str, Any]], *, turned: bool = False) -> list[dict[str, Any]]:
    """What came true of some predictions: as the model says, or the opposite of it."""
    dice = np.random.default_rng(5)
    return [{"id": row["id"], "label": int((dice.uniform() < row["score"]) ^ turned)} for row in rows]


@pytest.fixture(name="labels_for")
def labels_for_fixture() -> Callable[..., list[dict[str, Any]]]:
    """Makes labels."""
    return labels_for


@pytest.fixture
def worse(small: Any, rows_of: Any) -> list[dict[str, Any]]:
    """Hours of a model that does well, then of one that is wrong as often as it was right: a person is asked whether to retrain."""
    good, bad = rows_of(0, 300), rows_of(300, 300)
    for name, rows, turned in (("good", good, False), ("bad", bad, True)):
        small.send(rows, name)
        small.send(labels_for(rows, turned=turned), f"labels of {name}", Kind.LABELS)
    small.round()
    found: list[dict[str, Any]] = small.service.decisions.of(small.watched.id)
    return found


def test_every_window_is_decided_on(api: Any, worse: Any, admin: Any) -> None:
    """The newest is about now, and asks; those before it are on record, each with its evidence."""
    assert worse
    items = api.get(PLACE, headers=admin).json()["items"]
    assert [one["window"] for one in items] == [f"2026-01-05 {hour:02}:00" for hour in range(9, -1, -1)]
    assert [one["state"] for one in items] == ["open", *["past"] * 9]
    assert (items[0]["action"], items[0]["consent"], items[-1]["action"]) == ("retrain", "ask", "hold")
    one = api.get(f"{PLACE}/{items[0]['id']}", headers=admin).json()
    assert one["evidence"]["loss"]["since"] == "2026-01-05 05:00"
    assert one["decision"]["reason"] == items[0]["reason"]
    assert (one["training"], one["monitor"]) == (None, "churn")
    assert api.get(PLACE, params={"window": "2026-01-05 03:00"}, headers=admin).json()["items"] == [items[6]]


def test_a_decision_comes_out_again_from_what_was_kept(api: Any, small: Any, worse: Any, admin: Any) -> None:
    """Each of them, by the terms of the version that held then."""
    small.change(decisions="{retrain: never}")
    for one in worse:
        assert api.get(f"{PLACE}/{one['id']}/replay", headers=admin).json()["same"] is True


def test_the_same_evidence_is_not_decided_twice(small: Any, rows_of: Any, worse: Any) -> None:
    """A round in which nothing comes changes nothing; labels that come late revise the newest."""
    small.round()
    assert small.service.decisions.of(small.watched.id) == worse
    small.send(labels_for(rows_of(300, 300)[:60]), "what was wrong about an hour", Kind.LABELS)
    small.round(clock=lambda: wall_clock() + timedelta(hours=1))
    after = small.service.decisions.of(small.watched.id)
    assert [(one["window"], one["number"], one["state"]) for one in after[:2]] == [
        ("2026-01-05 09:00", 2, "open"),
        ("2026-01-05 09:00", 1, "replaced"),
    ]


def test_a_person_agrees_and_a_training_waits(api: Any, face: Any, worse: Any, token_of: Any) -> None:
    """Once, by whoever may; it stands in the trail and in the outbox, and the next decision knows of it."""
    place, operator = f"{PLACE}/{worse[0]['id']}", token_of("operator")
    assert api.post(f"{place}/approve", json={}, headers=token_of("viewer")).status_code == 403
    agreed = api.post(f"{place}/approve", json={"note": "do it"}, headers=operator).json()
    assert (agreed["state"], agreed["note"]) == ("approved", "do it")
    assert api.post(f"{place}/approve", json={}, headers=operator).status_code == 409
    (training,) = api.get("/v1/monitors/churn/trainings", headers=operator).json()
    assert (training["state"], training["decision_id"]) == ("waiting", worse[0]["id"])
    assert "agreed by token" in training["request"]["reason"]
    trail = face.service.board.trail(before=None, limit=5)
    assert "decision.approve" in [one["action"] for one in trail]
    assert api.post(f"/v1/monitors/churn/trainings/{training['id']}/cancel", headers=operator).status_code == 202
    assert api.post("/v1/monitors/churn/trainings/99/cancel", headers=operator).status_code == 404


def test_a_training_that_was_begun_is_known_to_the_next_decision(small: Any, rows_of: Any, worse: Any) -> None:
    """A loss is not answered twice."""
    small.service.decisions.approve(worse[0]["id"], wall_clock(), actor="ann", note="")
    rows = rows_of(600, 60)
    small.send(rows, "next")
    small.send(labels_for(rows, turned=True), "labels of next", Kind.LABELS)
    small.round()
    (newest,) = small.service.decisions.of(small.watched.id, limit=1)
    assert (newest["action"], newest["rule"], newest["window"]) == ("hold", "already answered", "2026-01-05 10:00")


def test_a_person_decides_otherwise(api: Any, worse: Any, admin: Any) -> None:
    """With a reason, to something that there is; nothing begins."""
    place = f"{PLACE}/{worse[0]['id']}"
    assert api.post(f"{place}/override", json={"action": "hold", "reason": ""}, headers=admin).status_code == 422
    assert api.post(f"{place}/override", json={"action": "dance", "reason": "why not"}, headers=admin).status_code == 422
    said = api.post(f"{place}/override", json={"action": "hold", "reason": "a test"}, headers=admin).json()
    assert (said["state"], said["instead"], said["note"]) == ("overridden", "hold", "a test")
    assert api.get("/v1/monitors/churn/trainings", headers=admin).json() == []
    assert api.post(f"{PLACE}/{worse[1]['id']}/override", json={"action": "hold", "reason": "x"}, headers=admin).status_code == 409
    assert api.get(f"{PLACE}/999", headers=admin).status_code == 404


def test_what_may_go_ahead_by_itself_does(small: Any, rows_of: Any, face: Any) -> None:
    """A training is begun with the verdict that asks for it, and once, however often it is judged."""
    small.change(decisions="{actions: {retrain: automatic}}")
    rows = rows_of(0, 300)
    small.send(rows, "bad")
    small.send(labels_for(rows, turned=True), "labels", Kind.LABELS)
    small.round()
    (newest,) = small.service.decisions.of(small.watched.id, limit=1)
    assert (newest["state"], newest["action"]) == ("automatic", "retrain")
    assert len(small.service.trainings.of(small.watched.id)) == 1
    assert "decision.automatic" in [one["action"] for one in face.service.board.trail(before=None, limit=20)]


def test_a_message_quotes_what_was_decided(small: Any, worse: Any) -> None:
    """Whoever reads it knows what driftline suggests."""
    assert worse
    (told,) = [one for one in small.service.incidents.messages() if "worse" in one["subject"]][:1]
    assert "driftline suggests to retrain" in told["body"] or "driftline holds" in told["body"]
