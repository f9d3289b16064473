"""Collecting: each row of files and queries is taken once, whatever dies in between."""

from __future__ import annotations

import json
import os
import pickle
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from driftline.server import collecting
from driftline.server.collecting import Collector, Taking
from driftline.server.face import wall_clock
from driftline.services.intake import Kind
from driftline.sources.places import bucket
from driftline.sources.topics import Topic
from driftline.store.gathering import parcel_of
from driftline.store.intake import Intake
from driftline.store.tables import parcels, received
from driftline.store.watermarks import Watermark, read_watermark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2026, 1, 5, tzinfo=UTC)


def collector(world: Any, settled: float = 0.0) -> Collector:
    """Fetches rows."""
    return Collector(service=world.service, clock=wall_clock, owner="test", settled=timedelta(seconds=settled))


def stored(world: Any, kind: str = "predictions") -> list[str]:
    """All ids that lie in the store."""
    with world.service.database.reading() as tx:
        kept = [parcel_of(row) for row in tx.execute(sa.select(parcels).where(parcels.c.kind == kind).order_by(parcels.c.id))]
    return [ident for one in kept for ident in world.service.rows.table([one], ("id",)).column("id").to_pylist()]


def received_rows(world: Any) -> int:
    """How many rows came."""
    with world.service.database.reading() as tx:
        return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(received.c.rows), 0))).scalar_one())


def drop(place: Path, *ids: str) -> None:
    """A file with some predictions."""
    place.parent.mkdir(exist_ok=True)
    times = [START + timedelta(minutes=n) for n in range(len(ids))]
    pq.write_table(pa.table({"id": list(ids), "amount": [1.0] * len(ids), "plan": ["pro"] * len(ids), "ts": times}), place)


@pytest.fixture
def files(world: Any, tmp_path: Path) -> Path:
    """A directory of which the monitor takes files."""
    world.change(collect=f"{{predictions: '{tmp_path}/in/*.parquet', labels: '{tmp_path}/in/*.csv'}}")
    return tmp_path / "in"


def test_a_file_is_taken_once(world: Any, files: Path) -> None:
    """When it is there, and is judged like rows that were sent; labels join."""
    assert collector(world).round() == 0
    drop(files / "a.parquet", "p1", "p2")
    (files / "l.csv").write_text("id,left\np1,1\n")
    assert (collector(world).round(), collector(world).round()) == (3, 0)
    drop(files / "b.parquet", "p3")
    done = world.round()
    assert (stored(world), stored(world, "labels"), done.judged) == (["p1", "p2", "p3"], ["p1"], 1)
    assert world.windows()["2026-01-05 00:00"]["rows"] == 3


def test_a_file_that_is_being_written_waits(world: Any, files: Path) -> None:
    """Until nobody has written to it for a while."""
    drop(files / "a.parquet", "p1")
    assert (collector(world, settled=60).round(), collector(world).round()) == (0, 1)


def test_a_file_that_changes_is_told_and_not_taken_again(small: Any, tmp_path: Path) -> None:
    """Its rows would be counted twice."""
    small.change(collect=f"{{predictions: '{tmp_path}/in/*.parquet'}}")
    drop(tmp_path / "in" / "a.parquet", "p1")
    collector(small).round()
    drop(tmp_path / "in" / "a.parquet", "p1", "p2")
    assert (collector(small).round(), stored(small)) == (0, ["p1"])
    (finding,) = small.service.board.findings(small.watched.id, before=None, limit=9)
    assert finding["what"].endswith("a.parquet' changed after it was taken")


