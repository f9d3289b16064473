"""PagerDuty's events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from driftline.channels.pagerduty import PagerDuty, event

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.posting import Wire
    from driftline.channels.secrets import Reference

EVENT = {
    "type": "object",
    "properties": {
        "routing_key": {"type": "string", "minLength": 1},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "client": {"type": "string"},
        "client_url": {"type": "string"},
        "payload": {
            "type": "object",
            "properties": {
                "summary": {"type": "string", "maxLength": 1024},
                "source": {"type": "string"},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": {"type": "string"},
                "component": {"type": "string"},
                "group": {"type": "string"},
                "class": {"type": "string"},
                "custom_details": {"type": "object"},
            },
            "required": ["summary", "source", "severity"],
            "additionalProperties": False,
        },
        "links": {"type": "array", "items": {"required": ["href"], "properties": {"href": {}, "text": {}}, "additionalProperties": False}},
        "images": {"type": "array"},
    },
    "required": ["routing_key", "event_action", "payload"],
    "additionalProperties": False,
}
"""As PagerDuty's description of its Events API v2 has it."""


def test_an_incident_is_triggered_and_resolved_by_one_key(
    service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement
) -> None:
    """Both events fit the schema; the key is the incident's."""
    service.usual = (202, {}, b'{"status": "success"}')
    pager = PagerDuty(routing_key=secret("R" * 32), url=service.url, wire=wire)
    pager.send(announcement)
    pager.send(replace(announcement, news="resolved"))
    bodies = [one.body for one in service.asked]
    for body in bodies:
        jsonschema.validate(body, EVENT)
    assert [body["event_action"] for body in bodies] == ["trigger", "resolve"]
    assert {body["dedup_key"] for body in bodies} == {announcement.key}
    assert bodies[0]["payload"]["severity"] == "critical"


@pytest.mark.parametrize(("tier", "severity"), [("digest", "info"), ("look", "warning"), ("retrain", "error"), ("page", "critical")])
def test_tiers_are_severities(announcement: Announcement, tier: str, severity: str) -> None:
    """Each tier has its own."""
    assert event(replace(announcement, tier=tier), "k")["payload"]["severity"] == severity


def test_long_texts_fit(announcement: Announcement) -> None:
    """PagerDuty refuses longer ones; the key keeps its end."""
    made = event(replace(announcement, subject="s" * 2000, key="m" * 400 + "/2026-03-09", link=""), "k")
    jsonschema.validate(made, EVENT)
    assert made["dedup_key"].endswith("/2026-03-09")
