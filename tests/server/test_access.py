"""Routes for tokens and the audit trail."""

from __future__ import annotations

from typing import Any


def test_tokens_are_made_used_rotated_and_closed(api: Any, admin: dict[str, str], face: Any) -> None:
    """A secret is shown once; the list has none; what is closed opens nothing."""
    made = api.post("/v1/tokens", json={"name": "model", "role": "sender", "days": 30}, headers=admin)
    text = made.json()["token"]
    headers = {"Authorization": f"Bearer {text}"}
    assert made.status_code == 201
    assert api.post("/v1/models/churn/predictions", json={"amount": 1}, headers=headers).status_code == 202
    ident = text.split("_")[1]
    listed = api.get("/v1/tokens", headers=admin)
    assert text.split("_", 2)[2] not in listed.text
    assert [(one["name"], one["role"], one["revoked"]) for one in listed.json() if one["id"] == ident] == [("model", "sender", None)]
    fresh = api.post(f"/v1/tokens/{ident}/rotate", headers=admin).json()["token"]
    assert api.delete(f"/v1/tokens/{ident}", headers=admin).status_code == 204
    face.gate._known.clear()
    assert api.post("/v1/models/churn/predictions", json={"amount": 1}, headers=headers).status_code == 401
    renewed = {"Authorization": f"Bearer {fresh}"}
    assert api.post("/v1/models/churn/predictions", json={"amount": 1}, headers=renewed).status_code == 202


def test_what_is_not_there_cannot_be_changed(api: Any, admin: dict[str, str]) -> None:
    """404; and a role that nobody has is refused."""
    assert api.delete("/v1/tokens/abc", headers=admin).status_code == 404
    assert api.post("/v1/tokens/abc/rotate", headers=admin).status_code == 404
    assert api.post("/v1/tokens", json={"name": "x", "role": "king"}, headers=admin).status_code == 422
    assert api.post("/v1/tokens", json={"name": "a\u0000", "role": "viewer"}, headers=admin).status_code == 422


def test_the_trail_tells_who_did_what(api: Any, admin: dict[str, str]) -> None:
    """The newest first."""
    api.post("/v1/tokens", json={"name": "dashboard", "role": "viewer"}, headers=admin)
    items = api.get("/v1/audit?limit=1", headers=admin).json()
    assert items["items"][0]["action"] == "token.make"
    assert items["items"][0]["actor"].endswith("(test)")
    earlier = api.get(f"/v1/audit?before={items['before']}", headers=admin).json()["items"]
    assert "monitor.put" in {one["action"] for one in earlier}
