"""Collecting: each row of files and queries is taken once, whatever dies in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from driftline.server import collecting
from driftline.server.collecting import Collector
from driftline.server.face import wall_clock
from driftline.sources.places import bucket
from driftline.store.intake import Intake
from driftline.store.ledger import parcel_of
from driftline.store.tables import parcels
from driftline.store.watermarks import Watermark, read_watermark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = datetime(2026, 1, 5, tzinfo=UTC)


def collector(world: Any, settled: float = 0.0) -> Collector:
    """Fetches rows."""
    return Collector(service=world.service, clock=wall_clock, owner="test", settled=timedelta(seconds=settled))


def stored(world: Any, kind: str = "predictions") -> list[str]:
    """All ids that lie in the store."""
    with world.service.database.reading() as tx:
        kept = [parcel_of(row) for row in tx.execute(sa.select(parcels).where(parcels.c.kind == kind).order_by(parcels.c.id))]
    return [ident for one in kept for ident in world.service.rows.table([one], ("id",)).column("id").to_pylist()]


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
