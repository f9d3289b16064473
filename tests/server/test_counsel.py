"""The page of a model's decisions, as a person works with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.server.session import sign_of
from driftline.services.intake import Kind

PLACE = "/models/churn/decisions"


@pytest.fixture
def asks(small: Any, rows_of: Any) -> int:
    """A decision that waits for a person."""
    rows, dice = rows_of(0, 300), np.random.default_rng(5)
    small.send(rows, "rows")
    small.send([{"id": row["id"], "label": int(dice.uniform() >= row["score"])} for row in rows], "labels", Kind.LABELS)
    small.round()
    return int(small.service.decisions.of(small.watched.id, limit=1)[0]["id"])


def test_a_decision_says_why_and_what_else_was_considered(api: Any, asks: int, token: Any, signed_in: Any) -> None:
    """The newest at first; the policy in words; a viewer is offered nothing to press."""
    headers = signed_in(token("viewer"))
    page = api.get(PLACE, headers=headers).text
    for said in ("a person has to agree", "What else was considered", "would have said", "Who agrees", "it comes out the same"):
        assert said in page
    assert "/approve" not in page
    assert api.get(PLACE, params={"decision": asks}, headers=headers).status_code == 200
    assert api.get(PLACE, params={"decision": 999}, headers=headers).status_code == 404


def test_what_waits_for_a_person_is_listed_for_whoever_is_on_duty(api: Any, asks: int, token: Any, signed_in: Any) -> None:
    """Of the whole fleet or of one model, with the way to it."""
    headers = signed_in(token("viewer"))
    for place in ("/incidents", "/incidents?model=churn"):
        assert f"/models/churn/decisions?decision={asks}" in api.get(place, headers=headers).text


def test_before_the_first_window_the_policy_stands_alone(api: Any, token: Any, signed_in: Any, small: Any) -> None:
    """It can be read before anything happens."""
    assert small.watched.name == "churn"
    page = api.get(PLACE, headers=signed_in(token("viewer"))).text
    assert "Nothing has been decided yet" in page
    assert "The policy, in words" in page


def test_somebody_decides_otherwise(api: Any, asks: int, face: Any, token: Any, signed_in: Any) -> None:
    """With a reason, which stands on the page and in the trail; without one it is refused."""
    text = token("operator")
    sign = {"sign": sign_of(text)}
    place = f"{PLACE}/{asks}/override"
    assert api.post(place, data={**sign, "action": "hold", "reason": " "}, headers=signed_in(text)).status_code == 422
    assert api.post(place, data={"action": "hold", "reason": "x"}, headers=signed_in(text)).status_code == 403
    assert api.post(place, data={**sign, "action": "hold", "reason": "a campaign"}, headers=signed_in(text)).status_code == 303
    page = api.get(PLACE, headers=signed_in(text)).text
    assert "hold instead" in page
    assert "a campaign" in page
    assert face.service.board.trail(before=None, limit=1)[0]["action"] == "decision.override"


@pytest.mark.browser
def test_a_person_agrees_and_ends_the_training(browser: Any, asks: int, face: Any, token: Any, served: Any, opened: Any) -> None:
    """With two presses; the page shows how far the training is."""
    with served(face) as url, opened(browser, url, token("operator"), PLACE) as page:
        page.get_by_label("Note").fill("go on")
        page.get_by_role("button", name="Approve: retrain").click()
        page.wait_for_url(f"**decision={asks}**")
        assert "Approved." in page.get_by_role("status").inner_text()
        assert "it waits for its turn" in page.locator(".course").inner_text()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="End the training").click()
        page.get_by_text("It is asked to end.").wait_for()
        assert face.service.trainings.by_decision(asks)["stopping"]
