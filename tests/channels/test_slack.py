"""Slack's webhooks, threads and files."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jsonschema
import pytest

from driftline.channels.posting import Wire
from driftline.channels.slack import SlackApp, SlackWebhook, message, shortened
from driftline.errors import ConfigError, OutsideError, PluginError
from driftline.store.database import Database
from driftline.store.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

TEXT = {
    "type": "object",
    "properties": {"type": {"enum": ["plain_text", "mrkdwn"]}, "text": {"type": "string", "minLength": 1, "maxLength": 3000}},
    "required": ["type", "text"],
    "additionalProperties": False,
}
BLOCKS: dict[str, Any] = {
    "type": "array",
    "maxItems": 50,
    "items": {
        "oneOf": [
            {
                "properties": {
                    "type": {"const": "header"},
                    "text": {"allOf": [TEXT, {"properties": {"type": {"const": "plain_text"}, "text": {"maxLength": 150}}}]},
                },
                "required": ["type", "text"],
            },
            {"properties": {"type": {"const": "section"}, "text": TEXT}, "required": ["type", "text"]},
            {
                "properties": {"type": {"const": "context"}, "elements": {"type": "array", "maxItems": 10, "items": TEXT}},
                "required": ["type", "elements"],
            },
            {
                "properties": {
                    "type": {"const": "actions"},
                    "elements": {
                        "type": "array",
                        "maxItems": 25,
                        "items": {
                            "properties": {
                                "type": {"const": "button"},
                                "text": {"allOf": [TEXT, {"properties": {"type": {"const": "plain_text"}, "text": {"maxLength": 75}}}]},
                                "url": {"type": "string", "maxLength": 3000},
                                "action_id": {"type": "string", "maxLength": 255},
                            },
                            "required": ["type", "text"],
                        },
                    },
                },
                "required": ["type", "elements"],
            },
        ]
    },
}
"""As Slack's reference of blocks has them: header, section, context, actions with buttons, and their limits."""


def test_the_message_is_in_slacks_blocks(
    service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement
) -> None:
    """The blocks fit Slack's limits, there is a text for notifications, and names call nobody."""
    SlackWebhook(url=secret(service.url), wire=wire).send(announcement)
    body = service.asked[0].body
    (attached,) = body["attachments"]
    jsonschema.validate(attached["blocks"], BLOCKS)
    assert attached["color"] == "#dc2626"
    assert "<!channel>" not in body["text"]
    assert "&lt;b&gt;amount" in attached["blocks"][1]["text"]["text"]
    assert attached["blocks"][-1]["elements"][0]["url"] == announcement.link


def test_long_texts_fit(announcement: Announcement) -> None:
    """Slack refuses a message with one text too many."""
    long = replace(announcement, subject="<" * 400, body="&" * 4000)
    jsonschema.validate(message(long)["attachments"][0]["blocks"], BLOCKS)
    assert shortened("abc", 3) == "abc"


@dataclass
class Workspace:
    """A server that speaks the methods of Slack's API which an app needs, and keeps what it is told.

    `refuse` are errors that it answers to its next messages, `upload` the status that it answers to files.
    """

    port: int = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    refuse: list[str | int] = field(default_factory=list)
    upload: int = 200

    def __call__(self, method: str, token: str, given: dict[str, Any], raw: bytes) -> tuple[int, Any]:
        """Answer a call."""
        if method == "upload":
            self.files.append({"raw": raw})
            return self.upload, "OK"
        if token != "Bearer xoxb-1":
            return 200, {"ok": False, "error": "invalid_auth"}
        if method == "files.getUploadURLExternal":
            self.files.append(given)
            return 200, {"ok": True, "upload_url": f"http://127.0.0.1:{self.port}/upload", "file_id": "F1"}
        if method == "files.completeUploadExternal":
            self.files.append({**given, "files": json.loads(given["files"])})
            return 200, {"ok": True, "files": [{"id": "F1"}]}
        assert method == "chat.postMessage"
        if self.refuse:
            said = self.refuse.pop(0)
            return (said, "<html>") if isinstance(said, int) else (200, {"ok": False, "error": said})
        self.posts.append(given)
        ts, thread = f"17.{len(self.posts)}", given.get("thread_ts")
        return 200, {"ok": True, "ts": ts, "channel": "C1", "message": {"ts": ts, **({"thread_ts": thread} if thread else {})}}


