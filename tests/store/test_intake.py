"""Durable intake: each batch once, in whatever company it comes, and nothing acknowledged before it is written."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from driftline.errors import OutsideError, StateError
from driftline.services.intake import Kind, Refused
from driftline.store import intake as module
from driftline.store.board import Board
from driftline.store.database import Database
from driftline.store.gathering import parcel_of
from driftline.store.intake import Delivery, Intake, Receipt
from driftline.store.rows import Rows
from driftline.store.tables import parcels, received, stream_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 1, 5, 23, 59, tzinfo=UTC)


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """An intake over an empty database."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    made = Intake(database, Rows(tmp_path / "rows"))
    yield made
    made.close()


def delivery(batch: str, *values: Any, **given: Any) -> Delivery:
    """A batch of rows."""
    rows: Any = given.pop("rows", [{"x": value} for value in values])
    kept = {"monitor": 1, "model": "m", "kind": Kind.PREDICTIONS, "digest": repr(values), "refused": (), "at": NOW, **given}
    return Delivery(batch=batch, rows=rows, **kept)


def rows_in(intake: Intake) -> list[Any]:
    """What lies in the store, in the order in which it came."""
    with intake._database.reading() as tx:
        kept = [parcel_of(row) for row in tx.execute(sa.select(parcels).order_by(parcels.c.id))]
    return intake._rows.table(kept).column("x").to_pylist() if kept else []


def test_what_is_acknowledged_is_written(intake: Intake) -> None:
    """When the future is done, the rows can be read by anybody."""
    assert intake.submit(delivery("a", 1, 2, 3)).result(10) == Receipt("a", 3, 0)
    assert rows_in(intake) == [1, 2, 3]
    assert Board(intake._database).received(1, "a") == {"kind": "predictions", "batch": "a", "rows": 3, "refused": 0, "at": NOW}


def test_a_batch_that_comes_again_is_not_counted_again(intake: Intake) -> None:
    """Later, or in the same group; the receipt is the one of the first."""
    first, again = intake.write([delivery("a", 1, 2, refused=(Refused(7, "why", "{}"),)), delivery("a", 1, 2)])
    later = intake.write([delivery("a", 1, 2)])
    assert (first, again, later) == (Receipt("a", 2, 1), Receipt("a", 2, 1, repeated=True), [Receipt("a", 2, 1, repeated=True)])
    assert rows_in(intake) == [1, 2]


def test_the_same_name_for_another_batch_is_refused(intake: Intake) -> None:
    """Whoever reuses an id is told; the first batch stands, and others in the group are written."""
    intake.write([delivery("a", 1)])
    refused, fine = intake.write([delivery("a", 2), delivery("b", 3)])
    assert isinstance(refused, StateError)
    assert fine == Receipt("b", 1, 0)
    with pytest.raises(StateError, match="'a'"):
        intake.submit(delivery("a", 9)).result(10)
    assert rows_in(intake) == [1, 3]


def test_names_belong_to_a_monitor_and_a_kind(intake: Intake) -> None:
    """The same name elsewhere is another batch."""
    some = [delivery("a", 1), delivery("a", 1, monitor=2), delivery("a", 1, kind=Kind.LABELS)]
    assert [one.repeated for one in intake.write(some) if isinstance(one, Receipt)] == [False] * 3


def test_many_rows_are_a_file_and_few_are_not(intake: Intake) -> None:
    """Files lie by kind, model and the day on which they came."""
    intake.write([delivery("few", *range(10)), delivery("many", *range(module.FILE_ROWS))])
    intake.write([delivery("fewer", 1)])
    with intake._database.reading() as tx:
        found = tx.execute(sa.select(parcels.c.rows, parcels.c.place, parcels.c.body).order_by(parcels.c.id)).all()
    assert [(row.rows, row.place is None, row.body is None) for row in found] == [(module.FILE_ROWS + 10, False, True), (1, True, False)]
    assert found[0].place.startswith("predictions/model=m/day=2026-01-05/")


def test_tables_and_rows_come_together(intake: Intake) -> None:
    """An Arrow table and rows of JSON that arrive at once are one parcel."""
    intake.write([delivery("a", 1), delivery("t", rows=pa.table({"x": [2.5], "y": ["z"]}))])
    assert rows_in(intake) == [1.0, 2.5]


