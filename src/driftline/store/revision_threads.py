"""The form of the database in which conversations about incidents are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Column

if TYPE_CHECKING:
    from alembic.operations import Operations


def threaded(op: Operations) -> None:
    """Where conversations about incidents began."""
    op.create_table(
        "channel_threads", Column("channel", sa.Text, primary_key=True), Column("incident", sa.Text, primary_key=True),
        Column("began", sa.Text, nullable=False),
    )  # fmt: skip
