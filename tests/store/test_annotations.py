from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from driftline.errors import ConfigError
from driftline.store.annotations import LONGEST, Annotations
from driftline.store.database import Database
from driftline.store.happenings import Happenings

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)
WINDOW = (
    "insert into windows (monitor_id, label, cut, position, rows, revision, stale, way, changed, counted, judged_revision, judged_version) "
    "values (1, '2026-01-04', '{}', 0, 0, 1, false, '', 0, 0, 0, 0)"
)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database with one window of the monitor 1."""
    made = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with made.writing() as tx:
        tx.execute(sa.text(WINDOW))
    return made


def test_what_is_written_is_read_and_taken_away(database: Database) -> None:
    """By its number, by its own monitor only; the audit trail keeps both, with the text."""
    kept = Annotations(database)
    ident = kept.write(1, "churn", "2026-01-04", "  the campaign\n began ", NOW, actor="anna")
    (one,) = kept.of(1)
    assert one == {"id": ident, "window": "2026-01-04", "text": "the campaign began", "author": "anna", "written": NOW}
    assert not kept.remove(2, "other", ident, NOW, actor="bob")
    assert kept.remove(1, "churn", ident, NOW, actor="bob")
    assert kept.of(1) == []
    with database.reading() as tx:
        trail = tx.execute(sa.text("select actor, action, detail from audit order by id")).all()
    assert [(row.actor, row.action) for row in trail] == [("anna", "annotation.write"), ("bob", "annotation.remove")]
    assert all("the campaign began" in row.detail for row in trail)


@pytest.mark.parametrize(("window", "text"), [("2026-01-05", "x"), ("2026-01-04", " \n"), ("2026-01-04", "x" * (LONGEST + 1))])
def test_what_cannot_be_placed_is_refused(database: Database, window: str, text: str) -> None:
    """No such window, nothing said, too much said."""
    with pytest.raises(ConfigError):
        Annotations(database).write(1, "churn", window, text, NOW, actor="anna")


def test_annotations_are_among_what_happened(database: Database) -> None:
    """With their window, author and number."""
    ident = Annotations(database).write(1, "churn", "2026-01-04", "a storm", NOW, actor="anna")
    (one,) = Happenings(database).of(1)
    assert (one.kind, one.what, one.window, one.by, one.ident) == ("annotation", "a storm", "2026-01-04", "anna", ident)
