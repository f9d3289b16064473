"""The tables of the service: what is watched, what came, what was counted, what was said of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from driftline.store.metadata import METADATA, NUMBER, Instant, key, of_monitor

versions = Table(
    "monitor_versions",
    METADATA,
    Column("monitor_id", NUMBER, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("yaml", Text, nullable=False),
    Column("directory", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("author", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Column("way", String(64)),
    Column("reference", Text),
    Column("problem", Text),
    Column("tried", Instant),
)
"""Each change of a monitor's YAML. `way` is the fingerprint of how it counts, `reference` where what was learnt from its reference
lies, `problem` why nothing could be learnt."""

monitors = Table(
    "monitors",
    METADATA,
    key(),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Instant, nullable=False),
    Column("retired", Instant),
    UniqueConstraint("name", name="uq_monitors"),
)
"""What is watched. Rows are sent to a monitor by its name; a new name keeps the past."""

tokens = Table(
    "tokens",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("created", Instant, nullable=False),
    Column("expires", Instant),
    Column("revoked", Instant),
)
"""Who may do what. Of a secret only its hash is kept."""

received = Table(
    "received",
    METADATA,
    key(),
    of_monitor(),
    Column("kind", String(16), nullable=False),
    Column("batch", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("parcel_id", NUMBER),
    Column("at", Instant, nullable=False),
    UniqueConstraint("monitor_id", "kind", "batch", name="uq_received"),
)
"""Every batch that was accepted, by which it is known again. `parcel_id` is where its rows were put first."""

parcels = Table(
    "parcels",
    METADATA,
    key(),
    of_monitor(),
    Column("kind", String(16), nullable=False),
    Column("day", String(10), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("place", Text),
    Column("body", LargeBinary),
    Column("at", Instant, nullable=False),
    Column("counted", Instant),
    Column("waiting", Integer, nullable=False),
    Column("first_id", NUMBER),
    Column("last_id", NUMBER),
    Index("ix_parcels", "monitor_id", "kind", "counted"),
)
"""Rows that lie together: in a Parquet file at `place`, or, while they are few, here in `body`.

`waiting` counts labels whose prediction has not come. A parcel that was gathered from small ones says from which: their
ids from `first_id` to `last_id`.
"""

windows = Table(
    "windows",
    METADATA,
    key(),
    of_monitor(),
    Column("label", Text, nullable=False),
    Column("cut", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("ends", Instant),
    Column("whole", Integer),
    Column("rows", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("way", String(64), nullable=False),
    Column("changed", Instant, nullable=False),
    Column("counted", Instant, nullable=False),
    Column("judged_revision", Integer, nullable=False),
    Column("judged_version", Integer, nullable=False),
    Column("judged", Instant),
    Column("verdict", String(16)),
    Column("reason", Text),
    Column("sealed", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("monitor_id", "label", name="uq_windows"),
    Index("ix_windows", "monitor_id", "position"),
)
"""Windows. `whole` is the number of rows that makes a window of rows complete; `revision` grows with every change of its counts.

A `stale` window must be counted again from its rows: labels came, or the bins are others. A `sealed` one cannot be any more:
rows of it were erased because they were old, and its counts stay as they are.
"""

window_parcels = Table(
    "window_parcels",
    METADATA,
    Column("window_id", NUMBER, primary_key=True),
    Column("parcel_id", NUMBER, primary_key=True),
    Column("first", Integer),
    Column("length", Integer),
    Index("ix_window_parcels", "parcel_id"),
)
"""Where a window's rows and labels lie; `first` and `length` where windows are runs of rows."""

