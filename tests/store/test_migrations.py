"""Migrations: the newest form is the one that the tables describe, and what lay in an older one is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from driftline.errors import StateError
from driftline.store.annotations import notes
from driftline.store.database import WRITES, Database
from driftline.store.decided import decisions
from driftline.store.metadata import METADATA
from driftline.store.migrations import REVISIONS, upgrade
from driftline.store.tables import monitors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alembic.operations import Operations


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """A database that is at the newest revision."""
    return Database(f"sqlite:///{tmp_path / 'd.db'}").engine


def apply(engine: sa.Engine, revisions: dict[str, Callable[[Operations], None]]) -> None:
    """Upgrade."""
    with engine.connect() as connection:
        upgrade(connection.execution_options(**{WRITES: True}), revisions)


def test_the_newest_form_is_that_of_the_tables(engine: sa.Engine) -> None:
    """Alembic finds no difference between what the revisions make and what the code asks for."""
    assert {one.metadata for one in (decisions, monitors, notes)} == {METADATA}
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA) == []


def test_data_outlives_a_new_revision(engine: sa.Engine) -> None:
    """A later revision adds a column to a table that has rows; they are there, and an upgrade that was done is not done again."""
    with engine.begin() as tx:
        tx.execute(sa.text("insert into monitors (name, version, created) values ('churn', 1, 0)"))
    times = []

    def later(op: Operations) -> None:
        times.append(1)
        with op.batch_alter_table("monitors") as table:
            table.add_column(sa.Column("team", sa.Text, nullable=False, server_default="none"))

    for _ in range(2):
        apply(engine, {**REVISIONS, "9999": later})
    with engine.connect() as tx:
        assert [tuple(row) for row in tx.execute(sa.text("select name, team from monitors"))] == [("churn", "none")]
        assert tx.execute(sa.text("select version_num from alembic_version")).scalar_one() == "9999"
    assert times == [1]


def test_a_revision_that_fails_changes_nothing(engine: sa.Engine) -> None:
    """All of an upgrade is done, or nothing of it."""

    def broken(op: Operations) -> None:
        op.create_table("half", sa.Column("a", sa.Integer))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        apply(engine, {**REVISIONS, "9999": broken})
    assert "half" not in sa.inspect(engine).get_table_names()


def test_a_newer_database_is_left_alone(engine: sa.Engine) -> None:
    """An older driftline does not touch what it does not know."""
    with engine.begin() as tx:
        tx.execute(sa.text("update alembic_version set version_num = 'from the future'"))
    with pytest.raises(StateError, match="from the future"):
        apply(engine, dict(REVISIONS))


def test_the_first_form_with_data_comes_to_the_newest(tmp_path: Path) -> None:
    """A database of the first driftline, with windows and their counts, is brought up to date and keeps them."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("pragma foreign_keys=on"))
    apply(engine, {"0001": REVISIONS["0001"]})
    window = "1, 1, 'w', '{}', 1, 5, 1, 0, 'x', 0, 0, 1, 1"
    names = "id, monitor_id, label, cut, position, rows, revision, stale, way, changed, counted, judged_revision, judged_version"
    with engine.begin() as tx:
        tx.execute(sa.text(f"insert into windows ({names}) values ({window})"))
        tx.execute(sa.text("insert into profiles (window_id, way, segment, rows, body) values (1, 'x', '', 5, x'00')"))
    apply(engine, dict(REVISIONS))
    with engine.connect() as tx:
        assert tx.execute(sa.text("select rows, sealed from windows")).one() == (5, 0)
        assert tx.execute(sa.text("select count(*) from profiles")).scalar_one() == 1
