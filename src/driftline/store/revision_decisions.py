"""The form of the database in which decisions and trainings are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Column, Index, UniqueConstraint

from driftline.store.metadata import NUMBER, Instant

if TYPE_CHECKING:
    from alembic.operations import Operations


def decided(op: Operations) -> None:
    """Decisions, and what was done about them."""
    _decisions(op)
    _trainings(op)


def _decisions(op: Operations) -> None:
    op.create_table(
        "decisions", Column("id", NUMBER, primary_key=True, autoincrement=True), Column("monitor_id", NUMBER, nullable=False),
        Column("window_id", NUMBER, nullable=False), Column("label", sa.Text, nullable=False),
        Column("position", sa.BigInteger, nullable=False), Column("number", sa.Integer, nullable=False),
        Column("version", sa.Integer, nullable=False), Column("digest", sa.String(64), nullable=False),
        Column("made", Instant, nullable=False), Column("action", sa.String(16), nullable=False), Column("rule", sa.Text, nullable=False),
        Column("consent", sa.String(16), nullable=False), Column("begins", sa.Boolean, nullable=False),
        Column("reason", sa.Text, nullable=False), Column("body", sa.LargeBinary, nullable=False),
        Column("state", sa.String(16), nullable=False), Column("actor", sa.Text), Column("note", sa.Text),
        Column("instead", sa.String(16)), Column("answered", Instant),
        UniqueConstraint("window_id", "number", name="uq_decisions"), Index("ix_decisions", "monitor_id", "id"),
    )  # fmt: skip


def _trainings(op: Operations) -> None:
    op.create_table(
        "trainings", Column("id", NUMBER, primary_key=True, autoincrement=True), Column("monitor_id", NUMBER, nullable=False),
        Column("decision_id", NUMBER, nullable=False), Column("began", Instant, nullable=False), Column("actor", sa.Text, nullable=False),
        Column("since", sa.Text, nullable=False), Column("request", sa.Text, nullable=False),
        Column("state", sa.String(16), nullable=False), Column("sentence", sa.Text, nullable=False), Column("run", sa.Text, nullable=False),
        Column("challenger", sa.Text, nullable=False), Column("proof", sa.Text), Column("rollout", sa.Text), Column("deployed", Instant),
        Column("stopping", sa.Boolean, nullable=False, server_default=sa.false()), Column("changed", Instant, nullable=False),
        UniqueConstraint("decision_id", name="uq_trainings"), Index("ix_trainings", "monitor_id", "id"),
    )  # fmt: skip
