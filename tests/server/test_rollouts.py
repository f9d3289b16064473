"""The page of a rollout, with a real file of it and records of a gateway; its buttons do what they say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.release.filed import Filed, load, place_of, store
from driftline.rollout.rollout import Aborted, Reason, begin
from driftline.server.face import wall_clock
from driftline.server.session import sign_of
from driftline.services.intake import Kind

if TYPE_CHECKING:
    from pathlib import Path

PLACE = "/models/churn/rollout"


@pytest.fixture
def released(small: Any, rows_of: Any, tmp_path: Path) -> Path:
    """A canary that has answered half of three hundred requests, of which the labels have come: where it is filed."""
    yaml = small.watched.yaml + "\nrollout: {shadow: false, canary: [0.5], samples: 10, aims: {accuracy: 0.3}}\n"
    small.watched = small.service.watch(yaml, str(tmp_path), wall_clock(), actor="test")
    specification = small.service.library.specification(yaml, str(tmp_path))
    plan, now = specification.releasing.plan, wall_clock() - timedelta(minutes=5)
    state, reason = begin(plan, now)
    event = {"at": now.isoformat(), "state": "running", "step": 0, "reason": reason.name, "said": reason.value}
    spool = tmp_path / "records"
    spool.mkdir()
    filed = Filed(
        rollout="r1", model="churn", challenger="2", plan=plan, state=state, reason=Reason.STARTED, spool=str(spool), history=(event,)
    )
    path = place_of(specification)
    store(path, filed)
    rows, dice = rows_of(0, 600), np.random.default_rng(3)
    small.send(rows, "rows")
    small.send([{"id": row["id"], "label": int(row["score"] > 0.5)} for row in rows], "labels", Kind.LABELS)
    with (spool / "a.jsonl").open("w") as file:
        for row in rows:
            arm = "champion" if dice.uniform() < 0.5 else "challenger"
            said = {"model": arm, "dealt": arm, "error": False, "null": False, "slow": False, "prediction": str(int(row["score"] > 0.4))}
            about = {"id": row["id"], "entity": row["id"], "rollout": "r1", "step": 0, **said}
            file.write(json.dumps({**about, "score": row["score"]}) + "\n")
    return path


def test_before_any_rollout_the_page_says_so(api: Any, small: Any, token: Any, signed_in: Any) -> None:
    """Nobody has to guess."""
    assert small.watched
    assert "No model has been rolled out yet" in api.get(PLACE, headers=signed_in(token("viewer"))).text


def test_both_models_stand_beside_each_other(api: Any, released: Path, token: Any, signed_in: Any) -> None:
    """What each was asked, the traffic, and how near the test is to its boundary."""
    assert released.exists()
    page = api.get(PLACE, headers=signed_in(token("viewer"))).text
    for said in ("Version 2 of churn", "Challenger", "accuracy", "standard errors", 'class="boundary"', "canary 0.5"):
        assert said in page
    assert 'name="action"' not in page


def test_what_a_person_says_holds_at_once(api: Any, released: Path, face: Any, token: Any, signed_in: Any) -> None:
    """With a reason, which stays in the rollout's history and in the trail; what cannot be done is refused."""
    text = token("operator")
    sign, headers = {"sign": sign_of(text)}, signed_in(text)
    assert api.post(PLACE, data={**sign, "action": "pause", "why": ""}, headers=headers).status_code == 422
    assert api.post(PLACE, data={**sign, "action": "dance", "why": "x"}, headers=headers).status_code == 422
    assert api.post(PLACE, data={"action": "pause", "why": "x"}, headers=headers).status_code == 403
    assert api.post(PLACE, data={**sign, "action": "resume", "why": "x"}, headers=headers).status_code == 409
    assert api.post(PLACE, data={**sign, "action": "pause", "why": "lunch"}, headers=headers).status_code == 303
    filed = load(released)
    assert filed is not None
    assert (type(filed.state).__name__, filed.history[-1]["why"]) == ("Paused", "lunch")
    assert face.service.board.trail(before=None, limit=1)[0]["action"] == "rollout.tell"
    assert "“lunch”" in api.get(PLACE, headers=headers).text


def test_the_fleet_shows_a_rollout_whoever_began_it(api: Any, small: Any, released: Path, token: Any, signed_in: Any) -> None:
    """It was begun at the command line: the line leads to it, and follows it to its end; a file that cannot be read is no rollout."""
    headers = signed_in(token("viewer"))
    assert "canary 0.5: version 2" in api.get("/", headers=headers).text
    filed = load(released)
    assert filed is not None
    store(released, replace(filed, state=Aborted(wall_clock(), Reason.BY_HAND)))
    assert "given up: version 2" in api.get("/", headers=headers).text
    released.write_text("{")
    assert "version 2" not in api.get("/", headers=headers).text


