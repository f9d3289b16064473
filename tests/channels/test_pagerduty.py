"""PagerDuty's events."""

from __future__ import annotations

import ssl
import sys
from dataclasses import replace
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from driftline.channels.pagerduty import PagerDuty, event
from driftline.channels.posting import Wire
from driftline.channels.secrets import Reference
from driftline.errors import ConfigError, OutsideError, PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Service

    from driftline.alerting.announcement import Announcement

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


@pytest.fixture
def events(service: Service, handler: type, certified: Callable[[str], tuple[str, str]]) -> Iterator[Callable[..., PagerDuty]]:
    """PagerDuty's address on this machine: its package speaks nothing but TLS, so that a door of TLS stands before the server."""
    cert, key = certified("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    server.service = service  # type: ignore[attr-defined]  # the handler looks there
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    service.usual = (202, {"Content-Type": "application/json"}, b'{"status": "success", "dedup_key": "k"}')

    def made(url: str = f"https://localhost:{server.server_address[1]}", **other: Any) -> PagerDuty:
        wire = Wire(**{"timeout": 5, "internal": True, "trust": cert, **other})
        return PagerDuty(routing_key=Reference("env:IT", environ={"IT": "R" * 32}), url=url, wire=wire)

    yield made
    server.shutdown()
    server.server_close()


def test_an_incident_is_triggered_and_resolved_by_one_key(
    service: Service, events: Callable[..., PagerDuty], announcement: Announcement
) -> None:
    """Both events fit the schema; the key is the incident's, the severity the tier's, and the links lead to the service."""
    there = replace(announcement, answer="https://d.example.com/incidents/of?model=payments&number=3")
    events().send(there)
    events().send(replace(there, news="resolved"))
    bodies = [one.body for one in service.asked]
    for body in bodies:
        jsonschema.validate(body, EVENT)
        assert body["routing_key"] == "R" * 32
    assert [one.path for one in service.asked] == ["/v2/enqueue"] * 2
    assert [body["event_action"] for body in bodies] == ["trigger", "resolve"]
    assert {body["dedup_key"] for body in bodies} == {announcement.key}
    assert bodies[0]["payload"]["severity"] == "critical"
    assert [one["text"] for one in bodies[0]["links"]] == ["Look", "Acknowledge", "Silence"]


def test_the_address_may_be_that_of_the_events_themselves(
    service: Service, events: Callable[..., PagerDuty], announcement: Announcement
) -> None:
    """As PagerDuty's pages write it."""
    made = events()
    replace(made, url=f"{made.url}/v2/enqueue").send(announcement)
    assert service.asked[0].path == "/v2/enqueue"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ConfigError), (401, ConfigError), (302, ConfigError), (429, OutsideError), (503, OutsideError), (200, OutsideError)],
)
def test_what_may_pass_is_tried_again(
    service: Service, events: Callable[..., PagerDuty], announcement: Announcement, status: int, error: type[Exception]
) -> None:
    """By the outbox: the client asks once, and no secret is told."""
    service.usual = (status, {}, b"no")
    with pytest.raises(error) as found:
        events().send(announcement)
    assert len(service.asked) == 1
    assert "R" * 32 not in str(found.value)


def test_an_address_must_be_public_and_of_tls(events: Callable[..., PagerDuty], announcement: Announcement) -> None:
    """The package refuses the one, driftline the other; nobody there is tried again."""
    with pytest.raises(ConfigError, match="internal address"):
        events(internal=False).send(announcement)
    with pytest.raises(ConfigError, match="no address of PagerDuty's"):
        events("http://localhost:9").send(announcement)
    with pytest.raises(OutsideError, match="did not answer"):
        events("https://localhost:9").send(announcement)


def test_without_the_package_it_is_said_what_to_install(
    events: Callable[..., PagerDuty], announcement: Announcement, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "pagerduty", None)
    with pytest.raises(PluginError, match="pagerduty") as found:
        events().send(announcement)
    assert found.value.hint == "pip install 'driftline[pagerduty]'"


@pytest.mark.parametrize(("tier", "severity"), [("digest", "info"), ("look", "warning"), ("retrain", "error"), ("page", "critical")])
def test_tiers_are_severities(announcement: Announcement, tier: str, severity: str) -> None:
    """Each tier has its own."""
    assert event(replace(announcement, tier=tier))[2]["payload"]["severity"] == severity


def test_long_texts_fit(announcement: Announcement) -> None:
    """PagerDuty refuses longer ones; the key keeps its end."""
    action, key, said = event(replace(announcement, subject="s" * 2000, key="m" * 400 + "/2026-03-09", link=""))
    jsonschema.validate({"routing_key": "k", "event_action": action, "dedup_key": key, **said}, EVENT)
    assert key.endswith("/2026-03-09")
