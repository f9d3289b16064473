"""Erasing: rows are gone from wherever they lay, and what is left is what would be there without them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from driftline.errors import StateError
from driftline.server.erasing import erase, erasing
from driftline.server.face import wall_clock
from driftline.services.intake import Kind
from driftline.store.gathering import parcel_of
from driftline.store.leases import acquire
from driftline.store.tables import audit, dead_letters, parcels


def stored(world: Any) -> list[str]:
    """All ids that lie in the store, of predictions and labels."""
    with world.service.database.reading() as tx:
        kept = [parcel_of(row) for row in tx.execute(sa.select(parcels).order_by(parcels.c.id))]
    return [ident for one in kept for ident in world.service.rows.table([one], ("id",)).column("id").to_pylist()]


def forget(world: Any, *ids: str, before: datetime | None = None) -> tuple[int, int]:
    """Erase rows; how many went, from how many windows."""
    done = erase(world.service, world.watched, wall_clock, ids=ids, before=before, actor="test")
    return done.rows, done.windows


@pytest.mark.parametrize("counted", [False, True])
def test_rows_of_an_id_are_gone(world: Any, rows_of: Any, counted: bool) -> None:  # noqa: FBT001  a case
    """Predictions and labels, in files and in the database, counted or not; windows are counted and judged without them."""
    rows = rows_of(0, 120)
    world.send(rows, "a")
    world.send([{"id": row["id"], "value": 1} for row in rows], "l", Kind.LABELS)
    if counted:
        world.round()
    assert forget(world, "p3", "p70", "nobody") == (4, 2 if counted else 0)
    assert {"p3", "p70"} & set(stored(world)) == set()
    world.round()
    assert [one["rows"] for _, one in sorted(world.windows().items())] == [59, 59]
    report = world.service.board.report(world.watched.id, "2026-01-05 00:00")
    assert (report["windows"][0]["rows"], report["windows"][0]["labels"]["labelled"]) == (59, 59)
    assert forget(world, "p3") == (0, 0)


def test_a_parcel_of_nothing_else_is_gone(small: Any, rows_of: Any) -> None:
    """With its file."""
    small.send(rows_of(0, 1), "a")
    small.round()
    forget(small, "p0")
    assert stored(small) == []
    assert [file for file in Path(small.service.rows.directory).rglob("*") if file.is_file()] == []


def test_nothing_of_them_is_left_in_sqlites_file(small: Any, rows_of: Any) -> None:
    """Neither where they lay before they were brought together in files, pages that nobody uses until new rows come."""
    database = small.service.database
    small.send([{**row, "id": f"secret {row['id']}"} for row in rows_of(0, 1000)], "a")
    database.fold()
    small.round()

    def traces() -> int:
        return Path(database.engine.url.database).read_bytes().count(b"secret")

    assert traces() > 900
    assert forget(small, *(f"secret p{n}" for n in range(1000)))[0] == 1000
    assert traces() == 0
    with database.reading() as tx:
        assert tx.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_rows_that_could_not_be_read_are_erased_too(small: Any) -> None:
    """Those whose text has the id."""
    small.send([{"id": "x 1%", "features": {"amount": [1]}}, {"id": "x 12", "features": {"amount": [1]}}], "a")
    forget(small, "x 1%")
    with small.service.database.reading() as tx:
        assert [row.place for row in tx.execute(sa.select(dead_letters))] == [1]


def test_windows_of_rows_are_cut_as_before(open_world: Any, rows_of: Any) -> None:
    """Each keeps the rows that are left to it, and new rows go on where the last one stood."""
    world = open_world(window="{rows: 50}")
    world.send(rows_of(0, 120), "a")
    world.round()
    assert forget(world, "p3", "p60", "p61", "p119") == (4, 3)
    world.round()
    assert [one["rows"] for _, one in sorted(world.windows().items())] == [49, 19, 48]
    world.send(rows_of(200, 40), "b")
    world.round()
    assert {label: one["rows"] for label, one in world.windows().items()} == {
        "rows 0-49": 49, "rows 50-99": 48, "rows 100-149": 50, "rows 150-199": 9,
    }  # fmt: skip


def test_old_rows_go_and_their_windows_keep_their_counts(world: Any, rows_of: Any) -> None:
    """They are counted again by nobody: not for labels, not for a new version, not for a backfill; new rows still add up."""
    world.send(rows_of(0, 60), "a")
    world.round()
    assert forget(world, before=wall_clock() + timedelta(minutes=1)) == (60, 1)
    assert stored(world) == []
    world.send([{"id": "p1", "value": 1}], "l", Kind.LABELS)
    world.change(segments="[plan]")
    world.round()
    assert world.windows()["2026-01-05 00:00"]["rows"] == 60
    assert world.windows()["2026-01-05 00:00"]["stale"] is False


def test_rows_and_verdicts_are_kept_as_long_as_the_yaml_says(small: Any, rows_of: Any) -> None:
    """By whatever worker sweeps next."""
    small.change(keep="{rows: 30 days, verdicts: 60 days}")
    small.send(rows_of(0, 60), "a")
    small.round()
    small.round(clock=lambda: wall_clock() + timedelta(days=31))
    assert (stored(small), len(small.windows())) == ([], 0)
    small.send(rows_of(60, 10), "b")
    small.round()
    small.round(clock=lambda: wall_clock() + timedelta(days=29))
    assert len(stored(small)) == 10


def test_it_is_on_the_trail_without_the_ids(small: Any, rows_of: Any) -> None:
    """Who erased how much, and when."""
    small.send(rows_of(0, 2), "a")
    forget(small, "p0")
    with small.service.database.reading() as tx:
        (row,) = tx.execute(sa.select(audit).where(audit.c.action == "monitor.forget")).all()
    assert (row.subject, '"rows": 1' in row.detail, "p0" in row.detail) == ("churn", True, False)


def test_who_works_on_the_monitor_is_waited_for(small: Any, rows_of: Any) -> None:
    """But not for ever."""
    assert acquire(small.service.database, f"monitor {small.watched.id}", "a worker", wall_clock()) is not None
    with pytest.raises(StateError, match="busy with 'churn'"), erasing(small.service, small.watched, "me", wall_clock, timedelta(0)):
        pass


def test_over_the_api(api: Any, admin: dict[str, str], token_of: Any, small: Any, rows_of: Any) -> None:
    """An administrator's work; it must be said which rows."""
    small.send(rows_of(0, 60), "a")
    path = "/v1/monitors/churn/forget"
    assert api.post(path, json={"ids": ["p1"]}, headers=admin).json() == {"rows": 1, "windows": 0}
    assert api.post(path, json={"before": "2026-01-01T00:00:00Z"}, headers=admin).json() == {"rows": 0, "windows": 0}
    assert api.post(path, json={}, headers=admin).status_code == 422
    assert api.post(path, json={"before": "2026-01-01T00:00:00"}, headers=admin).status_code == 422
    assert api.post(path, json={"ids": ["p1"]}, headers=token_of("operator")).status_code == 403
