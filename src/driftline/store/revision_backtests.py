"""The form of the database in which the newest backtest of each monitor is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Column

from driftline.store.metadata import NUMBER, Instant

if TYPE_CHECKING:
    from alembic.operations import Operations


def backtested(op: Operations) -> None:
    """What policies would have cost."""
    op.create_table(
        "backtests", Column("monitor_id", NUMBER, nullable=False, primary_key=True), Column("body", sa.Text, nullable=False),
        Column("actor", sa.Text, nullable=False), Column("came", Instant, nullable=False),
    )  # fmt: skip
