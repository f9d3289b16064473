"""Messages to all channels, side by side."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from driftline.channels.courier import FIRST_PAUSE, Courier, Route
from driftline.channels.posting import Wire
from driftline.channels.webhook import Webhook
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from conftest import Service

    from driftline.alerting.announcement import Announcement


@dataclass
class Box:
    """A channel that keeps what it gets, after as many failures as it is told."""

    failures: list[Exception] = field(default_factory=list)
    got: list[Announcement] = field(default_factory=list)
    tries: int = 0

    def send(self, announcement: Announcement) -> None:
        """Keep it, or fail."""
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(announcement)


def silent(seconds: float) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize(
    ("routes", "tier", "to"),
    [
        ((), "look", ["a", "b"]),
        ((), "digest", []),
        ((Route("a", "page"), Route("b")), "look", ["b"]),
        ((Route("a", "page"), Route("b"), Route("b", "page")), "page", ["a", "b"]),
        ((Route("a", "digest"),), "digest", ["a"]),
        ((Route("a", monitors=frozenset({"other"})),), "page", []),
    ],
)
def test_routes(announcement: Announcement, routes: tuple[Route, ...], tier: str, to: list[str]) -> None:
    """Each channel gets what is urgent enough for it, once."""
    assert Courier({"a": Box(), "b": Box()}, routes).receivers(replace(announcement, tier=tier)) == to


def test_trouble_is_tried_again_with_longer_pauses(announcement: Announcement) -> None:
    """Twice the pause each time; then it is given up, and told."""
    pauses: list[float] = []
    fine, dead = Box([OutsideError("no"), OutsideError("no")]), Box([OutsideError("gone")] * 9)
    first = Courier({"a": fine}, sleep=pauses.append).send([announcement])
    assert pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert [(one.attempts, one.error) for one in first] == [(3, "")]
    (sent,) = Courier({"a": dead}, sleep=silent).send([announcement])
    assert (sent.attempts, sent.error) == (3, "gone")


def test_a_refusal_is_not_tried_again(announcement: Announcement) -> None:
    """It would be refused again."""
    box = Box([ConfigError("wrong key", hint="look it up")])
    (sent,) = Courier({"a": box}, sleep=silent).send([announcement])
    assert (box.tries, sent.error, sent.hint) == (1, "wrong key", "look it up")


def test_a_dead_channel_is_told_on_the_others(announcement: Announcement) -> None:
    """With what it should have brought; once, however much it should have brought."""
    dead, alive = Box([OutsideError("gone")] * 99), Box()
    Courier({"dead": dead, "alive": alive}, sleep=silent).send([announcement, replace(announcement, id="2")])
    assert [one.key for one in alive.got] == [announcement.key, announcement.key, "dead channel/dead"]
    told = alive.got[-1]
    assert "'dead'" in told.subject
    assert announcement.subject in told.body
    assert dead.tries == 3


def test_a_slow_channel_keeps_no_other_waiting(announcement: Announcement) -> None:
    """The others have their messages while it still thinks."""
    fast, gate = Box(), threading.Event()

    @dataclass
    class Slow:
        def send(self, announcement: Announcement) -> None:
            assert gate.wait(10)

    courier = Courier({"slow": Slow(), "fast": fast})
    thread = threading.Thread(target=courier.send, args=([announcement],))
    thread.start()
    end = time.monotonic() + 5
    while not fast.got and time.monotonic() < end:
        time.sleep(0.005)
    assert fast.got == [announcement]
    assert thread.is_alive()
    gate.set()
    thread.join(10)


def test_each_channel_gets_its_messages_in_order(announcement: Announcement) -> None:
    """What began is told before what is over."""
    box = Box()
    some = [replace(announcement, id=str(n)) for n in range(50)]
    Courier({"a": box}).send(some)
    assert box.got == some


def test_an_example_goes_where_it_is_sent(announcement: Announcement) -> None:
    """Whatever the routes say."""
    a, b = Box(), Box()
    Courier({"a": a, "b": b}, (Route("b", "page"),)).show(replace(announcement, tier="look"), ["a"])
    assert (len(a.got), len(b.got)) == (1, 0)


def test_over_the_wire(service: Service, announcement: Announcement) -> None:
    """A real server that is in trouble first, and then takes it."""
    service.answers = [(503, {}, b""), (429, {}, b"")]
    hook = Webhook(url=service.url, wire=Wire(internal=True, timeout=5))
    (sent,) = Courier({"hook": hook}, sleep=silent).send([announcement])
    assert (sent.attempts, sent.error, len(service.asked)) == (3, "", 3)
    assert len({one.headers["idempotency-key"] for one in service.asked}) == 1
