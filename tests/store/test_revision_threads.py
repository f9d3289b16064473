"""The form with conversations about incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from driftline.store.database import Database
from driftline.store.threads import threads

if TYPE_CHECKING:
    from pathlib import Path


def test_the_table_is_as_the_code_asks(tmp_path: Path) -> None:
    """A fresh database has the columns by which they are kept."""
    found = sa.inspect(Database(f"sqlite:///{tmp_path / 'd.db'}").engine)
    assert {one["name"] for one in found.get_columns("channel_threads")} == set(threads.c.keys())
    assert found.get_pk_constraint("channel_threads")["constrained_columns"] == ["channel", "incident"]
