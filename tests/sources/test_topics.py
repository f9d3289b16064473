"""Topics: the messages of a partition between two offsets, from a cluster that lives in the client."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.errors import OutsideError, PluginError
from driftline.sources import topics
from driftline.sources.topics import Topic

KAFKA = pytest.importorskip("confluent_kafka", reason="the Kafka client is not installed")


@pytest.fixture(scope="module")
def cluster() -> Any:
    """What writes messages; the cluster lives as long as it does."""
    producer = KAFKA.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 0})
    for partition, many in ((0, 5), (1, 2)):
        for n in range(many):
            producer.produce("scores", value=f"{partition} {n}", partition=partition, timestamp=1_700_000_000_000 + n)
    assert producer.flush(20) == 0
    return producer


@pytest.fixture
def servers(cluster: Any) -> str:
    """Where the cluster listens."""
    return ",".join(f"{one.host}:{one.port}" for one in cluster.list_topics(timeout=10).brokers.values())


def test_messages_lie_between_two_offsets(servers: str) -> None:
    """With their places and times, of one partition at a time."""
    with Topic(servers, "scores", "g") as topic:
        ends = topic.ends()
        assert (ends[0], ends[1]) == ((0, 5), (0, 2))
        assert [(one.offset, one.at, one.body) for one in topic.read(0, 1, 3)] == [
            (1, 1_700_000_000_001, b"0 1"),
            (2, 1_700_000_000_002, b"0 2"),
        ]
        assert [one.body for one in topic.read(1, 0, 2)] == [b"1 0", b"1 1"]
        assert list(topic.read(0, 5, 5)) == []


def test_brokers_are_told_what_was_read(servers: str) -> None:
    """And only when somebody says so."""
    with Topic(servers, "scores", "h") as topic:
        list(topic.read(0, 0, 5))
        topic.commit({0: 3})
    asked = KAFKA.Consumer({"bootstrap.servers": servers, "group.id": "h", "log_level": 0})
    (known,) = asked.committed([KAFKA.TopicPartition("scores", 0)], timeout=10)
    asked.close()
    assert known.offset == 3


def test_whoever_sends_nothing_is_outside(servers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brokers that are away, and an offset that never comes."""
    monkeypatch.setattr(topics, "WAIT", 0.5)
    with Topic("127.0.0.1:1", "scores", "g") as topic, pytest.raises(OutsideError, match="cannot be read"):
        topic.ends()
    with Topic(servers, "scores", "g") as topic, pytest.raises(OutsideError, match="sends nothing"):
        list(topic.read(0, 4, 9))


def test_a_setting_that_does_not_exist_is_told(servers: str) -> None:
    """With what the client says of it."""
    with pytest.raises(PluginError, match=r"no\.such\.setting"):
        Topic(servers, "scores", "g", {"no.such.setting": "1"})