profiles = Table(
    "profiles",
    METADATA,
    Column("window_id", NUMBER, ForeignKey("windows.id"), primary_key=True),
    Column("way", String(64), primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What each window holds, as counts, by segment (empty for all rows) and by the way in which they were counted."""

verdicts = Table(
    "verdicts",
    METADATA,
    key(),
    of_monitor(),
    Column("window_id", NUMBER, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("labelled", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("window_id", "version", "revision", name="uq_verdicts"),
    Index("ix_verdicts", "monitor_id", "position"),
)
"""What was said of a window, once for each revision of its counts; `report` is the report's JSON, packed.

`labelled` says that its performance was known.
"""

outbox = Table(
    "outbox",
    METADATA,
    key(),
    Column("topic", String(32), nullable=False),
    Column("key", String(128), nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Column("sent", Instant),
    UniqueConstraint("key", name="uq_outbox"),
    Index("ix_outbox", "topic", "sent", "id"),
)
"""Effects that are still to happen, written with what caused them. A letter was `sent` when everybody has it who should."""

deliveries = Table(
    "deliveries",
    METADATA,
    Column("letter_id", NUMBER, primary_key=True),
    Column("receiver", String(200), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant),
    Column("done", Boolean, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
"""How often each receiver was tried, when it is tried again, and what went wrong last."""

boards = Table(
    "boards",
    METADATA,
    of_monitor(primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("changed", Instant, nullable=False),
)
"""What alerting knows of each monitor, packed: the state of every alert, and the incidents that are open."""

alerts = Table(
    "alerts",
    METADATA,
    of_monitor(primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("fired", Instant),
    Column("incident", Integer),
    Column("tier", Integer, nullable=False),
    Column("concern", String(32), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("changed", Instant, nullable=False),
)
"""The alerts that wait or fire now, as people look at them."""

incidents = Table(
    "incidents",
    METADATA,
    key(),
    of_monitor(),
    Column("number", Integer, nullable=False),
    Column("window", Text, nullable=False),
    Column("opened", Instant, nullable=False),
    Column("closed", Instant),
    Column("tier", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("members", Text, nullable=False),
    Column("changed", Instant, nullable=False),
    UniqueConstraint("monitor_id", "number", name="uq_incidents"),
    Index("ix_incidents", "closed", "id"),
)
"""Incidents, as people look at them; `members` is JSON."""

answers = Table(
    "answers", METADATA, of_monitor(primary_key=True), Column("number", Integer, primary_key=True), Column("tier", Integer, nullable=False),
    Column("actor", Text, nullable=False), Column("note", Text, nullable=False), Column("at", Instant, nullable=False),
)  # fmt: skip
"""Who takes care of which incident, and how urgent it was then."""

silences = Table(
    "silences", METADATA, key(), Column("matchers", Text, nullable=False), Column("starts", Instant, nullable=False),
    Column("ends", Instant, nullable=False), Column("actor", Text, nullable=False), Column("comment", Text, nullable=False),
    Index("ix_silences", "ends"),
)  # fmt: skip
"""What nobody is told of, from when until when. A silence that is lifted ends then."""

leases = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("until", Instant, nullable=False),
)
"""Who works on what. `epoch` grows whenever a lease changes hands."""

dead_letters = Table(
    "dead_letters",
    METADATA,
    key(),
    of_monitor(),
    Column("kind", String(16), nullable=False),
    Column("batch", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("row", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("replayed", Instant),
    Index("ix_dead_letters", "monitor_id", "id"),
)
"""Rows that could not be read, as they came, with the reason."""

findings = Table(
    "findings",
    METADATA,
    key(),
    of_monitor(),
    Column("place", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    UniqueConstraint("monitor_id", "place", "what", name="uq_findings"),
)
"""What a person should know of the stream: columns that came or went, rows without a time."""

watermarks = Table(
    "watermarks",
    METADATA,
    of_monitor(primary_key=True),
    Column("kind", String(16), primary_key=True),
    *(Column(name, Text) for name in ("done", "upto")),
    Column("changed", Instant, nullable=False),
)
"""How far a query's rows were taken: all up to `done`, and, while `upto` is there, perhaps some up to it. Both are JSON."""

lateness = Table(
    "lateness", METADATA, Column("window_id", NUMBER, primary_key=True), of_monitor(), Column("came", Text), Column("ripens", Instant),
    Index("ix_lateness", "monitor_id"), Index("ix_lateness_ripens", "ripens"),
)  # fmt: skip
"""How late each window's labels came, as JSON by sort and delay, empty where that tells nothing; and when to judge it again for its age."""

stream_columns = Table(
    "stream_columns",
    METADATA,
    of_monitor(primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("type", String(16), nullable=False),
)
"""The columns that rows were seen to have."""

audit = Table(
    "audit",
    METADATA,
    key(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who changed what."""

glances = Table(
    "glances",
    METADATA,
    Column("window_id", NUMBER, primary_key=True),
    of_monitor(),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("detail", LargeBinary, nullable=False),
    Index("ix_glances", "monitor_id", "position"),
)
"""What pages show of each window, cut from the newest report about it; it can be made again from the verdicts at any time."""

standings = Table(
    "standings",
    METADATA,
    of_monitor(primary_key=True),
    Column("body", Text, nullable=False),
    Column("changed", Instant, nullable=False),
)
"""What the page of the whole fleet shows of each monitor, as JSON; it can be made again from the glances."""
