"""Opsgenie's alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema

from driftline.channels.opsgenie import Opsgenie, alert

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.posting import Wire
    from driftline.channels.secrets import Reference

ALERT = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": 130},
        "alias": {"type": "string", "maxLength": 512},
        "description": {"type": "string", "maxLength": 15000},
        "tags": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 50}},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
        "entity": {"type": "string", "maxLength": 512},
        "source": {"type": "string", "maxLength": 100},
        "priority": {"enum": ["P1", "P2", "P3", "P4", "P5"]},
    },
    "required": ["message"],
    "additionalProperties": False,
}
"""As Opsgenie's description of its Alert API has it."""


def test_an_alert_is_opened_and_closed_by_its_alias(
    service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement
) -> None:
    """The key is in the header, and the alias, with all its signs, in the path of what closes it."""
    service.usual = (202, {}, b'{"result": "Request will be processed"}')
    ops = Opsgenie(key=secret("k1"), url=service.url, wire=wire)
    ops.send(announcement)
    ops.send(replace(announcement, news="resolved"))
    opened, closed = service.asked
    jsonschema.validate(opened.body, ALERT)
    assert opened.headers["authorization"] == closed.headers["authorization"] == "GenieKey k1"
    assert (opened.path, opened.body["priority"], opened.body["alias"]) == ("/v2/alerts", "P1", announcement.key)
    assert closed.path == "/v2/alerts/payments%2F2026-03-09/close?identifierType=alias"


def test_long_texts_fit(announcement: Announcement) -> None:
    """Opsgenie refuses longer ones."""
    jsonschema.validate(alert(replace(announcement, subject="s" * 500, body="b" * 20_000, key="k" * 999)), ALERT)
