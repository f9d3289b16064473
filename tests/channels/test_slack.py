"""Slack's webhooks, threads and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from driftline.channels.slack import SlackApp, SlackWebhook, message, shortened
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.posting import Wire
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
    from dataclasses import replace

    long = replace(announcement, subject="<" * 400, body="&" * 4000)
    jsonschema.validate(message(long)["attachments"][0]["blocks"], BLOCKS)
    assert shortened("abc", 3) == "abc"


def slack(service: Service) -> Any:
    """Answers as Slack does to an app's calls, in the order in which they come."""
    return [
        (200, {}, b'{"ok": true, "ts": "17.5", "channel": "C1"}'),
        (200, {}, json.dumps({"ok": True, "upload_url": f"{service.url}/upload", "file_id": "F1"}).encode()),
        (200, {}, b"OK - 100"),
        (200, {}, b'{"ok": true}'),
    ]


def test_an_incident_is_one_thread_with_its_figure(
    service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement
) -> None:
    """The first message begins the thread; figures and later messages belong to it."""
    app = SlackApp(token=secret("xoxb"), channel="#ml", api=f"{service.url}/api/", wire=wire)
    service.answers = slack(service) + slack(service)
    app.send(announcement)
    app.send(announcement)
    first, asked, file, whole, second = service.asked[:5]
    assert [urlsplit(one.path).path for one in (first, asked, file, whole)] == [
        "/api/chat.postMessage", "/api/files.getUploadURLExternal", "/upload", "/api/files.completeUploadExternal",
    ]  # fmt: skip
    assert first.headers["authorization"] == "Bearer xoxb"
    assert "thread_ts" not in first.body
    assert second.body["thread_ts"] == "17.5"
    assert file.raw.startswith(b"\x89PNG")
    assert parse_qs(urlsplit(asked.path).query)["length"] == [str(len(file.raw))]
    assert whole.body == {"files": [{"id": "F1", "title": "drift of amount"}], "channel_id": "C1", "thread_ts": "17.5"}
    assert "authorization" not in file.headers


@pytest.mark.parametrize(("said", "error"), [("ratelimited", OutsideError), ("channel_not_found", ConfigError), (None, ConfigError)])
def test_slack_says_200_and_means_no(
    service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement, said: str | None, error: type[Exception]
) -> None:
    """What may pass is tried again; what is wrong is told."""
    service.answers = [(200, {}, json.dumps({"ok": False, "error": said}).encode() if said else b"hello")]
    with pytest.raises(error, match=said or "not Slack's"):
        SlackApp(token=secret("t"), channel="c", api=f"{service.url}/", wire=wire).send(announcement)
