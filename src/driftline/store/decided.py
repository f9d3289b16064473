"""The tables of what was decided and of what was done about it: decisions with all they rest on, and trainings from request to outcome."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, false

from driftline.store.metadata import METADATA, NUMBER, Instant, key, of_monitor

decisions = Table(
    "decisions",
    METADATA,
    key(),
    of_monitor(),
    Column("window_id", NUMBER, nullable=False),
    Column("label", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made", Instant, nullable=False),
    Column("action", String(16), nullable=False),
    Column("rule", Text, nullable=False),
    Column("consent", String(16), nullable=False),
    Column("begins", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("actor", Text),
    Column("note", Text),
    Column("instead", String(16)),
    Column("answered", Instant),
    UniqueConstraint("window_id", "number", name="uq_decisions"),
    Index("ix_decisions", "monitor_id", "id"),
)
"""What was decided at the end of a window. It is decided again where labels or counts say something else: `number` counts that.

`body` is the evidence and the decision as JSON, packed; `digest` is theirs, without the time, by which a decision that is made
once more is known. `state` says what became of it, `instead` what a person wanted in its place.
"""

trainings = Table(
    "trainings",
    METADATA,
    key(),
    of_monitor(),
    Column("decision_id", NUMBER, nullable=False),
    Column("began", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("challenger", Text, nullable=False),
    Column("proof", Text),
    Column("rollout", Text),
    Column("deployed", Instant),
    Column("stopping", Boolean, nullable=False, server_default=false()),
    Column("changed", Instant, nullable=False),
    UniqueConstraint("decision_id", name="uq_trainings"),
    Index("ix_trainings", "monitor_id", "id"),
)
"""What a decision to retrain has led to. `request` is JSON: why, and which windows are left out; `since` is the window since which
things had changed. `proof` and `rollout` are JSON as the gate and the rollout wrote them, and stay when the next overwrites the files."""
