"""Incidents as whoever is on duty sees them."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.server.session import sign_of


@pytest.fixture
def incident(small: Any, rows_of: Any) -> int:
    """An incident that is open: an amount moved."""
    small.send(rows_of(0, 300), "a")
    small.send(rows_of(300, 300, shift=3.0), "b")
    small.round()
    (one,) = small.service.incidents.incidents(open_only=True)
    return int(one["id"])


def test_an_incident_is_told_from_its_first_sign_on(api: Any, incident: int, token: Any, signed_in: Any) -> None:
    """The list leads to it, it leads to its model, and it names what belongs to it."""
    headers = signed_in(token("viewer"))
    assert f'href="/incidents/{incident}"' in api.get("/incidents", headers=headers).text
    page = api.get(f"/incidents/{incident}", headers=headers).text
    assert 'href="/models/churn"' in page
    assert "amount" in page
    assert "/take" not in page
    assert api.get("/incidents/999", headers=headers).status_code == 404
    assert api.get("/incidents?model=nobody", headers=headers).status_code == 404


def test_a_button_in_a_message_leads_to_the_incident(api: Any, incident: int, face: Any, token: Any, signed_in: Any) -> None:
    """By its model and its number there; whoever is not signed in comes back to it; and the forms are where the buttons point."""
    number = face.service.incidents.incident(incident)["number"]
    place, headers = f"/incidents/of?model=churn&number={number}", signed_in(token("operator"))
    assert api.get(place, headers=headers).headers["location"] == f"/incidents/{incident}"
    page = api.get(f"/incidents/{incident}", headers=headers).text
    assert 'id="take"' in page
    assert 'id="silence"' in page
    assert api.get("/incidents/of?model=churn&number=99", headers=headers).status_code == 404
    assert api.get("/incidents/of?model=nobody&number=1", headers=headers).status_code == 404
    assert "incidents%2Fof%3Fmodel%3Dchurn" in api.get(place).headers["location"]


def test_somebody_takes_it_up(api: Any, incident: int, face: Any, token: Any, signed_in: Any) -> None:
    """Who did stands on the page and in the trail; a viewer may not."""
    text = token("operator")
    went = api.post(f"/incidents/{incident}/take", data={"sign": sign_of(text), "note": "on it"}, headers=signed_in(text))
    assert went.status_code == 303
    assert "takes care of it" in api.get(f"/incidents/{incident}", headers=signed_in(text)).text
    assert face.service.board.trail(before=None, limit=1)[0]["action"] == "incident.answer"
    viewer = token("viewer")
    refused = api.post(f"/incidents/{incident}/take", data={"sign": sign_of(viewer)}, headers=signed_in(viewer))
    assert refused.status_code == 403


def test_messages_are_kept_back_and_told_again(api: Any, incident: int, face: Any, token: Any, signed_in: Any) -> None:
    """For some hours of one model; the list shows it, and an end can be put to it."""
    text = token("operator")
    headers, sign = signed_in(text), {"sign": sign_of(text)}
    assert api.post(f"/incidents/{incident}/silence", data={**sign, "hours": "0"}, headers=headers).status_code == 422
    assert api.post(f"/incidents/{incident}/silence", data={**sign, "hours": "4"}, headers=headers).status_code == 303
    (held,) = face.service.orders.silences(face.clock())
    assert held["matchers"] == 'monitor="churn"'
    assert "Messages that are kept back" in api.get("/incidents", headers=headers).text
    assert api.post(f"/incidents/silences/{held['id']}/lift", data=sign, headers=headers).status_code == 303
    assert face.service.orders.silences(face.clock()) == []


def test_the_decision_stands_on_the_page_and_the_report_is_one_press_away(api: Any, incident: int, token: Any, signed_in: Any) -> None:
    """A person answers there, and comes back there; the report is a page or a file, and tells who answered."""
    text = token("operator")
    headers, sign = signed_in(text), {"sign": sign_of(text), "incident": str(incident)}
    page = api.get(f"/incidents/{incident}", headers=headers).text
    assert '<h2 id="decision">' in page
    place = page.split('action="/models/churn/decisions/')[-1].split("/")[0]
    went = api.post(f"/models/churn/decisions/{place}/override", data={**sign, "action": "fall back", "reason": "a drill"}, headers=headers)
    assert went.headers["location"].startswith(f"/incidents/{incident}?")
    assert "a drill" in api.get(f"/incidents/{incident}", headers=headers).text
    written = api.get(f"/incidents/{incident}/report", headers=headers)
    assert "a drill" in written.text
    assert written.headers["content-security-policy"]
    assert api.get(f"/incidents/{incident}/report?markdown=1", headers=headers).text.startswith("# Incident 1: churn")
    assert api.get("/incidents/999/report", headers=headers).status_code == 404


@pytest.mark.browser
def test_the_fleet_counts_alerts_that_fire(browser: Any, incident: int, face: Any, token: Any, served: Any, opened: Any) -> None:
    """Where any fires they have a column of their own, and the way leads to the incident."""
    with served(face) as url, opened(browser, url, token("viewer")) as page:
        assert page.locator("table.fleet td.alerts").inner_text().strip().isdecimal()
        page.get_by_role("link", name="Incidents").click()
        page.wait_for_url("**/incidents")
        page.locator("table a.name").first.click()
        page.wait_for_url("**/incidents/*")
        assert page.get_by_role("heading", level=1).inner_text()


@pytest.mark.browser
def test_whoever_is_on_duty_answers_an_incident(browser: Any, incident: int, face: Any, token: Any, served: Any, opened: Any) -> None:
    """Take it up, keep messages back and tell them again, decide otherwise, read the report: with presses alone, each in the trail."""
    with served(face) as url, opened(browser, url, token("operator"), f"/incidents/{incident}") as page:
        page.get_by_label("Note").first.fill("on it")
        page.get_by_role("button", name="I take care of it").click()
        page.get_by_text("takes care of it since").wait_for()
        page.get_by_text("Decide otherwise").click()
        page.get_by_label("Instead").select_option("look")
        page.get_by_label("Because").fill("a drill")
        page.get_by_role("button", name="Override").click()
        page.get_by_text("Overridden.").wait_for()
        assert "a drill" in page.locator("main").inner_text()
        page.get_by_role("link", name="Report to print").click()
        page.wait_for_url("**/report")
        assert "a drill" in page.locator("body").inner_text()
        page.go_back()
        page.get_by_label("Hours").fill("2")
        page.get_by_role("button", name="Send no messages").click()
        page.get_by_role("button", name="End the silence").click()
        page.get_by_role("button", name="End the silence").wait_for(state="detached")
        done = [one["action"] for one in face.service.board.trail(before=None, limit=4)]
        assert done == ["silence.lift", "silence.make", "decision.override", "incident.answer"]