def test_a_decision_to_roll_back_takes_it_back(api: Any, small: Any, released: Path, face: Any, token: Any, signed_in: Any) -> None:
    """Whoever decides so in the place of what was decided need not press twice; where nothing was released, it stays on record."""
    small.round()
    text = token("operator")
    newest = small.service.decisions.of(small.watched.id, limit=1)[0]
    asked = {"sign": sign_of(text), "action": "roll back", "reason": "complaints"}
    for _ in range(2):
        place = f"/models/churn/decisions/{newest['id']}/override"
        went = api.post(place, data=asked, headers=signed_in(text)).status_code
    filed = load(released)
    assert filed is not None
    assert type(filed.state).__name__ == "RolledBack"
    assert filed.history[-1]["why"] == "complaints"
    assert went == 409
    assert face.service.board.trail(before=None, limit=1)[0]["action"] == "rollout.tell"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1130, 1230, 1400])
def test_a_full_line_of_the_fleet_fits_every_screen(
    browser: Any, released: Path, small: Any, face: Any, token: Any, served: Any, opened: Any, width: int
) -> None:
    """With alerts, a decision and a rollout in it: nothing stands outside of its card, and the page does not scroll sideways."""
    assert released.exists()
    small.round()
    with served(face) as url, opened(browser, url, token("operator"), viewport={"width": width, "height": 700}) as page:
        assert page.get_by_role("link", name="canary 0.5: version 2").is_visible()
        edges = "['table.fleet', '.card:has(table.fleet)'].map((one) => document.querySelector(one).getBoundingClientRect().right)"
        table, card = page.evaluate(edges)
        assert table <= card
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_a_challenger_is_taken_back_with_one_press(browser: Any, released: Path, face: Any, token: Any, served: Any, opened: Any) -> None:
    """From then on the champion answers everything."""
    with served(face) as url, opened(browser, url, token("operator"), PLACE) as page:
        page.get_by_label("Because").fill("it is worse")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Roll back").click()
        page.get_by_text("Rolled back").first.wait_for()
        filed = load(released)
        assert filed is not None
        assert filed.written()["weights"] == {"champion": 1.0, "challenger": 0.0, "mirrored": False}


@pytest.mark.browser
def test_a_challenger_is_paused_resumed_and_promoted(browser: Any, released: Path, face: Any, token: Any, served: Any, opened: Any) -> None:
    """Each with a reason, which stands among what happened; then the challenger answers everything."""
    with served(face) as url, opened(browser, url, token("operator"), PLACE) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        for action, state in (("Pause", "Paused: canary"), ("Resume", "Running: canary"), ("Promote", "Promoted")):
            page.get_by_label("Because").fill(f"to {action.lower()}")
            page.get_by_role("button", name=action).click()
            page.locator(".verdict", has_text=state).wait_for()
            assert f"“to {action.lower()}”" in page.locator("main").inner_text()
        filed = load(released)
        assert filed is not None
        assert filed.written()["weights"]["challenger"] == 1.0


@pytest.mark.browser
def test_a_rollout_is_given_up(browser: Any, released: Path, face: Any, token: Any, served: Any, opened: Any) -> None:
    """The champion answers everything, and nothing was shown against the challenger; nothing can be done any more."""
    with served(face) as url, opened(browser, url, token("operator"), PLACE) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_label("Because").fill("we wait for the new data")
        page.get_by_role("button", name="Abort").click()
        page.locator(".verdict", has_text="Given up").wait_for()
        assert "“we wait for the new data”" in page.locator("main").inner_text()
        assert page.get_by_role("button", name="Abort").count() == 0
        filed = load(released)
        assert filed is not None
        assert (type(filed.state).__name__, filed.written()["weights"]["champion"]) == ("Aborted", 1.0)


@pytest.mark.browser
def test_what_comes_while_somebody_looks_is_shown(browser: Any, released: Path, face: Any, token: Any, served: Any, opened: Any) -> None:
    """Counts grow on the page without its being loaded again: what somebody writes stays."""
    text = token("operator")
    with served(face) as url, opened(browser, url, text, PLACE) as page:
        page.get_by_label("Because").fill("it is enou")
        before = page.locator("#traffic-now td").first.inner_text()
        records = released.parents[2] / "records" / "a.jsonl"
        more = records.read_text().replace('"id": "p', '"id": "q')
        with records.open("a") as file:
            file.write(more)
        page.evaluate("dispatchEvent(new Event('focus'))")
        page.wait_for_function("was => document.querySelector('#traffic-now td').innerText !== was", arg=before)
        assert page.get_by_label("Because").input_value() == "it is enou"