def test_tables_and_rows_stay_in_the_order_in_which_they_came(intake: Intake) -> None:
    """Of several labels of one id the last counts, in whatever form they are written down."""
    table = pa.table({"x": [2, 3]})
    intake.write([delivery("a", 1), delivery("b", rows=table), delivery("c", 4), delivery("d", 5), delivery("e", rows=table)])
    assert rows_in(intake) == [1, 2, 3, 4, 5, 2, 3]


def test_a_batch_of_nothing_but_refused_rows_is_known(intake: Intake) -> None:
    """It has a receipt and dead letters, and no parcel."""
    assert intake.write([delivery("a", refused=(Refused(0, "why", "{}"),))]) == [Receipt("a", 0, 1)]
    assert intake.write([delivery("a")]) == [Receipt("a", 0, 1, repeated=True)]
    assert [one["reason"] for one in Board(intake._database).dead_letters(1, before=None, limit=9)] == ["why"]


def test_columns_that_come_and_go_are_findings(intake: Intake) -> None:
    """Not the first ones; a change of type, a new one, a missing one; what is missing is told at most once a minute."""
    for place, rows in enumerate([[{"x": 1, "y": "a"}], [{"x": 2.5, "y": "a"}], [{"x": "odd"}], [{"x": 3, "z": None}]]):
        intake.write([delivery(f"b{place}", rows=rows, at=NOW + timedelta(seconds=place))])
    found = Board(intake._database).findings(1, before=None, limit=9)
    assert sorted((one["what"], one["times"]) for one in found) == [
        ("the column 'x' holds number, which held text", 1),
        ("the column 'x' holds text, which held number", 1),
        ("the column 'y' is missing", 1),
        ("the column 'z' is new", 1),
    ]
    with intake._database.reading() as tx:
        kept = {row.name: row.type for row in tx.execute(sa.select(stream_columns))}
    assert kept == {"x": "number", "y": "text", "z": "nothing"}


def test_where_the_disk_fails_nobody_is_told_that_it_went_well(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody in the group hears of it; nothing is known of their batches, so that they can be sent again."""

    def full(*args: object) -> str:
        raise OutsideError("the disk is full")

    monkeypatch.setattr(Rows, "write", full)
    futures = [intake.submit(delivery(name, *range(module.FILE_ROWS))) for name in "ab"]
    for future in futures:
        with pytest.raises(OutsideError, match="full"):
            future.result(10)
    monkeypatch.undo()
    assert intake.submit(delivery("a", *range(module.FILE_ROWS))).result(10) == Receipt("a", module.FILE_ROWS, 0)


def test_one_that_cannot_be_written_spoils_no_other(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours about one delivery is that delivery's alone."""
    real = module.table_of

    def picky(rows: list[dict[str, Any]]) -> pa.Table:
        if any(row["x"] == "poison" for row in rows):
            raise TypeError("poison")
        return real(rows)

    monkeypatch.setattr(module, "table_of", picky)
    blocked = threading.Event()
    write = intake.write
    monkeypatch.setattr(intake, "write", lambda some: (blocked.wait(10), write(some))[1])
    futures = {name: intake.submit(delivery(name, value)) for name, value in {"a": 1, "b": "poison", "c": 3}.items()}
    blocked.set()
    assert (futures["a"].result(10).rows, futures["c"].result(10).rows) == (1, 1)
    with pytest.raises(TypeError):
        futures["b"].result(10)
    assert sorted(rows_in(intake)) == [1, 3]


def test_two_intakes_on_one_database_count_a_batch_once(intake: Intake, tmp_path: Path) -> None:
    """Whichever comes first; both answer alike."""
    other = Intake(intake._database, Rows(tmp_path / "rows"))
    futures = [one.submit(delivery(f"b{i}", i)) for i in range(30) for one in (intake, other)]
    receipts = [future.result(30) for future in futures]
    other.close()
    assert sum(not one.repeated for one in receipts) == 30
    assert sorted(rows_in(intake)) == list(range(30))


def test_too_much_at_once_is_turned_away(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is bounded; who is turned away is told to come again."""
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    with pytest.raises(OutsideError, match="wait to be written"):
        intake.submit(delivery("a", *range(11)))
    assert intake.waiting == 0


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """Nothing that was handed over is forgotten; afterwards nothing is taken."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    made = Intake(database, Rows(tmp_path / "rows"))
    futures = [made.submit(delivery(f"b{i}", i)) for i in range(50)]
    made.close()
    assert all(future.done() for future in futures)
    with database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(received)).scalar_one() == 50
    with pytest.raises(OutsideError, match="stopping"):
        made.submit(delivery("late", 1))
