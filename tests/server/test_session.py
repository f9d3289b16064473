from __future__ import annotations

from typing import Any

import pytest

from driftline.server.face import wall_clock
from driftline.server.session import COOKIE, next_place, sign_of


def holder(face: Any, role: str) -> str:
    """A token's text."""
    return str(face.service.tokens.make("anna", role, wall_clock(), actor="test"))


def test_a_token_opens_the_pages_until_somebody_signs_out(api: Any, face: Any) -> None:
    """The cookie cannot be read by scripts, both ways are in the trail, and afterwards the door is shut."""
    text = holder(face, "viewer")
    came = api.post("/signin", data={"token": f" {text} ", "next": "/?sort=name"})
    assert (came.status_code, came.headers["location"]) == (303, "/?sort=name")
    assert {"HttpOnly", "SameSite=lax"} <= set(came.headers["set-cookie"].split("; "))
    assert api.get("/").status_code == 200
    assert api.post("/signout", data={"sign": sign_of(text)}).status_code == 303
    assert api.get("/").status_code == 303
    assert [one["action"] for one in face.service.board.trail(before=None, limit=2)] == ["session.close", "session.open"]


@pytest.mark.parametrize("role", ["sender", None])
def test_who_may_not_look_stays_outside(api: Any, face: Any, role: str | None) -> None:
    """A sender may not, and nobody knows a token that was made up; both are told, and get no cookie."""
    text = "dl_abc_def" if role is None else holder(face, role)
    came = api.post("/signin", data={"token": text})
    assert came.status_code == (401 if role is None else 403)
    assert "set-cookie" not in came.headers
    assert 'role="alert"' in came.text


def test_whoever_is_outside_is_asked_in_and_led_on(api: Any) -> None:
    """The page that was asked for stands in the address of the door."""
    went = api.get("/?search=a&sort=name")
    assert went.status_code == 303
    assert went.headers["location"].endswith("/signin?next=%2F%3Fsearch%3Da%26sort%3Dname")


@pytest.mark.parametrize(
    ("sign", "origin", "status"),
    [("", None, 403), ("0" * 64, None, 403), (None, "https://evil.example", 403), (None, "http://api", 303), (None, None, 303)],
)
def test_only_our_own_forms_act(api: Any, face: Any, sign: str | None, origin: str | None, status: int) -> None:
    """A form without the sign, with another's, or from another site does nothing."""
    text = holder(face, "admin")
    headers = {"Cookie": f"{COOKIE}={text}"} | ({"Origin": origin} if origin else {})
    given = sign_of(text) if sign is None else sign
    assert api.post("/signout", data={"sign": given}, headers=headers).status_code == status


def test_a_revoked_token_opens_no_page(api: Any, face: Any) -> None:
    """Its cookie is worth nothing any more."""
    text = holder(face, "viewer")
    headers = {"Cookie": f"{COOKIE}={text}"}
    assert api.get("/", headers=headers).status_code == 200
    face.service.tokens.revoke(text.split("_")[1], wall_clock(), actor="test")
    face.gate._known.clear()
    assert api.get("/", headers=headers).status_code == 303


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:alert(1)", "/a\nb"])
def test_the_door_leads_nowhere_else(place: str) -> None:
    """After signing in nobody is sent to another site."""
    assert next_place(place) == "/"


def test_a_form_has_its_limits(api: Any) -> None:
    """A body that is too large is refused before it is read to its end."""
    assert api.post("/signin", content=b"token=" + b"a" * (1 << 20)).status_code == 413
