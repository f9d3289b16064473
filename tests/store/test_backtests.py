from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from driftline.store.backtests import Backtests, Kept
from driftline.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_newest_is_kept_with_who_sent_it(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Of each monitor by itself, whatever signs its texts have; each that came stands in the audit trail."""
    url = f"sqlite:///{tmp_path / 'd.db'}" if kind == "sqlite" else str(request.getfixturevalue("postgres").url())
    database = Database(url)
    kept = Backtests(database)
    assert kept.of(1) is None
    first, second = ({"windows": ["a"] * many, "policies": [], "unit": "€\x00"} for many in (3, 4))
    kept.keep(1, "churn", first, NOW, actor="anna")
    kept.keep(2, "fraud", first, NOW, actor="anna")
    kept.keep(1, "churn", second, NOW + timedelta(hours=1), actor="bob")
    assert kept.of(1) == Kept(second, "bob", NOW + timedelta(hours=1))
    assert kept.of(2) == Kept(first, "anna", NOW)
    with database.reading() as tx:
        trail = tx.execute(sa.text("select actor, action, subject, detail from audit order by id")).all()
    assert [(row.actor, row.action, row.subject) for row in trail] == [
        ("anna", "backtest.keep", "churn"),
        ("anna", "backtest.keep", "fraud"),
        ("bob", "backtest.keep", "churn"),
    ]
    assert '"windows": 4' in trail[-1].detail
    database.close()