class _Slack(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # http.server's name
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type", "")
        method = self.path.removeprefix("/api/").strip("/")
        given: dict[str, Any] = {}
        if method != "upload":
            given = json.loads(raw) if "json" in kind else {name: one[0] for name, one in parse_qs(raw.decode()).items()}
        status, said = self.server.workspace(method, self.headers.get("Authorization", ""), given, raw)  # type: ignore[attr-defined]  # put there below
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(said, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """Slack, on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slack)
    server.daemon_threads = True
    made = Workspace(server.server_address[1])
    server.workspace = made  # type: ignore[attr-defined]  # the handler looks there
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def app(workspace: Workspace, wire: Wire, secret: Callable[[str], Reference]) -> SlackApp:
    """An app in that workspace."""
    return SlackApp(token=secret("xoxb-1"), channel="#ml", api=f"http://127.0.0.1:{workspace.port}/api/", wire=wire)


def test_an_incident_is_one_thread_with_its_figure(workspace: Workspace, app: SlackApp, announcement: Announcement) -> None:
    """The first message begins the thread; figures, what gets worse and the end belong to it, and only what got worse is told to all."""
    for news in ("opened", "worse", "resolved"):
        app.send(replace(announcement, news=news))
    first, worse, over = workspace.posts
    assert "thread_ts" not in first
    assert (worse["thread_ts"], worse["reply_broadcast"]) == ("17.1", True)
    assert (over["thread_ts"], over["reply_broadcast"], over["attachments"][0]["color"]) == ("17.1", False, "#16a34a")
    asked, file, whole = workspace.files[:3]
    assert file["raw"].startswith(b"\x89PNG")
    assert int(asked["length"]) == len(file["raw"])
    assert (whole["channel_id"], whole["thread_ts"]) == ("C1", "17.1")
    assert [(one["id"], one["title"]) for one in whole["files"]] == [("F1", "drift of amount")]


def test_a_thread_survives_whoever_began_it(workspace: Workspace, app: SlackApp, announcement: Announcement, tmp_path: Path) -> None:
    """What a second process says of an incident stands in the thread that the first began; of another incident it begins its own."""
    url = f"sqlite:///{tmp_path / 'd.db'}"
    replace(app, threads=Threads(Database(url))).send(announcement)
    after = replace(app, threads=Threads(Database(url)))
    after.send(announcement)
    after.send(replace(announcement, key="payments/incident-2"))
    assert [one.get("thread_ts") for one in workspace.posts] == [None, "17.1", None]


def test_a_thread_that_somebody_took_away_begins_anew(workspace: Workspace, app: SlackApp, announcement: Announcement) -> None:
    """The message is told all the same, and the next ones follow it."""
    app.send(announcement)
    workspace.refuse = ["thread_not_found"]
    app.send(announcement)
    app.send(announcement)
    assert [one.get("thread_ts") for one in workspace.posts] == [None, None, "17.2"]


def test_a_figure_that_cannot_be_shown_does_not_bring_the_message_twice(
    workspace: Workspace, app: SlackApp, announcement: Announcement
) -> None:
    """The message counts."""
    workspace.upload = 500
    app.send(announcement)
    assert len(workspace.posts) == 1


def test_buttons_lead_to_the_service(workspace: Workspace, app: SlackApp, announcement: Announcement) -> None:
    """Where it is taken up and kept back while it goes on; the blocks are still Slack's."""
    there = replace(announcement, answer="https://driftline.example.com/incidents/of?model=payments&number=3")
    app.send(there)
    app.send(replace(there, news="resolved"))
    opened, over = (
        {one["text"]["text"]: one["url"] for one in post["attachments"][0]["blocks"][-1]["elements"]} for post in workspace.posts
    )
    jsonschema.validate(workspace.posts[0]["attachments"][0]["blocks"], BLOCKS)
    assert opened == {"Look": announcement.link, "Acknowledge": f"{there.answer}#take", "Silence": f"{there.answer}#silence"}
    assert over == {"Look": announcement.link}


@pytest.mark.parametrize(
    ("said", "error"),
    [("ratelimited", OutsideError), (503, OutsideError), (429, OutsideError), ("channel_not_found", ConfigError), (404, ConfigError)],
)
def test_what_may_pass_is_tried_again(
    workspace: Workspace, app: SlackApp, announcement: Announcement, said: str | int, error: type[Exception]
) -> None:
    """And what is wrong is told, once: the client asks no second time by itself."""
    workspace.refuse = [said, "again"]
    with pytest.raises(error, match="Slack"):
        app.send(announcement)
    assert workspace.refuse == ["again"]


def test_a_token_that_is_wrong_is_told(app: SlackApp, announcement: Announcement, secret: Callable[[str], Reference]) -> None:
    """In Slack's word, with what to check; the token is not in it."""
    with pytest.raises(ConfigError, match="invalid_auth") as found:
        replace(app, token=secret("xoxb-secret")).send(announcement)
    assert "xoxb-secret" not in str(found.value)


def test_nobody_there_is_tried_again(app: SlackApp, announcement: Announcement) -> None:
    """A port that nobody listens to."""
    with pytest.raises(OutsideError, match="did not answer"):
        replace(app, api="http://127.0.0.1:9/").send(announcement)


def test_internal_addresses_are_refused(app: SlackApp, announcement: Announcement) -> None:
    """Unless somebody allows them."""
    with pytest.raises(ConfigError, match="internal address"):
        replace(app, wire=Wire()).send(announcement)


def test_without_the_package_it_is_said_what_to_install(app: SlackApp, announcement: Announcement, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "slack_sdk", None)
    with pytest.raises(PluginError, match="slack_sdk") as found:
        app.send(announcement)
    assert found.value.hint == "pip install 'driftline[slack]'"
