from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from driftline.store.backtests import backtests
from driftline.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


def test_the_table_is_as_the_code_asks(tmp_path: Path) -> None:
    """A fresh database has the columns that backtests are kept by, one row a monitor."""
    found = sa.inspect(Database(f"sqlite:///{tmp_path / 'd.db'}").engine)
    assert {one["name"] for one in found.get_columns("backtests")} == set(backtests.c.keys())
    assert found.get_pk_constraint("backtests")["constrained_columns"] == ["monitor_id"]
