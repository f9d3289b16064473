"""Our incidents as Alertmanager's alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jsonschema

from driftline.channels.alertmanager import Alertmanager, alerts

if TYPE_CHECKING:
    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.posting import Wire

NOW = datetime(2026, 3, 9, 3, tzinfo=UTC)
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
POSTABLE = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["labels"],
        "properties": {
            "startsAt": {"type": "string", "format": "date-time"},
            "endsAt": {"type": "string", "format": "date-time"},
            "generatorURL": {"type": "string", "format": "uri"},
            "labels": TEXTS,
            "annotations": TEXTS,
        },
        "additionalProperties": False,
    },
}
"""`postableAlerts` of Alertmanager's own OpenAPI description, version 2."""


def firing(body: list[dict[str, object]]) -> list[str]:
    """Severities of the alerts that have not ended."""
    return [one["labels"]["severity"] for one in body if datetime.fromisoformat(str(one["endsAt"])) > NOW]  # type: ignore[index]  # made by us


def test_alerts_arrive(service: Service, wire: Wire, announcement: Announcement) -> None:
    """At the place of version 2 of the API, with labels and annotations that are texts."""
    Alertmanager(url=f"{service.url}/", wire=wire, clock=lambda: NOW).send(announcement)
    (asked,) = service.asked
    assert asked.path == "/api/v2/alerts"
    jsonschema.validate(asked.body, POSTABLE)
    assert firing(asked.body) == ["critical"]


def test_one_severity_fires_at_a_time(announcement: Announcement) -> None:
    """What gets worse fires under its new severity alone, and what is over under none."""
    assert firing(alerts(replace(announcement, tier="look"), NOW)) == ["warning"]
    assert firing(alerts(announcement, NOW)) == ["critical"]
    assert firing(alerts(replace(announcement, news="resolved"), NOW)) == []
    first, second = alerts(replace(announcement, tier="look"), NOW), alerts(announcement, NOW)
    assert [one["labels"] for one in first] == [one["labels"] for one in second]
