"""Streams: the entries between two ids, from a real Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import OutsideError, PluginError
from driftline.sources import streams
from driftline.sources.streams import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = b'{"id": 1}'


@pytest.fixture
def scores(redis_url: str) -> Any:
    """A client of the server; its keys are gone at the beginning."""
    client = pytest.importorskip("redis", reason="the Redis client is not installed").Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


def test_entries_lie_between_two_ids(redis_url: str, scores: Any) -> None:
    """With their times; what has no such field is empty; a stream that is not there has none."""
    with Stream(redis_url, "scores", "g") as stream:
        assert stream.entries(None, None, 9) == []
        for n in range(1, 6):
            scores.xadd("scores", {"row": ROW} if n < 5 else {"other": b"x"}, id=f"{1000 * n}-{n}")
        assert [(one.id, one.at, one.body) for one in stream.entries("1000-1", "3000-3", 9)] == [
            ("2000-2", 2000, ROW),
            ("3000-3", 3000, ROW),
        ]
        assert [one.id for one in stream.entries(None, None, 2)] == ["1000-1", "2000-2"]
        assert [one.body for one in stream.entries("4000-4", None, 9)] == [b""]


def test_what_was_deleted_is_known(redis_url: str, scores: Any) -> None:
    """As far as it had not been read."""
    for n in range(1, 5):
        scores.xadd("scores", {"row": ROW}, id=f"{n}-0")
    with Stream(redis_url, "scores", "g") as stream:
        stream.commit("4-0")
        scores.xtrim("scores", maxlen=1, approximate=False)
        assert not stream.lost_after("4-0")
        for n in range(5, 9):
            scores.xadd("scores", {"row": ROW}, id=f"{n}-0", maxlen=4, approximate=False)
        assert not stream.lost_after("4-0")
        scores.xadd("scores", {"row": ROW}, id="9-0", maxlen=4, approximate=False)
        assert stream.lost_after("4-0")
        scores.xdel("scores", "8-0")
        assert (stream.lost_after("7-0"), stream.lost_after("8-0")) == (True, False)


def test_the_server_is_told_what_was_read(redis_url: str, scores: Any) -> None:
    """A group shows how far behind we are."""
    for n in range(1, 5):
        scores.xadd("scores", {"row": ROW}, id=f"{n}-0")
    with Stream(redis_url, "scores", "g") as stream:
        for done in ("1-0", "3-0"):
            stream.commit(done)
            (group,) = scores.xinfo_groups("scores")
            assert (group["name"], group["last-delivered-id"].decode()) == (b"g", done)


@pytest.mark.parametrize(
    ("broken", "error", "said"),
    [
        (lambda url: Stream("nonsense", "scores", "g"), PluginError, "refuses its URL"),
        (lambda url: Stream("redis://127.0.0.1:1/0", "scores", "g"), OutsideError, "cannot be read"),
        (lambda url: Stream(url, "text", "g"), OutsideError, "WRONGTYPE"),
    ],
)
def test_what_goes_wrong_is_told(
    redis_url: str, scores: Any, monkeypatch: pytest.MonkeyPatch, broken: Callable[[str], Stream], error: type[Exception], said: str
) -> None:
    """A URL that is none, a server that is away, a key that is no stream."""
    monkeypatch.setattr(streams, "WAIT", 0.5)
    scores.set("text", "x")
    with pytest.raises(error, match=said), broken(redis_url) as stream:
        stream.entries(None, None, 9)