def test_what_was_interrupted_is_taken_up(world: Any, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that died between two parts of a file, or of a query, leaves nothing out and nothing twice."""
    drop(files / "a.parquet", *(f"p{n}" for n in range(10)))
    own, calls = Intake.write, []

    def dies(intake: Intake, deliveries: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return own(intake, deliveries)

    monkeypatch.setattr(Intake, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        collector(world).round()
    monkeypatch.undo()
    collector(world).round()
    assert sorted(stored(world)) == sorted(f"p{n}" for n in range(10))


def test_a_file_that_cannot_be_read_is_told(small: Any, tmp_path: Path) -> None:
    """And holds up nobody."""
    small.change(collect=f"{{predictions: '{tmp_path}/in/*.parquet'}}")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_bytes(b"PAR1 no")
    assert collector(small).round() == 0
    assert small.service.board.findings(small.watched.id, before=None, limit=9)


class Trap:
    """Read as a pickle, it would end the process."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (99,)


@pytest.mark.parametrize("name", ["a.pkl", "a.parquet", "a.csv", "a.jsonl", "a.arrow"])
def test_a_pickled_file_is_refused(small: Any, tmp_path: Path, name: str) -> None:
    """Whatever it is called: it is told, nothing of it is run, and no row of it is kept."""
    small.change(collect=f"{{predictions: '{tmp_path}/in/a*'}}")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(pickle.dumps(Trap()))
    assert (collector(small).round(), stored(small)) == (0, [])
    assert small.service.board.findings(small.watched.id, before=None, limit=9) or small.service.board.dead_letters(
        small.watched.id, before=None, limit=9
    )


@pytest.fixture
def table(world: Any, url: str | None, tmp_path: Path) -> Iterator[sa.Engine]:
    """A table in somebody's database, of which the monitor takes rows."""
    place = url or f"sqlite:///{tmp_path / 'theirs.db'}"
    engine = sa.create_engine(place)
    with engine.begin() as tx:
        tx.execute(sa.text("create table scores (id varchar(9), amount numeric(9, 2), ts varchar(40), seen integer)"))
    query = "select id, amount, ts, seen, ':x' as odd from scores"
    world.change(collect=f"{{predictions: {{database: '{place}', query: \"{query}\"}}, watermark: seen}}")
    yield engine
    engine.dispose()


def add(engine: sa.Engine, *seen: int) -> None:
    """Rows with these watermarks."""
    with engine.begin() as tx:
        for mark in seen:
            row = {"id": f"p{mark}", "amount": 1.5, "ts": (START + timedelta(minutes=mark)).isoformat(), "seen": mark}
            tx.execute(sa.text("insert into scores values (:id, :amount, :ts, :seen)"), row)


def test_rows_of_a_query_are_taken_once(world: Any, table: sa.Engine) -> None:
    """Those above the watermark; on both databases."""
    assert collector(world).round() == 0
    add(table, 1, 2, 3)
    assert (collector(world).round(), collector(world).round()) == (3, 0)
    add(table, 4)
    assert (collector(world).round(), stored(world)) == (1, ["p1", "p2", "p3", "p4"])
    assert read_watermark(world.service.database, world.watched.id, "predictions") == Watermark(4)
    assert world.round().judged == 1


def test_a_query_that_was_interrupted_is_taken_up(world: Any, table: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bounds that it had, though more rows have come meanwhile."""
    add(table, *range(1, 8))
    monkeypatch.setattr(collecting, "ROWS", 3)
    own, calls = Intake.write, []

    def dies(intake: Intake, deliveries: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return own(intake, deliveries)

    monkeypatch.setattr(Intake, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        collector(world).round()
    monkeypatch.setattr(Intake, "write", own)
    add(table, 8, 9)
    collector(world).round()
    collector(world).round()
    assert stored(world) == [f"p{n}" for n in range(1, 10)]


def test_a_database_that_does_not_answer_is_asked_again(small: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says why, without the password."""
    small.change(collect="{predictions: {database: 'postgresql+psycopg://u@127.0.0.1:1/x', query: scores}, watermark: seen}")
    assert collector(small).round() == 0
    assert "does not answer" in caplog.records[0].__dict__["why"]


def test_files_of_an_object_store_are_taken_once(small: Any, object_store: Any) -> None:
    """Objects that match are fetched like files, and known again."""
    url = object_store.bucket("dropped")
    system, prefix = bucket(url)
    small.change(collect=f"{{predictions: '{url}/in/*.parquet'}}")
    assert collector(small).round() == 0
    times = [START, START + timedelta(minutes=1)]
    for name, ids in (("a", ["p1", "p2"]), ("b", ["p3", "p4"])):
        with system.open_output_stream(f"{prefix}/in/{name}.parquet") as stream:
            pq.write_table(pa.table({"id": ids, "amount": [1.0] * 2, "plan": ["pro"] * 2, "ts": times}), stream)
        assert collector(small, settled=-60).round() == 2
    assert collector(small, settled=-60).round() == 0
    assert stored(small) == ["p1", "p2", "p3", "p4"]


class TestTopics:
    """Messages of a stream, each row once."""

    @pytest.fixture
    def broker(self) -> tuple[str, Callable[..., None]]:
        """A cluster that lives in the client, and what writes messages into it."""
        kafka = pytest.importorskip("confluent_kafka", reason="the Kafka client is not installed")
        producer = kafka.Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "mock", "log_level": 0})
        servers = ",".join(f"{one.host}:{one.port}" for one in producer.list_topics(timeout=10).brokers.values())

        def send(topic: str, *bodies: object, partition: int = 0) -> None:
            for body in bodies:
                value = body if isinstance(body, bytes | None) else json.dumps(body)
                producer.produce(topic, value=value, partition=partition)
            assert producer.flush(20) == 0

        return servers, send

    @staticmethod
    def rows(first: int, many: int) -> list[dict[str, Any]]:
        """Predictions."""
        return [
            {
                "id": f"p{n}",
                "features": {"amount": 1.0, "plan": "pro"},
                "score": 0.5,
                "timestamp": (START + timedelta(minutes=n)).isoformat(),
            }
            for n in range(first, first + many)
        ]

    def test_messages_are_taken_once(self, world: Any, broker: tuple[str, Callable[..., None]]) -> None:
        """From all partitions, as they come; labels too; what cannot be read is a dead letter; the brokers know how far we are."""
        servers, send = broker
        world.change(collect=f"{{predictions: {{kafka: '{servers}', topic: scores}}, labels: {{kafka: '{servers}', topic: truth}}}}")
        send("scores", *self.rows(0, 30))
        send("scores", *self.rows(30, 20), partition=1)
        send("scores", b"{not json", None, [1, 2], pickle.dumps(Trap()))
        send("truth", {"id": "p3", "value": 1})
        assert collector(world).round() == 51
        assert collector(world).round() == 0
        send("scores", *self.rows(50, 5), partition=2)
        assert collector(world).round() == 5
        assert sorted(stored(world)) == sorted(f"p{n}" for n in range(55))
        assert stored(world, "labels") == ["p3"]
        letters = world.service.board.dead_letters(world.watched.id, before=None, limit=10)
        assert {one["row"] for one in letters} == {
            "{not json",
            "[1, 2]",
            pickle.dumps(Trap()).decode(errors="replace").replace("\0", "\ufffd"),
        }
        kafka = pytest.importorskip("confluent_kafka")
        asked = kafka.Consumer({"bootstrap.servers": servers, "group.id": "driftline-churn", "log_level": 0})
        (known,) = asked.committed([kafka.TopicPartition("scores", 1)], timeout=10)
        assert known.offset == 20
        asked.close()

    def test_a_topic_that_is_not_there_keeps_nobody_waiting(self, small: Any, broker: tuple[str, Callable[..., None]]) -> None:
        """Brokers that are away are no error of the round; rows wait there."""
        small.change(collect="{predictions: {kafka: '127.0.0.1:1', topic: scores}}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("driftline.sources.topics.WAIT", 0.5)
            assert collector(small).round() == 0

    def test_columns_that_change_in_the_stream_are_findings(self, small: Any, broker: tuple[str, Callable[..., None]]) -> None:
        """The rows are kept."""
        servers, send = broker
        small.change(collect=f"{{predictions: {{kafka: '{servers}', topic: scores}}}}")
        send("scores", *self.rows(0, 2))
        collector(small).round()
        send("scores", {"id": "p2", "features": {"amount": "a lot", "region": "south"}})
        assert collector(small).round() == 1
        told = {one["what"] for one in small.service.board.findings(small.watched.id, before=None, limit=9)}
        assert {"the column 'amount' holds text, which held number", "the column 'region' is new", "the column 'plan' is missing"} <= told
        assert stored(small) == ["p0", "p1", "p2"]

    def test_messages_that_were_deleted_before_they_were_read_are_told(self, small: Any, broker: tuple[str, Callable[..., None]]) -> None:
        """And the others are taken; a topic that was made anew is told too, and taken from where it was."""
        servers, send = broker
        small.change(collect=f"{{predictions: {{kafka: '{servers}', topic: scores}}}}")
        send("scores", *self.rows(0, 9))
        taking = Taking(collector(small), Intake(small.service.database, small.service.rows), small.watched, Kind.PREDICTIONS)
        with Topic(servers, "scores", "g") as topic:
            taken = [taking._partition(topic, 0, low, high) for low, high in ((0, 2), (5, 9), (0, 4))]
        taking.intake.close()
        assert (taken, stored(small)) == ([2, 4, 0], ["p0", "p1", "p5", "p6", "p7", "p8"])
        told = sorted(one["what"] for one in small.service.board.findings(small.watched.id, before=None, limit=9))
        assert [one.partition("'scores' ")[2] for one in told] == [
            "begins at 5, and was read up to 2: what lay between was deleted",
            "ends at 4, and was read up to 9: it was made anew",
        ]

    def test_a_consumer_that_is_killed_loses_and_repeats_nothing(
        self, world: Any, url: str | None, victims: Any, broker: tuple[str, Callable[..., None]]
    ) -> None:
        """Killed in the middle of its work, three times: every message is one row, on both databases."""
        servers, send = broker
        world.change(collect=f"{{predictions: {{kafka: '{servers}', topic: scores}}}}")
        caught = 0
        for life in range(3):
            send("scores", *self.rows(1000 * life, 1000), partition=life % 2)
            before = received_rows(world)
            child = victims.start(do="fetch", data=str(world.service.uploads.parent), url=url)
            until = time.monotonic() + 60
            while received_rows(world) == before:
                assert time.monotonic() < until
                time.sleep(0.005)
            os.kill(child, signal.SIGKILL)
            while Path(f"/proc/{child}").exists():
                time.sleep(0.002)
            caught += received_rows(world) < 1000 * (life + 1)
        assert caught
        collector(world).round()
        assert sorted(stored(world)) == sorted(f"p{n}" for n in range(3000))


class TestStreams:
    """Entries of a real Redis."""

    @pytest.fixture
    def client(self, redis_url: str) -> Iterator[Any]:
        """A client of the server; its keys are gone at the beginning."""
        client = pytest.importorskip("redis", reason="the Redis client is not installed").Redis.from_url(redis_url)
        client.flushall()
        yield client
        client.close()

    def test_entries_are_taken_once(self, world: Any, redis_url: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """As they come, more than are taken at once, labels too; what cannot be read is a dead letter; lost entries are told."""
        said = f"{{redis: '{redis_url}', stream: %s, field: body}}"
        world.change(collect=f"{{predictions: {said % 'scores'}, labels: {said % 'truth'}}}")
        assert collector(world).round() == 0
        monkeypatch.setattr(collecting, "ROWS", 7)
        for row in TestTopics.rows(0, 30):
            client.xadd("scores", {"body": json.dumps(row)})
        client.xadd("scores", {"another": "x"})
        client.xadd("scores", {"body": pickle.dumps(Trap())})
        client.xadd("truth", {"body": '{"id": "p3", "value": 1}'})
        assert (collector(world).round(), collector(world).round()) == (31, 0)
        assert stored(world) == [f"p{n}" for n in range(30)]
        assert stored(world, "labels") == ["p3"]
        assert len(world.service.board.dead_letters(world.watched.id, before=None, limit=10)) == 2
        for row in TestTopics.rows(30, 5):
            client.xadd("scores", {"body": json.dumps(row)}, maxlen=3, approximate=False)
        assert collector(world).round() == 3
        told = {one["what"] for one in world.service.board.findings(world.watched.id, before=None, limit=9)}
        assert any("were deleted before they were read" in one for one in told)

    def test_what_was_interrupted_is_taken_up(self, world: Any, redis_url: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process that died after rows were kept, and before that was written down, leaves nothing out and nothing twice."""
        world.change(collect=f"{{predictions: {{redis: '{redis_url}', stream: scores}}}}")
        for row in TestTopics.rows(0, 9):
            client.xadd("scores", {"row": json.dumps(row)})
        own = Taking._deliver

        def dies(taking: Taking, *said: Any) -> int:
            own(taking, *said)
            raise KeyboardInterrupt

        monkeypatch.setattr(Taking, "_deliver", dies)
        with pytest.raises(KeyboardInterrupt):
            collector(world).round()
        monkeypatch.undo()
        client.xadd("scores", {"row": json.dumps(TestTopics.rows(9, 1)[0])})
        assert collector(world).round() == 1
        assert stored(world) == [f"p{n}" for n in range(10)]

    def test_a_server_that_is_away_keeps_nobody_waiting(self, small: Any) -> None:
        """Rows wait there."""
        small.change(collect="{predictions: {redis: 'redis://127.0.0.1:1/0', stream: scores}}")
        assert collector(small).round() == 0
