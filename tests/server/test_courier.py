"""The courier: letters leave in a thread of its own, and whatever goes wrong it goes on."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import ConfigError, OutsideError
from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.store.tables import outbox

if TYPE_CHECKING:
    from collections.abc import Callable


class _Post:
    """Fails as it is told, then brings."""

    def __init__(self, *fails: Exception) -> None:
        self.fails = list(fails)
        self.brought: list[str] = []
        self.done = Event()

    def begin(self) -> None:
        return

    def receivers(self, letter: Any) -> tuple[str, ...]:
        return ("somebody",)

    def place(self, receiver: str, letter: Any) -> str:
        return receiver

    def deliver(self, receiver: str, letter: Any) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.brought.append(letter.key)
        self.done.set()


@pytest.fixture
def write(small: Any) -> Callable[[str], None]:
    """Puts a message into the outbox."""

    def put(key: str) -> None:
        body = '{"monitor": "churn", "incident": 1, "news": "opened", "tier": "look", "subject": "it moved"}'
        with small.service.database.writing() as tx:
            tx.execute(outbox.insert().values(topic="message", key=key, body=body, created=wall_clock()))

    return put


def test_what_is_written_leaves_by_itself(small: Any, write: Callable[[str], None]) -> None:
    """Within two seconds, also after a mistake of ours."""
    post = _Post(RuntimeError("ours"))
    courier = Courier(small.service.database, post, wall_clock, "me")
    courier.start()
    write("a")
    begin = time.monotonic()
    assert post.done.wait(20)
    courier.stop()
    assert time.monotonic() - begin < 15
    assert post.brought == ["a"]


def test_what_fails_is_tried_again_later(small: Any, write: Callable[[str], None]) -> None:
    """Not at once; the store knows why."""
    post, ahead = _Post(OutsideError("away", hint="")), [timedelta(0)]
    courier = Courier(small.service.database, post, lambda: wall_clock() + ahead[0], "me")
    write("a")
    assert (courier.round().failed, courier.round().failed, post.brought) == (1, 0, [])
    assert small.service.incidents.messages()[0]["receivers"][0]["error"] == "away"
    ahead[0] = timedelta(minutes=1)
    assert (courier.round().sent, post.brought) == (1, ["a"])


def test_what_is_given_up_is_told(small: Any, write: Callable[[str], None], caplog: pytest.LogCaptureFixture) -> None:
    """In the log."""
    write("a")
    Courier(small.service.database, _Post(ConfigError("no such channel", hint="")), wall_clock, "me").round()
    assert [line.__dict__.get("why") for line in caplog.records if line.levelno == logging.ERROR] == ["somebody: no such channel"]
