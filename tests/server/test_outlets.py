"""Outlets: a message goes to the channels that its monitor's YAML names, by way of the outbox."""

from __future__ import annotations

import json
import logging
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.server.outlets import Outlets
from driftline.store.tables import outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # http.server's name
        server: Any = self.server
        server.asked.append((self.headers["Idempotency-Key"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(server.status)
        self.end_headers()
        self.wfile.write(b'{"ok": true, "ts": "17.1", "channel": "C1"}')

    def log_message(self, *words: Any) -> None:
        return


@pytest.fixture
def hook() -> Iterator[Any]:
    """A receiver of webhooks."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def write(small: Any) -> Callable[..., None]:
    """Puts a message of a monitor into the outbox."""

    def put(monitor: str, tier: str = "page") -> None:
        body = {"key": f"{monitor}/incident-1", "id": f"{monitor}/1/opened", "monitor": monitor, "news": "opened", "tier": tier}
        more = {"subject": "it moved", "body": "Look.", "window": "w", "since": "w", "members": [], "incident": 1}
        values = {"key": f"{monitor} {tier}", "body": json.dumps({**body, **more}), "created": wall_clock()}
        with small.service.database.writing() as tx:
            tx.execute(outbox.insert().values(topic="message", **values))

    return put


def alerts(port: int, least: str = "look") -> str:
    """The part of the YAML."""
    hook = f"{{kind: webhook, url: 'http://127.0.0.1:{port}/', internal: true}}"
    return f"\n  channels: {{hook: {hook}}}\n  routes: [{{to: hook, tier: {least}}}]"


def test_a_message_goes_to_the_channels_of_its_monitor(small: Any, hook: Any, write: Callable[..., None]) -> None:
    """Those that its routes choose; a change of the YAML counts at once."""
    small.change(alerts=alerts(hook.server_port))
    courier = Courier(small.service.database, Outlets(small.service), wall_clock, "me")
    write("churn")
    assert courier.round().sent == 1
    assert [(key, body["subject"]) for key, body in hook.asked] == [("churn/1/opened", "it moved")]
    small.change(alerts=alerts(hook.server_port, "page"))
    write("churn", "look")
    assert (courier.round().sent, len(hook.asked)) == (0, 1)
    assert small.service.incidents.messages()[0]["receivers"] == []


def test_a_channel_that_is_away_is_tried_again(small: Any, hook: Any, write: Callable[..., None]) -> None:
    """And the store knows what it said."""
    small.change(alerts=alerts(hook.server_port))
    hook.status = 503
    write("churn")
    assert Courier(small.service.database, Outlets(small.service), wall_clock, "me").round().failed == 1
    (receiver,) = small.service.incidents.messages()[0]["receivers"]
    assert (receiver["receiver"], receiver["done"], "503" in receiver["error"]) == ("hook", False, True)


def test_slack_hears_of_an_incident_in_one_thread_across_restarts(
    small: Any, hook: Any, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that starts anew knows where the thread began; buttons lead to the incident's page."""
    monkeypatch.setenv("DRIFTLINE_TEST_SLACK", "xoxb-1")
    channel = (
        f"{{kind: slack app, token: 'env:DRIFTLINE_TEST_SLACK', channel: C1, url: 'http://127.0.0.1:{hook.server_port}', internal: true}}"
    )
    small.change(alerts=f"{{channels: {{team: {channel}}}, service: 'https://d.example.com'}}")
    for tier in ("look", "page"):
        write("churn", tier)
        assert Courier(small.service.database, Outlets(small.service), wall_clock, f"me {tier}").round().sent == 1
    (_, first), (_, second) = hook.asked
    assert ("thread_ts" in first, second["thread_ts"]) == (False, "17.1")
    urls = [one["url"] for one in first["attachments"][0]["blocks"][-1]["elements"]]
    page = "https://d.example.com/incidents/of?model=churn&number=1"
    assert urls == [page, f"{page}#take", f"{page}#silence"]


def test_a_secret_that_is_not_there_is_waited_for(small: Any, write: Callable[..., None]) -> None:
    """Whoever sets it later has the message then."""
    small.change(alerts="\n  channels: {team: {kind: slack, url: 'env:DRIFTLINE_TEST_NOWHERE'}}")
    write("churn")
    posted = Courier(small.service.database, Outlets(small.service), wall_clock, "me").round()
    assert (posted.failed, posted.given_up) == (1, ())


@pytest.mark.parametrize("monitor", ["churn", "somebody who is gone"])
def test_without_channels_messages_are_in_the_log(
    small: Any, write: Callable[..., None], caplog: pytest.LogCaptureFixture, monitor: str
) -> None:
    """One line each, with its subject."""
    write(monitor)
    with caplog.at_level(logging.WARNING, "driftline"):
        assert Courier(small.service.database, Outlets(small.service), wall_clock, "me").round().sent == 1
    assert [(line.message, line.__dict__["subject"]) for line in caplog.records] == [("told", "it moved")]


def test_a_dead_channel_is_told_on_the_others(small: Any, hook: Any, write: Callable[..., None]) -> None:
    """When it has failed some times, one after another; once, until it works again."""
    other = "{kind: webhook, url: 'http://127.0.0.1:9/', internal: true}"
    small.change(
        alerts=alerts(hook.server_port).replace("{hook:", f"{{dead: {other}, hook:").replace("[{to: hook", "[{to: dead}, {to: hook")
    )
    outlets = Outlets(small.service)
    write("churn")
    for turn in range(5):
        Courier(small.service.database, outlets, lambda turn=turn: wall_clock() + timedelta(hours=turn), f"me {turn}").round()
    assert [key for key, _ in hook.asked] == ["churn/1/opened", "dead channel/dead/churn/1/opened"]
    assert "'dead'" in hook.asked[1][1]["subject"]
