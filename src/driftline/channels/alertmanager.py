"""Alertmanager: our incidents as alerts of its own, for those who route everything there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from driftline.channels.pagerduty import SEVERITY
from driftline.channels.posting import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.alerting.announcement import Announcement

UNTIL = timedelta(days=30)
"""An alert without an end is dropped after minutes; ours says itself when it is over."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertmanager:
    """An Alertmanager's address."""

    url: str
    wire: Wire = field(default_factory=Wire)
    clock: Callable[[], datetime] = _now

    def send(self, announcement: Announcement) -> None:
        """Post it."""
        self.wire.post(f"{self.url.rstrip('/')}/api/v2/alerts", alerts(announcement, self.clock()))


def alerts(announcement: Announcement, now: datetime) -> list[dict[str, Any]]:
    """An announcement as alerts: one that fires under its severity, and the end of those that it had under others."""
    return [
        {
            "labels": {
                "alertname": "DriftlineIncident",
                "monitor": announcement.monitor,
                "incident": announcement.key,
                "tier": tier,
                "severity": severity,
            },
            "annotations": {
                "summary": announcement.subject,
                "description": announcement.body,
                "since": announcement.since,
                "window": announcement.window,
            },
            "startsAt": (now - timedelta(seconds=1)).isoformat(),
            "endsAt": (now + UNTIL if tier == announcement.tier and not announcement.over else now).isoformat(),
            **({"generatorURL": announcement.link} if announcement.link else {}),
        }
        for tier, severity in SEVERITY.items()
    ]
