"""Opsgenie, by its Alert API: one alert there for each incident, known by its alias."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from driftline.channels.pagerduty import dedup
from driftline.channels.posting import Wire
from driftline.channels.slack import shortened

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

URL = "https://api.opsgenie.com"
PRIORITY = {"digest": "P5", "look": "P4", "retrain": "P2", "page": "P1"}
LONGEST_MESSAGE, LONGEST_DESCRIPTION, LONGEST_ALIAS = 130, 15_000, 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Opsgenie:
    """An API key; `url` is https://api.eu.opsgenie.com for accounts in Europe."""

    key: Reference
    url: str = URL
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Open an alert, add to it, or close it."""
        headers = {"Authorization": f"GenieKey {self.key.look_up()}"}
        place = f"{self.url.rstrip('/')}/v2/alerts"
        if announcement.over:
            alias = quote(dedup(announcement.key, LONGEST_ALIAS), safe="")
            body: dict[str, Any] = {"source": "driftline", "note": shortened(announcement.subject, LONGEST_DESCRIPTION)}
            self.wire.post(f"{place}/{alias}/close?identifierType=alias", body, headers)
            return
        self.wire.post(place, alert(announcement), headers)


def alert(announcement: Announcement) -> dict[str, Any]:
    """An announcement as an alert."""
    link = {"link": announcement.link} if announcement.link else {}
    return {
        "message": shortened(announcement.subject, LONGEST_MESSAGE),
        "alias": dedup(announcement.key, LONGEST_ALIAS),
        "description": shortened(f"{announcement.subject}\n\n{announcement.body}", LONGEST_DESCRIPTION),
        "tags": ["driftline", announcement.tier],
        "details": {"since": announcement.since, "window": announcement.window, **link},
        "entity": announcement.monitor,
        "source": "driftline",
        "priority": PRIORITY[announcement.tier],
    }
