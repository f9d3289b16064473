"""The database's form, step by step: each revision brings the one before it further, with the data that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Index, UniqueConstraint

from driftline.errors import StateError
from driftline.store.metadata import METADATA, NUMBER, Instant
from driftline.store.revision_annotations import annotated
from driftline.store.revision_backtests import backtested
from driftline.store.revision_causes import caused
from driftline.store.revision_decisions import decided
from driftline.store.revision_threads import threaded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Connection

    Step = Callable[[Operations], None]

MARK = sa.Table("alembic_version", sa.MetaData(), Column("version_num", sa.String(32), primary_key=True))
"""Where Alembic, and whoever looks with it, finds the revision."""

LOCK = 7_301_946_215
"""Held on PostgreSQL while the form changes, so that two processes that start together do not both change it."""


def upgrade(connection: Connection, revisions: Mapping[str, Step] | None = None) -> None:
    """Bring a database to the newest revision, in one transaction.

    Args:
        connection: a connection that may write.
        revisions: by name, in order; those of this driftline for None.

    Raises:
        StateError: a newer driftline made the database.
    """
    steps = REVISIONS if revisions is None else revisions
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
        here = context.get_current_revision()
        if here is not None and here not in steps:
            raise StateError(f"the database has the form {here!r}, which this driftline does not know", hint="upgrade driftline")
        names = list(steps)
        missing = names[names.index(here) + 1 if here else 0 :]
        if not missing:
            return
        MARK.create(connection, checkfirst=True)
        for name in missing:
            steps[name](Operations(context))
        connection.execute(MARK.delete())
        connection.execute(MARK.insert().values(version_num=missing[-1]))


def _key() -> Column[int]:
    return Column("id", NUMBER, primary_key=True, autoincrement=True)


def _monitor(*, primary_key: bool = False) -> Column[int]:
    return Column("monitor_id", NUMBER, nullable=False, primary_key=primary_key)


def _text(name: str, size: int = 0, *, nullable: bool = False) -> Column[str]:
    return Column(name, sa.String(size) if size else sa.Text, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, sa.Integer, nullable=nullable)


def _large(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, sa.BigInteger, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Instant, nullable=nullable)


def _fleet(op: Operations) -> None:
    """Monitors, their versions, tokens and the audit trail."""
    op.create_table(
        "monitor_versions",
        Column("monitor_id", NUMBER, primary_key=True),
        Column("version", sa.Integer, primary_key=True),
        *(_text("yaml"), _text("directory"), _text("digest", 64), _text("author"), _at("created")),
        *(
            _text("way", 64, nullable=True),
            _text("reference", nullable=True),
            _text("problem", nullable=True),
            _at("tried", nullable=True),
        ),
    )
    op.create_table(
        "monitors", _key(), Column("name", sa.Text, nullable=False), _whole("version"), _at("created"), _at("retired", nullable=True),
        UniqueConstraint("name", name="uq_monitors"),
    )  # fmt: skip
    op.create_table(
        "tokens", Column("id", sa.String(16), primary_key=True), _text("name"), _text("role", 16), _text("hash", 64), _at("created"),
        _at("expires", nullable=True), _at("revoked", nullable=True),
    )  # fmt: skip
    op.create_table("audit", _key(), _at("at"), _text("actor"), _text("action", 64), _text("subject"), _text("detail"))


def _stream(op: Operations) -> None:
    """What came."""
    op.create_table(
        "received", _key(), _monitor(), _text("kind", 16), _text("batch"), _text("digest", 64), _whole("rows"), _whole("refused"),
        Column("parcel_id", NUMBER), _at("at"), UniqueConstraint("monitor_id", "kind", "batch", name="uq_received"),
    )  # fmt: skip
    op.create_table(
        "parcels", _key(), _monitor(), _text("kind", 16), _text("day", 10), _whole("rows"), _text("place", nullable=True),
        Column("body", sa.LargeBinary), _at("at"), _at("counted", nullable=True), _whole("waiting"),
        Column("first_id", NUMBER), Column("last_id", NUMBER), Index("ix_parcels", "monitor_id", "kind", "counted"),
    )  # fmt: skip
    op.create_table(
        "dead_letters", _key(), _monitor(), _text("kind", 16), _text("batch"), _whole("place"), _text("reason"), _text("row"), _at("at"),
        _at("replayed", nullable=True), Index("ix_dead_letters", "monitor_id", "id"),
    )  # fmt: skip
    op.create_table(
        "findings", _key(), _monitor(), _text("place"), _text("what"), _text("hint"), _large("rows"), _whole("times"), _at("first_at"),
        _at("last_at"), UniqueConstraint("monitor_id", "place", "what", name="uq_findings"),
    )  # fmt: skip
    op.create_table(
        "stream_columns", _monitor(primary_key=True), Column("kind", sa.String(16), primary_key=True),
        Column("name", sa.Text, primary_key=True), _text("type", 16),
    )  # fmt: skip


def _cycle(op: Operations) -> None:
    """What was counted and said."""
    op.create_table(
        "windows", _key(), _monitor(), _text("label"), _text("cut"), _large("position"), _at("ends", nullable=True),
        _whole("whole", nullable=True), _large("rows"), _whole("revision"), Column("stale", sa.Boolean, nullable=False), _text("way", 64),
        _at("changed"), _at("counted"), _whole("judged_revision"), _whole("judged_version"), _at("judged", nullable=True),
        _text("verdict", 16, nullable=True), _text("reason", nullable=True),
        UniqueConstraint("monitor_id", "label", name="uq_windows"), Index("ix_windows", "monitor_id", "position"),
    )  # fmt: skip
    op.create_table(
        "window_parcels", Column("window_id", NUMBER, primary_key=True), Column("parcel_id", NUMBER, primary_key=True),
        _whole("first", nullable=True), _whole("length", nullable=True), Index("ix_window_parcels", "parcel_id"),
    )  # fmt: skip
    op.create_table(
        "profiles", Column("window_id", NUMBER, sa.ForeignKey("windows.id"), primary_key=True),
        Column("way", sa.String(64), primary_key=True), Column("segment", sa.Text, primary_key=True), _large("rows"),
        Column("body", sa.LargeBinary, nullable=False),
    )  # fmt: skip
    op.create_table(
        "verdicts", _key(), _monitor(), Column("window_id", NUMBER, nullable=False), _whole("version"), _whole("revision"), _text("label"),
        _large("position"), _large("rows"), _text("verdict", 16), _text("reason"), _at("created"),
        Column("report", sa.LargeBinary, nullable=False),
        UniqueConstraint("window_id", "version", "revision", name="uq_verdicts"),
        Index("ix_verdicts", "monitor_id", "position"),
    )  # fmt: skip
    op.create_table(
        "outbox", _key(), _text("topic", 32), _text("key", 128), _text("body"), _at("created"), _at("sent", nullable=True),
        UniqueConstraint("key", name="uq_outbox"),
    )  # fmt: skip
    op.create_table(
        "leases", Column("name", sa.String(64), primary_key=True), _text("owner"), _large("epoch"), _at("until"),
    )  # fmt: skip


def _begin(op: Operations) -> None:
    """The first form."""
    _fleet(op)
    _stream(op)
    _cycle(op)


def _alerts(op: Operations) -> None:
    """Alerts, incidents, and who was told of them."""
    op.create_index("ix_outbox", "outbox", ["topic", "sent", "id"])
    op.create_table(
        "deliveries", Column("letter_id", NUMBER, primary_key=True), Column("receiver", sa.String(200), primary_key=True),
        _whole("attempts"), _at("due", nullable=True), Column("done", sa.Boolean, nullable=False), _text("error"), _at("at"),
    )  # fmt: skip
    op.create_table("boards", _monitor(primary_key=True), Column("body", sa.LargeBinary, nullable=False), _at("changed"))
    op.create_table(
        "alerts", _monitor(primary_key=True), Column("segment", sa.Text, primary_key=True), Column("kind", sa.String(32), primary_key=True),
        Column("name", sa.Text, primary_key=True), _text("state", 16), _at("since"), _at("fired", nullable=True),
        _whole("incident", nullable=True), _whole("tier"), _text("concern", 32), _text("sentence"), _at("changed"),
    )  # fmt: skip
    op.create_table(
        "incidents", _key(), _monitor(), _whole("number"), _text("window"), _at("opened"), _at("closed", nullable=True), _whole("tier"),
        _text("subject"), _text("body"), _text("members"), _at("changed"),
        UniqueConstraint("monitor_id", "number", name="uq_incidents"), Index("ix_incidents", "closed", "id"),
    )  # fmt: skip


def _sealed(op: Operations) -> None:
    """Windows whose rows were erased, and verdicts that know how well the model does."""
    for table, name in (("windows", "sealed"), ("verdicts", "labelled")):
        # Not in a copy of the table: SQLite does not drop one that others refer to.
        op.add_column(table, Column(name, sa.Boolean, nullable=False, server_default=sa.false()))


def _glances(op: Operations) -> None:
    """What pages show of windows and monitors."""
    op.create_table(
        "glances", Column("window_id", NUMBER, primary_key=True), _monitor(), _large("position"), _whole("version"), _whole("revision"),
        Column("body", sa.LargeBinary, nullable=False), Column("detail", sa.LargeBinary, nullable=False),
        Index("ix_glances", "monitor_id", "position"),
    )  # fmt: skip
    op.create_table("standings", _monitor(primary_key=True), _text("body"), _at("changed"))


def _orders(op: Operations) -> None:
    """Answers and silences."""
    op.create_table(
        "answers", _monitor(primary_key=True), Column("number", sa.Integer, primary_key=True), _whole("tier"), _text("actor"),
        _text("note"), _at("at"),
    )  # fmt: skip
    op.create_table(
        "silences", _key(), _text("matchers"), _at("starts"), _at("ends"), _text("actor"), _text("comment"),
        Index("ix_silences", "ends"),
    )  # fmt: skip


def _watermarks(op: Operations) -> None:
    """How far queries were read."""
    op.create_table(
        "watermarks", _monitor(primary_key=True), Column("kind", sa.String(16), primary_key=True), _text("done", nullable=True),
        _text("upto", nullable=True), _at("changed"),
    )  # fmt: skip


def _glances_again(op: Operations) -> None:
    """Glances have columns' counts: they are cut again from the verdicts when the service starts."""
    op.execute("delete from glances")


def _lateness(op: Operations) -> None:
    """How late labels come."""
    op.create_table(
        "lateness", Column("window_id", NUMBER, primary_key=True), _monitor(), _text("came", nullable=True), _at("ripens", nullable=True),
        Index("ix_lateness", "monitor_id"), Index("ix_lateness_ripens", "ripens"),
    )  # fmt: skip


REVISIONS: Mapping[str, Step] = {
    "0001": _begin,
    "0002": _alerts,
    "0003": _sealed,
    "0004": _glances,
    "0005": _orders,
    "0006": _watermarks,
    "0007": decided,
    "0008": _glances_again,
    "0009": _lateness,
    "0010": annotated,
    "0011": threaded,
    "0012": caused,
    "0013": backtested,
}
"""Every revision, in order. What was released is not changed; a new form is a new revision at the end."""
