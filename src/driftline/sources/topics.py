"""Message streams that speak Kafka's protocol: the messages of one topic, partition by partition, from one offset to another."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from driftline.errors import OutsideError, PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

WAIT = 15.0
"""Seconds until a broker must have answered."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its place, when it was written (in milliseconds since 1970; None where nobody knows), and its body."""

    offset: int
    at: int | None
    body: bytes | None


class Topic:
    """A topic, open for reading. What was read is told to the brokers only when somebody says so.

    Args:
        servers: where brokers listen, such as `kafka:9092`.
        name: the topic's name.
        group: under which name the brokers keep how far it was read.
        settings: of librdkafka, such as those for signing in.

    Raises:
        PluginError: the client is not installed, or refuses a setting.
        OutsideError: no broker answers, or there is no such topic.
    """

    def __init__(self, servers: str, name: str, group: str, settings: Mapping[str, str] | None = None) -> None:
        try:
            import confluent_kafka  # noqa: PLC0415  an extra
        except ImportError as error:
            raise PluginError("the package 'confluent_kafka' is not installed", hint="pip install 'driftline[streams]'") from error
        self._kafka: Any = confluent_kafka
        self.name = name
        own = {"bootstrap.servers": servers, "group.id": group, "enable.auto.commit": False, "enable.partition.eof": True, "log_level": 0}
        try:
            self._consumer = confluent_kafka.Consumer({**(settings or {}), **own})
        except confluent_kafka.KafkaException as error:
            raise PluginError(f"the Kafka client refuses its settings: {_said(error)}", hint="see librdkafka's CONFIGURATION.md") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._consumer.close()

    def ends(self) -> dict[int, tuple[int, int]]:
        """For each partition the first offset that is still there, and the one after the last."""
        with self._asking():
            found = self._consumer.list_topics(self.name, timeout=WAIT).topics[self.name]
            if found.error is not None or not found.partitions:
                raise OutsideError(f"there is no topic {self.name!r}", hint="check its name, and whether the broker lets us read it")
            places = {number: self._kafka.TopicPartition(self.name, number) for number in sorted(found.partitions)}
            return {number: self._consumer.get_watermark_offsets(place, timeout=WAIT) for number, place in places.items()}

    def read(self, partition: int, first: int, upto: int) -> Iterator[Message]:
        """The messages of a partition from one offset to before another; offsets that were compacted away are passed over."""
        if first >= upto:
            return
        with self._asking():
            self._consumer.assign([self._kafka.TopicPartition(self.name, partition, first)])
            while True:
                # One at a time: a batch would wait until it is full.
                one = self._consumer.poll(WAIT)
                if one is None:
                    raise OutsideError(f"the broker of {self.name!r} sends nothing", hint="see to it; the rows wait there")
                error, offset = one.error(), one.offset()
                if error is not None and error.code() != self._kafka.KafkaError._PARTITION_EOF:  # noqa: SLF001  its public name
                    raise self._kafka.KafkaException(error)
                if error is None and offset is not None and offset < upto:
                    yield Message(offset, _time(one.timestamp()), one.value())
                # The end of the partition stands one after its last message.
                if offset is not None and offset + (error is None) >= upto:
                    return

    def commit(self, done: Mapping[int, int]) -> None:
        """Tell the brokers how far each partition was read, for whoever watches how far we are behind."""
        with self._asking():
            places = [self._kafka.TopicPartition(self.name, partition, offset) for partition, offset in done.items()]
            self._consumer.commit(offsets=places, asynchronous=False)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except self._kafka.KafkaException as error:
            raise OutsideError(f"the topic {self.name!r} cannot be read: {_said(error)}", hint="check servers, name and rights") from error


def _said(error: Exception) -> str:
    return str(error.args[0].str() if error.args and hasattr(error.args[0], "str") else error)


def _time(stamp: tuple[int, int]) -> int | None:
    kind, at = stamp
    return at if kind else None
