"""Labels and predictions find each other by id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from driftline.services.intake import Kind
from driftline.store.database import Database
from driftline.store.gathering import parcel_of
from driftline.store.intake import Delivery, Intake
from driftline.store.labels import early, link, match
from driftline.store.rows import Rows
from driftline.store.tables import parcels, window_parcels

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    """Where rows come in."""
    return Intake(Database(f"sqlite:///{tmp_path / 'd.db'}"), Rows(tmp_path / "rows"))


def send(intake: Intake, kind: Kind, *ids: str | None) -> int:
    """Some rows come; the number of their parcel."""
    rows = [{"id": ident, "x": 1} for ident in ids]
    intake.write([Delivery(1, "m", kind, repr((kind, ids)), "d", rows, (), NOW)])
    with intake._database.reading() as tx:
        return int(tx.execute(sa.select(sa.func.max(parcels.c.id))).scalar_one())


def counted(intake: Intake, parcel: int, *, waiting: int | None = None) -> None:
    """A parcel has been seen to."""
    with intake._database.writing() as tx:
        values = {"counted": NOW} if waiting is None else {"counted": NOW, "waiting": waiting}
        tx.execute(parcels.update().where(parcels.c.id == parcel).values(**values))


def test_new_labels_find_the_predictions_that_were_counted(intake: Intake) -> None:
    """Of this monitor, within the horizon; how many labels still wait is told."""
    one, two, three = (send(intake, Kind.PREDICTIONS, *ids) for ids in (("a", "b"), ("c", None), ("d",)))
    counted(intake, one)
    counted(intake, two)
    labels, others = send(intake, Kind.LABELS, "b", "d", "zz"), send(intake, Kind.LABELS, "c", "a")
    found = match(intake._database, intake._rows, 1, "id", NOW - timedelta(days=1))
    assert (found.labels, found.pairs) == ({labels: 2, others: 0}, {one: [labels, others], two: [others]})
    assert match(intake._database, intake._rows, 1, "id", NOW + timedelta(days=1)).pairs == {}
    assert match(intake._database, intake._rows, 2, "id", NOW).labels == {}
    del three


def test_predictions_find_the_labels_that_came_before(intake: Intake) -> None:
    """As long as any of those waits."""
    waits, done = send(intake, Kind.LABELS, "a", "b", "b"), send(intake, Kind.LABELS, "a")
    counted(intake, waits, waiting=3)
    counted(intake, done, waiting=0)
    number = send(intake, Kind.PREDICTIONS, "b", "c")
    with intake._database.reading() as tx:
        fresh = parcel_of(tx.execute(sa.select(parcels).where(parcels.c.id == number)).one())
    assert early(intake._database, intake._rows, 1, "id", [fresh]) == {waits: 2}
    assert early(intake._database, intake._rows, 1, "another", [fresh]) == {}


def test_a_link_is_made_once(intake: Intake) -> None:
    """A step that is done again does not fail."""
    with intake._database.writing() as tx:
        for _ in range(2):
            link(intake._database, tx, 7, [(1, None, None), (2, 0, 5)])
        assert tx.execute(sa.select(sa.func.count()).select_from(window_parcels)).scalar_one() == 2
