"""PagerDuty, by its own package for the Events API v2: one incident there for each of ours, closed when ours is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driftline.channels.official import checked, context, official
from driftline.channels.posting import TOO_MANY, Wire
from driftline.channels.slack import shortened
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

URL = "https://events.pagerduty.com"
ENQUEUE = "/v2/enqueue"
SEVERITY = {"digest": "info", "look": "warning", "retrain": "error", "page": "critical"}
LONGEST_KEY, LONGEST_SUMMARY = 255, 1024
TROUBLE = (TOO_MANY, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """A service's integration key; `url` is https://events.eu.pagerduty.com for accounts in Europe."""

    routing_key: Reference
    url: str = URL
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Trigger, or resolve."""
        sdk = official("pagerduty", "pagerduty")
        action, key, said = event(announcement)
        try:
            with self._client(sdk) as client:
                client.send_event(action, dedup_key=key, **said)
        except sdk.UrlError as error:
            raise ConfigError(f"{self.url!r} is no address of PagerDuty's", hint=f"write {URL}") from error
        except sdk.Error as error:
            raise _told(error) from error

    def _client(self, sdk: Any) -> Any:
        """PagerDuty's client, which would try again by itself for minutes; the outbox does that without keeping others waiting."""
        url = checked(self.url.rstrip("/").removesuffix(ENQUEUE), self.wire)
        client = sdk.EventsApiV2Client(self.routing_key.look_up(), base_url=url, verify=context(self.wire))
        client.timeout = self.wire.timeout
        client.max_network_attempts, client.max_http_attempts = 0, -1
        client.sleep_timer = 0
        client.retry = dict.fromkeys(TROUBLE, 1)
        return client


def event(announcement: Announcement) -> tuple[str, str, dict[str, Any]]:
    """An announcement as an event: what to do, the key by which PagerDuty knows the incident, and what is said of it."""
    key, links = dedup(announcement.key, LONGEST_KEY), [{"href": url, "text": name} for name, url in announcement.doors]
    said: dict[str, Any] = {
        "client": "driftline",
        "payload": {
            "summary": shortened(announcement.subject, LONGEST_SUMMARY),
            "source": announcement.monitor,
            "severity": SEVERITY[announcement.tier],
            "class": announcement.tier,
            "custom_details": {"what": announcement.body, "since": announcement.since, "window": announcement.window},
        },
    }
    return "resolve" if announcement.over else "trigger", key, said | ({"links": links} if links else {})


def _told(error: Any) -> ConfigError | OutsideError:
    """What went wrong: something that may pass, or something that has to be changed."""
    if error.response is None:
        return OutsideError("PagerDuty did not answer", hint="it is tried again")
    status, text = error.response.status_code, error.response.text[:200].strip()
    if status in TROUBLE or status < 300:  # noqa: PLR2004  HTTP's own: it took the event, and answers what is not PagerDuty's
        return OutsideError(f"PagerDuty answered {status}: {text}", hint="it is tried again")
    return ConfigError(f"PagerDuty refuses the event with {status}: {text}", hint="check the integration key and the address")


def dedup(key: str, most: int) -> str:
    """A key that is taken whole: a long one keeps its end, which tells incidents apart.

    >>> dedup("payments/2026-03-01", 10)
    '2026-03-01'
    """
    return key[-most:]
