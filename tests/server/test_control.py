"""Settings: YAML with its history and its checks, tokens, and the trail."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.server.session import sign_of


def test_yaml_is_checked_saved_and_remembered(api: Any, small: Any, token: Any, signed_in: Any) -> None:
    """A mistake is told in words and saves nothing; what is right is a new version, and the old one is still to be read."""
    text = token("operator")
    headers, sign = signed_in(text), sign_of(text)
    before = small.watched.yaml
    wrong = api.post("/models/churn/settings", data={"sign": sign, "yaml": "monitor: churn\ntask: nonsense\n"}, headers=headers)
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text
    assert small.service.fleet.find("churn").version == 1
    fresh = before + "\nfalse_alarms: 1 in 60 days\n"
    checked = api.post("/models/churn/settings", data={"sign": sign, "yaml": fresh, "only": "check"}, headers=headers)
    assert "The YAML is right." in checked.text
    assert small.service.fleet.find("churn").version == 1
    assert api.post("/models/churn/settings", data={"sign": sign, "yaml": fresh}, headers=headers).status_code == 303
    page = api.get("/models/churn/settings", headers=headers).text
    assert "version 2" in page
    assert "version 1" in page


def test_a_model_is_watched_and_left(api: Any, small: Any, token: Any, signed_in: Any) -> None:
    """From its YAML, and until somebody says that it is enough."""
    text = token("operator")
    headers, sign = signed_in(text), sign_of(text)
    yaml = small.watched.yaml.replace("monitor: churn", "monitor: other")
    went = api.post("/settings/monitors", data={"sign": sign, "yaml": yaml}, headers=headers)
    assert went.headers["location"] == "/models/other"
    assert api.post("/settings/monitors", data={"sign": sign, "yaml": "a: ["}, headers=headers).status_code == 422
    assert api.post("/models/other/retire", data={"sign": sign}, headers=headers).status_code == 303
    assert api.get("/models/other", headers=headers).status_code == 404


def test_tokens_are_made_shown_once_and_closed(api: Any, small: Any, token: Any, signed_in: Any) -> None:
    """By administrators only; the secret is on one page, once."""
    text = token("admin")
    headers, sign = signed_in(text), sign_of(text)
    made = api.post("/settings/tokens", data={"sign": sign, "name": "wall", "role": "viewer", "days": "30"}, headers=headers)
    secret = made.text.split("shown this once: <code>")[1].split("</code>")[0]
    assert secret.startswith("dl_")
    assert secret not in api.get("/settings", headers=headers).text
    ident = secret.split("_")[1]
    assert api.post("/settings/tokens/revoke", data={"sign": sign, "id": ident}, headers=headers).status_code == 303
    assert api.post("/settings/tokens/revoke", data={"sign": sign, "id": ident}, headers=headers).status_code == 404
    assert api.post("/settings/tokens", data={"sign": sign, "name": "x", "role": "king"}, headers=headers).status_code == 422
    assert api.post("/settings/tokens", data={"sign": sign, "name": "x", "role": "viewer", "days": "0"}, headers=headers).status_code == 422


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_administrators_see_tokens_and_the_trail(api: Any, small: Any, token: Any, signed_in: Any, role: str) -> None:
    """Others see monitors; a viewer cannot change them."""
    text = token(role)
    headers = signed_in(text)
    page = api.get("/settings", headers=headers).text
    assert "Audit trail" not in page
    assert ("Watch another model" in page) is (role == "operator")
    assert api.post("/settings/tokens", data={"sign": sign_of(text), "name": "x", "role": "admin"}, headers=headers).status_code == 403
    saved = api.post("/models/churn/settings", data={"sign": sign_of(text), "yaml": "monitor: churn", "only": "check"}, headers=headers)
    assert saved.status_code == (403 if role == "viewer" else 422)


@pytest.mark.browser
def test_settings_are_worked_with_presses(browser: Any, small: Any, face: Any, token: Any, served: Any, opened: Any) -> None:
    """YAML is checked, saved and watched; a token is made and revoked; a silence is made and ended; a model is left."""
    with served(face) as url, opened(browser, url, token("admin"), "/models/churn/settings") as page:
        yaml = page.get_by_label("YAML", exact=True).input_value()
        page.get_by_label("YAML", exact=True).fill(yaml + "\nfalse_alarms: 1 in 60 days\n")
        page.get_by_role("button", name="Check").click()
        page.get_by_text("The YAML is right.").wait_for()
        page.get_by_role("button", name="Save as version 2").click()
        page.get_by_text("Saved.").wait_for()
        page.get_by_text("version 1,").click()
        assert page.get_by_label("Version 1").inner_text().strip() == yaml.strip()
        page.goto(f"{url}/settings")
        page.get_by_text("Paste its YAML").click()
        page.get_by_label("YAML of the monitor").fill(yaml.replace("monitor: churn", "monitor: other"))
        page.get_by_role("button", name="Watch it").click()
        page.wait_for_url("**/models/other")
        page.goto(f"{url}/models/other/settings")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Stop watching other").click()
        page.locator("table.fleet").wait_for()
        assert [one.name for one in small.service.fleet.page()] == ["churn"]


@pytest.mark.browser
def test_tokens_and_silences_are_made_and_ended_with_presses(browser: Any, face: Any, token: Any, served: Any, opened: Any) -> None:
    """The secret is shown once; each is in the trail, which stands on the same page."""
    with served(face) as url, opened(browser, url, token("admin"), "/settings") as page:
        page.get_by_label("Name").fill("wall")
        page.get_by_role("button", name="Make a token").click()
        assert "dl_" in page.get_by_role("status").inner_text()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Revoke wall").click()
        page.get_by_text("The token is closed.").wait_for()
        page.get_by_label("Matchers").fill('tier="look"')
        page.get_by_label("Why").fill("a release")
        page.get_by_role("button", name="Keep messages back").click()
        page.get_by_role("button", name="End the silence").click()
        page.get_by_role("button", name="End the silence").wait_for(state="detached")
        trail = page.locator("section", has=page.locator("#audit")).inner_text()
        for done in ("token.make", "token.revoke", "silence.make", "silence.lift"):
            assert done in trail
