"""Signing in by OpenID Connect, with a real provider in a process of its own: who may, who may not, and what is not believed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from driftline.config.oidc import Oidc
from driftline.errors import OutsideError
from driftline.server.face import wall_clock
from driftline.server.oidc import Door
from driftline.server.problems import Refusal
from driftline.server.session import COOKIE, sign_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BACK = "http://api/signin/oidc/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider's address."""
    with subprocess.Popen([sys.executable, str(Path(__file__).with_name("provider.py"))], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def door(issuer: str, small: Any, face: Any) -> Door:
    """The door of that provider, in the face of a service."""
    roles: Any = {"team-ann": "operator", "team-boss": "admin"}
    said = Oidc(issuer=issuer, client="driftline", secret="the client's secret", roles=roles)
    face.door = Door(said, small.service, wall_clock)
    return face.door


def agreed(address: str, who: str) -> dict[str, str]:
    """What the provider answers when somebody has said who they are."""
    asked = urlsplit(address)
    sent = httpx.get(f"{asked.scheme}://{asked.netloc}/agree", params={**parse_qs(asked.query), "who": who})
    return {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}


def test_whoever_the_provider_knows_comes_in_with_their_role(api: Any, door: Door, face: Any) -> None:
    """They land where they wanted to go; their session ends with their signing out, for good."""
    assert "Sign in with your organisation" in api.get("/signin").text
    begun = api.get("/signin/oidc", params={"next": "/incidents"})
    assert "code_challenge_method=S256" in begun.headers["location"]
    cookie = begun.headers["set-cookie"].split(";")[0]
    assert "HttpOnly" in begun.headers["set-cookie"]
    came = api.get("/signin/oidc/back", params=agreed(begun.headers["location"], "ann"), headers={"Cookie": cookie})
    assert (came.status_code, came.headers["location"]) == (303, "/incidents")
    text = next(one.split(";")[0].partition("=")[2] for one in came.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}="))
    headers = {"Cookie": f"{COOKIE}={text}"}
    assert "oidc: ann@example.org · operator" in api.get("/", headers=headers).text
    trail = [one["action"] for one in face.service.board.trail(before=None, limit=2)]
    assert trail == ["session.open", "token.make"]
    assert api.post("/signout", data={"sign": sign_of(text)}, headers=headers).status_code == 303
    assert face.service.tokens.find(text, face.clock()) is None
    assert door.said.client == "driftline"


@pytest.mark.parametrize(
    ("who", "kind", "said"),
    [
        ("nobody", Refusal, "access_denied"),
        ("stranger", Refusal, "nobody gave 'stranger@example.org' a role"),
        ("late", OutsideError, "cannot be believed"),
        ("astray", OutsideError, "cannot be believed"),
        ("again", OutsideError, "cannot be believed"),
        ("forged", OutsideError, "cannot be believed"),
    ],
)
def test_what_cannot_be_believed_lets_nobody_in(door: Door, who: str, kind: type[Exception], said: str) -> None:
    """A refusal, no role, a token that is old, of another client, of another sign-in, or signed by somebody else."""
    before = len(door.service.tokens.every())
    begun = door.begin(BACK, "/")
    with pytest.raises(kind, match=said):
        door.finish(BACK, begun.cookie, agreed(begun.address, who))
    assert len(door.service.tokens.every()) == before


def test_a_sign_in_that_was_not_begun_here_is_refused(api: Any, door: Door) -> None:
    """Another's state or cookie, a cookie that was changed, a code that was used, one that came too late."""
    one, other = door.begin(BACK, "/"), door.begin(BACK, "/")
    answer = agreed(one.address, "ann")
    for cookie in (other.cookie, "", f"x{one.cookie}"):
        with pytest.raises(Refusal, match="not begun here"):
            door.finish(BACK, cookie, answer)
    assert door.finish(BACK, one.cookie, answer)[1] == "/"
    with pytest.raises(OutsideError, match="the code is not yours"):
        door.finish(BACK, one.cookie, answer)
    stolen = agreed(other.address, "ann")
    with pytest.raises(OutsideError, match="the code is not yours"):
        door.finish(BACK, one.cookie, {"state": answer["state"], "code": stolen["code"]})
    page = api.get("/signin/oidc/back", params={"state": "x", "code": "y"})
    assert (page.status_code, "not begun here" in page.text) == (403, True)


def test_a_provider_that_is_away_is_told(small: Any, api: Any, face: Any) -> None:
    """The page of tokens still works."""
    assert api.get("/signin/oidc").status_code == 404
    face.door = Door(Oidc(issuer="http://127.0.0.1:9", client="driftline"), small.service, wall_clock)
    assert api.get("/signin/oidc").status_code == 503
    assert api.get("/signin").status_code == 200


@pytest.mark.browser
def test_somebody_signs_in_with_a_browser(browser: Any, door: Door, face: Any, served: Any) -> None:
    """Over the provider's own page and back, under our policy for scripts and forms."""
    assert door.said.roles
    with served(face) as url:
        page = browser.new_page()
        page.goto(f"{url}/settings")
        page.get_by_role("link", name="Sign in with your organisation").click()
        page.get_by_label("who").fill("boss")
        page.get_by_role("button", name="Agree").click()
        page.wait_for_url(f"{url}/settings")
        assert "boss@example.org · admin" in page.locator(".who").inner_text()
        page.close()
