"""The cycle on real stores: what is counted and said is what counting everything at once would say, however it came."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from driftline import wiring
from driftline.server.face import wall_clock
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.services.intake import Kind
from driftline.store import gathering
from driftline.store.gathering import parcel_of
from driftline.store.leases import acquire
from driftline.store.ledger import PREDICTIONS
from driftline.store.reopening import reopen
from driftline.store.tables import outbox, parcels, verdicts

AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
START = datetime(2026, 1, 5, tzinfo=UTC)


def all_rows(world: Any) -> pa.Table:
    """Everything that was received."""
    with world.service.database.reading() as tx:
        kept = [parcel_of(row) for row in tx.execute(sa.select(parcels).where(parcels.c.kind == PREDICTIONS).order_by(parcels.c.id))]
    return world.service.rows.table(kept)


def at_once(world: Any, table: pa.Table) -> dict[str, tuple[int, str]]:
    """Rows and verdict of each window as `driftline check` has them."""
    said = world.service.library.specification(world.watched.yaml, world.watched.directory)
    report = wiring.compare(str(world.reference), table, monitor=said.monitor)
    return {one.window.label: (one.rows, one.verdict.value) for one in report.windows}


def seen(world: Any) -> dict[str, tuple[int, str]]:
    """Rows and verdict of each window as the service has them."""
    return {label: (one["rows"], one["verdict"]) for label, one in world.windows().items()}


def test_what_came_in_pieces_is_judged_like_what_comes_at_once(world: Any, rows_of: Any) -> None:
    """Rows in many batches, of many sizes and out of order, give the windows and verdicts that a check of all of them gives."""
    rows = rows_of(0, 300) + rows_of(300, 100, shift=3.0)
    for place, first in enumerate([240, 0, 60, 63, 200, 320]):
        last = sorted([240, 0, 60, 63, 200, 320, 400])
        end = last[last.index(first) + 1]
        assert world.send(rows[first:end], f"b{place}").rows == end - first
    done = world.round()
    assert (done.turns, done.judged, done.failed) == (1, 7, [])
    assert seen(world) == at_once(world, all_rows(world))
    assert "drifted" in {verdict for _, verdict in seen(world).values()}


def test_a_round_with_nothing_to_do_does_nothing(world: Any, rows_of: Any) -> None:
    """What is counted and judged is not counted and judged again."""
    world.send(rows_of(0, 100), "b")
    world.round()
    before = world.windows()
    assert world.round().turns == 0
    assert world.windows() == before


def test_late_rows_revise_a_verdict(world: Any, rows_of: Any) -> None:
    """Rows of a window that was judged are added to it; the new verdict is a revision, and the old one stays."""
    rows = rows_of(0, 120)
    world.send(rows[::2], "even")
    world.round()
    world.send(rows[1::2], "odd")
    world.round()
    assert seen(world) == at_once(world, all_rows(world))
    said = world.service.board.verdicts(world.watched.id, before=None, limit=10)
    assert [(one["label"], one["revision"], one["rows"]) for one in said[:3]] == [
        ("2026-01-05 01:00", 2, 60),
        ("2026-01-05 00:00", 2, 60),
        ("2026-01-05 01:00", 1, 30),
    ]


def test_every_verdict_is_handed_on_once(world: Any, rows_of: Any) -> None:
    """The outbox has one row for each verdict."""
    world.send(rows_of(0, 120), "b")
    world.round()
    with world.service.database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(outbox).where(outbox.c.topic == "verdict")).scalar_one() == 2
        assert tx.execute(sa.select(sa.func.count()).select_from(verdicts)).scalar_one() == 2


def test_a_window_waits_for_late_rows(small: Any, rows_of: Any) -> None:
    """A window is judged once its end, and the time that late rows are given, have passed."""
    small.send(rows_of(0, 90), "b", at=START)
    pace = Pace(settle=timedelta(0), lateness=timedelta(minutes=10))
    assert small.round(pace, lambda: START + timedelta(minutes=69)).judged == 0
    assert small.round(pace, lambda: START + timedelta(minutes=71)).judged == 1
    assert {label: one["verdict"] is None for label, one in small.windows().items()} == {
        "2026-01-05 00:00": False,
        "2026-01-05 01:00": True,
    }


def labels_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What turned out to be true of them."""
    return [{"id": row["id"], "value": int(row["score"] > 0.5)} for row in rows]


