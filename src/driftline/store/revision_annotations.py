"""The form of the database in which people's annotations are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Column, Index

from driftline.store.metadata import NUMBER, Instant

if TYPE_CHECKING:
    from alembic.operations import Operations


def annotated(op: Operations) -> None:
    """What people wrote at windows."""
    op.create_table(
        "annotations", Column("id", NUMBER, primary_key=True, autoincrement=True), Column("monitor_id", NUMBER, nullable=False),
        Column("window", sa.Text, nullable=False), Column("text", sa.Text, nullable=False), Column("author", sa.Text, nullable=False),
        Column("written", Instant, nullable=False), Index("ix_annotations", "monitor_id", "id"),
    )  # fmt: skip
