"""Channels and silences as pages of settings: a test button that really sends, and says what happened."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from driftline.server.session import sign_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # http.server's name
        server: Any = self.server
        server.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200 if self.path == "/hook" else 404)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        return


@pytest.fixture
def hook() -> Iterator[Any]:
    """A server that takes what is sent to /hook, and nothing else."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Hook)
    server.came = []
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_channel_is_tried_and_the_page_says_what_happened(api: Any, small: Any, hook: Any, face: Any, token: Any, signed_in: Any) -> None:
    """One that takes the example, and one that does not; both stand in the trail."""
    kind = f"kind: webhook, internal: true, url: 'http://127.0.0.1:{hook.server_port}"
    small.change(alerts=f"{{channels: {{good: {{{kind}/hook'}}, bad: {{{kind}/gone'}}}}, routes: [{{to: good, tier: page}}]}}")
    text, place = token("operator"), "/models/churn/channels"
    headers, sign = signed_in(text), {"sign": sign_of(text)}
    assert "from “page” on" in api.get(place, headers=headers).text
    assert "took the example" in api.post(place, data={**sign, "channel": "good"}, headers=headers).text
    assert "this is how a message of driftline arrives" in hook.came[0]["subject"]
    refused = api.post(place, data={**sign, "channel": "bad"}, headers=headers).text
    assert "did not take the example" in refused
    assert "404" in refused
    assert api.post(place, data={**sign, "channel": "nobody"}, headers=headers).status_code == 404
    assert api.post(place, data={"channel": "good"}, headers=headers).status_code == 403
    assert [one["action"] for one in face.service.board.trail(before=None, limit=2)] == ["channel.test", "channel.test"]
    assert "Send an example" not in api.get(place, headers=signed_in(token("viewer"))).text


def test_without_channels_the_page_says_where_messages_go(api: Any, small: Any, token: Any, signed_in: Any) -> None:
    """To the log, until some are named."""
    assert small.watched
    assert "messages go to the service’s log" in api.get("/models/churn/channels", headers=signed_in(token("viewer"))).text


def test_messages_are_kept_back_by_matchers(api: Any, face: Any, token: Any, signed_in: Any) -> None:
    """For some hours; what cannot be read is refused, and an end can be put to it."""
    text = token("operator")
    headers, sign = signed_in(text), {"sign": sign_of(text)}
    asked = {**sign, "matchers": 'tier="look"', "hours": "4", "comment": "a release"}
    assert api.post("/settings/silences", data={**asked, "hours": "0"}, headers=headers).status_code == 422
    assert api.post("/settings/silences", data={**asked, "matchers": "tier"}, headers=headers).status_code == 422
    assert api.post("/settings/silences", data=asked, headers=headers).status_code == 303
    (held,) = face.service.orders.silences(face.clock())
    assert "a release" in api.get("/settings", headers=headers).text
    assert api.post(f"/settings/silences/{held['id']}/lift", data=sign, headers=headers).status_code == 303
    assert api.post(f"/settings/silences/{held['id']}/lift", data=sign, headers=headers).status_code == 404


@pytest.mark.browser
def test_a_channel_is_tried_with_a_press(browser: Any, small: Any, hook: Any, face: Any, token: Any, served: Any, opened: Any) -> None:
    """The page says at once whether the example arrived."""
    small.change(alerts=f"{{channels: {{good: {{kind: webhook, internal: true, url: 'http://127.0.0.1:{hook.server_port}/hook'}}}}}}")
    with served(face) as url, opened(browser, url, token("operator"), "/models/churn/channels") as page:
        page.get_by_role("button", name="Send an example to good").click()
        page.get_by_text("took the example at").wait_for()
        assert len(hook.came) == 1