def coverage(world: Any, label: str) -> float:
    """How many of a window's rows have a label, by its report."""
    with world.service.database.reading() as tx:
        body = tx.execute(sa.text("select report from verdicts where label = :l order by id desc limit 1"), {"l": label}).scalar_one()
    del body
    learnt = world.service.library.learn(world.watched, wall_clock(), timedelta(0))
    ledger = Worker(world.service, AT_ONCE, wall_clock)._ledger(world.watched, learnt, None)
    standing = next(one for one in ledger._standings() if one.window.label == label)
    profile = next(p for (segment, w), p in ledger.history([standing], 0).items() if segment is None and w.label == label)
    place = learnt.plan.index("left")
    return float(profile.bins(place).sum() / profile.rows)


def test_labels_come_after_their_predictions(world: Any, rows_of: Any) -> None:
    """They join their window, which is counted and judged again."""
    rows = rows_of(0, 120)
    world.send(rows, "b")
    world.round()
    assert coverage(world, "2026-01-05 00:00") == 0
    world.send(labels_of(rows[:60]), "l", Kind.LABELS)
    assert world.round().judged >= 1
    assert (coverage(world, "2026-01-05 00:00"), coverage(world, "2026-01-05 01:00")) == (1.0, 0.0)


def test_labels_come_before_their_predictions(world: Any, rows_of: Any) -> None:
    """They wait, and join the window when it comes."""
    rows = rows_of(0, 60)
    world.send(labels_of(rows), "l", Kind.LABELS)
    world.round()
    world.send(rows, "b")
    world.round()
    assert coverage(world, "2026-01-05 00:00") == 1.0
    assert world.service.board.counts()["rows_uncounted"] == 0


def test_the_last_label_of_an_id_counts(small: Any, rows_of: Any) -> None:
    """A label that is sent again replaces the one before; null takes it back."""
    rows = rows_of(0, 60)
    small.send(rows, "b")
    small.send(labels_of(rows), "l1", Kind.LABELS)
    small.send([{"id": row["id"], "value": None} for row in rows[:30]], "l2", Kind.LABELS)
    small.round()
    assert coverage(small, "2026-01-05 00:00") == 0.5


