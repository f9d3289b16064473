"""PagerDuty, by its Events API v2: one incident there for each of ours, closed when ours is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driftline.channels.posting import Wire
from driftline.channels.slack import shortened

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

URL = "https://events.pagerduty.com/v2/enqueue"
SEVERITY = {"digest": "info", "look": "warning", "retrain": "error", "page": "critical"}
LONGEST_KEY, LONGEST_SUMMARY = 255, 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """A service's integration key."""

    routing_key: Reference
    url: str = URL
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Trigger, or resolve."""
        self.wire.post(self.url, event(announcement, self.routing_key.look_up()))


def event(announcement: Announcement, routing_key: str) -> dict[str, Any]:
    """An announcement as an event."""
    made: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": "resolve" if announcement.over else "trigger",
        "dedup_key": dedup(announcement.key, LONGEST_KEY),
        "client": "driftline",
        "payload": {
            "summary": shortened(announcement.subject, LONGEST_SUMMARY),
            "source": announcement.monitor,
            "severity": SEVERITY[announcement.tier],
            "class": announcement.tier,
            "custom_details": {"what": announcement.body, "since": announcement.since, "window": announcement.window},
        },
    }
    if announcement.link:
        made["links"] = [{"href": announcement.link, "text": "Look"}]
    return made


def dedup(key: str, most: int) -> str:
    """A key that is taken whole: a long one keeps its end, which tells incidents apart.

    >>> dedup("payments/2026-03-01", 10)
    '2026-03-01'
    """
    return key[-most:]
