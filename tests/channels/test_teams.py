"""Teams' adaptive cards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema

from driftline.channels.teams import Teams, card

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.posting import Wire
    from driftline.channels.secrets import Reference

BLOCK = {
    "oneOf": [
        {
            "properties": {
                "type": {"const": "TextBlock"},
                "text": {"type": "string"},
                "wrap": {"type": "boolean"},
                "weight": {"enum": ["Default", "Lighter", "Bolder"]},
                "size": {"enum": ["Default", "Small", "Medium", "Large", "ExtraLarge"]},
                "color": {"enum": ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]},
            },
            "required": ["type", "text"],
            "additionalProperties": False,
        },
        {
            "properties": {
                "type": {"const": "FactSet"},
                "facts": {"type": "array", "items": {"required": ["title", "value"], "additionalProperties": {"type": "string"}}},
            },
            "required": ["type", "facts"],
            "additionalProperties": False,
        },
    ]
}
MESSAGE = {
    "type": "object",
    "required": ["type", "attachments"],
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "maxItems": 1,
            "items": {
                "required": ["contentType", "content"],
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "content": {
                        "required": ["type", "version", "body"],
                        "properties": {
                            "type": {"const": "AdaptiveCard"},
                            "version": {"enum": ["1.2", "1.3", "1.4", "1.5"]},
                            "body": {"type": "array", "items": BLOCK},
                            "actions": {
                                "type": "array",
                                "items": {"required": ["type", "title", "url"], "properties": {"type": {"const": "Action.OpenUrl"}}},
                            },
                        },
                    },
                },
            },
        },
    },
}
"""A workflow's message with an adaptive card, as Microsoft's schema has the parts that we use."""


def test_a_card_arrives(service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement) -> None:
    """It fits the schema, has its colour and its link, and names are no Markdown."""
    service.usual = (202, {}, b"")
    Teams(url=secret(service.url), wire=wire).send(announcement)
    body = service.asked[0].body
    jsonschema.validate(body, MESSAGE)
    content = body["attachments"][0]["content"]
    assert content["body"][0]["color"] == "Attention"
    assert "\\[amount\\](" in content["body"][1]["text"]
    assert content["actions"][0]["url"] == announcement.link


def test_what_is_over_is_good(announcement: Announcement) -> None:
    """Green, and without a link there is no button."""
    made = card(replace(announcement, news="resolved", link=""))
    jsonschema.validate(made, MESSAGE)
    assert made["attachments"][0]["content"]["body"][0]["color"] == "Good"
    assert "actions" not in made["attachments"][0]["content"]
