"""The form of the database in which the causes of incidents are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Column

from driftline.store.metadata import NUMBER, Instant

if TYPE_CHECKING:
    from alembic.operations import Operations


def caused(op: Operations) -> None:
    """With what changes incidents began."""
    op.create_table(
        "causes", Column("monitor_id", NUMBER, primary_key=True), Column("number", sa.Integer, primary_key=True),
        Column("place", sa.Integer, primary_key=True), Column("kind", sa.Text, nullable=False),
        Column("columns", sa.Text, nullable=False), Column("label", sa.Text, nullable=False), Column("starts", Instant),
        Column("ends", Instant), Column("told", sa.Boolean, nullable=False),
    )  # fmt: skip