def test_many_small_files_become_one(world: Any, url: str | None, rows_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each round leaves one; windows find their rows and labels in it, and the last label of an id still counts."""
    monkeypatch.setattr(gathering, "MANY", 4)
    rows = rows_of(0, 100)
    for number in range(10):
        world.send(rows[10 * number : 10 * number + 10], f"b{number}")
        world.send(labels_of(rows[: 10 * number + 10]), f"l{number}", Kind.LABELS)
        world.round()
    world.send([{"id": row["id"], "value": None} for row in rows[:30]], "null", Kind.LABELS)
    world.round()
    with world.service.database.reading() as tx:
        kept = tx.execute(sa.select(parcels.c.kind, sa.func.count(), sa.func.sum(parcels.c.rows)).group_by(parcels.c.kind)).all()
    assert {kind: int(every) for kind, _, every in kept} == {"predictions": 100, "labels": 580}
    assert all(many <= 6 for _, many, _ in kept)
    assert {label: one["rows"] for label, one in world.windows().items()} == {"2026-01-05 00:00": 60, "2026-01-05 01:00": 40}
    assert (coverage(world, "2026-01-05 00:00"), coverage(world, "2026-01-05 01:00")) == (0.5, 1.0)


def test_a_new_version_counts_what_is_open_in_its_own_bins(small: Any, rows_of: Any) -> None:
    """A window that nobody has judged is counted again by the new version; what was judged stays as it was said."""
    rows = rows_of(0, 90)
    small.send(rows, "b", at=START)
    small.round(Pace(settle=timedelta(0)), lambda: START + timedelta(minutes=75))
    small.change(segments="[plan]")
    small.round()
    windows = small.windows()
    assert {label: one["rows"] for label, one in windows.items()} == {"2026-01-05 00:00": 60, "2026-01-05 01:00": 30}
    versions = [one["version"] for one in small.service.board.verdicts(small.watched.id, before=None, limit=9)]
    assert versions == [2, 1]


def test_a_backfill_judges_again_by_the_newest_version(small: Any, rows_of: Any) -> None:
    """Every window since a time is counted from its rows and gets a verdict of the new version; earlier verdicts stay."""
    small.send(rows_of(0, 180), "b")
    small.round()
    small.change(columns="{id: id, timestamp: ts, score: score, label: left, ignore: [amount]}") if False else small.change(
        confidence="0.95"
    )
    assert reopen(small.service.database, small.watched.id, START + timedelta(minutes=60), wall_clock(), actor="test") == 2
    assert small.round(Pace()).judged == 2
    said = small.service.board.verdicts(small.watched.id, before=None, limit=9)
    assert sorted((one["label"][-5:], one["version"]) for one in said) == [
        ("00:00", 1),
        ("01:00", 1),
        ("01:00", 2),
        ("02:00", 1),
        ("02:00", 2),
    ]
    assert seen(small) == at_once(small, all_rows(small))


@pytest.mark.parametrize("window", ["{rows: 50}", "{column: plan}", "whole", "day"])
def test_windows_of_every_kind(open_world: Any, rows_of: Any, window: str) -> None:
    """Windows of rows, of a column's values, and the whole are counted over batches like windows of time."""
    world = open_world(window=window)
    rows = rows_of(0, 230)
    for first in range(0, 230, 37):
        world.send(rows[first : first + 37], f"b{first}")
        world.round()
    expected = at_once(world, all_rows(world))
    if "rows" in window:
        # The last window is not whole, and is not judged.
        expected["rows 200-249"] = (expected.pop("rows 200-229")[0], None)
    found = seen(world)
    assert {label: rows for label, (rows, _) in found.items()} == {label: rows for label, (rows, _) in expected.items()}
    assert (found.get("rows 200-249") or (0, None))[1] is None


def test_labels_join_windows_of_rows(open_world: Any, rows_of: Any) -> None:
    """A run of rows is counted again from the rows that are its own."""
    world = open_world(window="{rows: 50}")
    rows = rows_of(0, 130)
    for first in range(0, 130, 40):
        world.send(rows[first : first + 40], f"b{first}")
    world.round()
    world.send(labels_of(rows[50:100]), "l", Kind.LABELS)
    world.round()
    assert (coverage(world, "rows 50-99"), coverage(world, "rows 0-49")) == (1.0, 0.0)
    assert {one["rows"] for one in world.windows().values()} == {50, 30}


def test_two_workers_share_the_work(world: Any, rows_of: Any) -> None:
    """Two that start together judge every window once between them."""
    for batch in range(10):
        world.send(rows_of(60 * batch, 60), f"b{batch}")
    found: list[Any] = []
    both = [threading.Thread(target=lambda: found.append(world.round())) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(one.judged for one in found) == 10
    assert seen(world) == at_once(world, all_rows(world))


def test_a_monitor_that_somebody_else_works_on_is_left_alone(world: Any, rows_of: Any) -> None:
    """While a lease is held there is no turn; when it has run out, whoever comes takes over."""
    world.send(rows_of(0, 60), "b")
    now = wall_clock()
    assert acquire(world.service.database, f"monitor {world.watched.id}", "a worker that died", now, timedelta(seconds=60))
    done = world.round()
    assert (done.turns, done.busy) == (0, 1)
    assert world.round(clock=lambda: now + timedelta(seconds=61)).judged == 1


def test_a_reference_that_cannot_be_read_is_told_and_loses_nothing(small: Any, rows_of: Any, tmp_path: Any) -> None:
    """The monitor's problem is kept, its rows wait, and they are judged once the reference is there."""
    small.watched = small.service.watch(
        "monitor: churn\nreference: gone.parquet\nwindow: hour\n", str(tmp_path), wall_clock(), actor="test"
    )
    small.send([{"id": "1", "features": {"amount": 1.0}}], "b")
    assert "gone.parquet" in small.round().failed[0]
    assert "gone.parquet" in (small.service.fleet.by_id(small.watched.id).problem or "")
    (tmp_path / "gone.parquet").write_bytes(small.reference.read_bytes())
    assert small.round().counted == 1


def test_strays_are_swept(small: Any, rows_of: Any) -> None:
    """A file that no transaction recorded goes after an hour; one that is recorded stays."""
    small.send(rows_of(0, 60), "b")
    small.round()
    rows = small.service.rows
    kept = small.service.board.places()
    stray = rows.write(pa.table({"a": [1]}), "churn", "predictions", "2026-01-05")
    assert small.round(clock=lambda: wall_clock() + timedelta(minutes=50)).turns == 0
    assert (rows.directory / stray).exists()
    small.round(clock=lambda: wall_clock() + timedelta(minutes=61))
    assert not (rows.directory / stray).exists()
    assert all((rows.directory / place).exists() for place in kept)
