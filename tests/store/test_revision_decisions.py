"""The form with decisions: a database from before gets it, and keeps what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from driftline.store.database import WRITES
from driftline.store.decided import decisions, trainings
from driftline.store.migrations import REVISIONS, upgrade

if TYPE_CHECKING:
    from pathlib import Path


def test_a_database_from_before_learns_to_keep_decisions(tmp_path: Path) -> None:
    """Both tables are there and empty, and the monitors still are."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    before = {name: step for name, step in REVISIONS.items() if name < "0007"}
    for revisions in (before, dict(REVISIONS)):
        with engine.connect() as connection:
            upgrade(connection.execution_options(**{WRITES: True}), revisions)
        with engine.begin() as tx:
            tx.execute(sa.text("insert into monitors (name, version, created) values (:name, 1, 0)"), {"name": f"m{len(revisions)}"})
    with engine.connect() as tx:
        assert tx.execute(sa.text("select count(*) from monitors")).scalar_one() == 2
        assert tx.execute(sa.select(decisions)).all() == tx.execute(sa.select(trainings)).all() == []
