"""The demo: a simulated model is watched, so that somebody who has no data yet sees what the pages show."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock, Thread
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from driftline.errors import ConfigError, DriftlineError
from driftline.server.logs import LOG
from driftline.services.intake import Kind
from driftline.simulator import PaymentsConfig, write
from driftline.store.intake import Delivery
from driftline.store.trail import remember

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from driftline.server.service import Service
    from driftline.store.fleet import Watched
    from driftline.store.intake import Intake

NAME = "payments-demo"
DAYS, ROWS = 60, 1000
PATIENCE = 120
"""Seconds until rows must have been taken in."""

YAML = """# A simulated model that scores card payments: what `driftline demo` shows, loaded into the service.
monitor: payments-demo
task: binary
reference: reference.parquet
columns:
  timestamp: ts
  id: transaction_id
  prediction: model_pred
  score: model_score
  label: is_fraud
  ignore: [customer_id]
window: {every: day, timezone: UTC}
false_alarms: 1 in 30 days
"""


class Demonstration:
    """Makes the demo once, in a thread of its own.

    Args:
        service: where it is watched.
        intake: what takes its rows.
        clock: the time; the demo ends yesterday.
        days, rows: how many days are watched, of how many payments each.

    Attributes:
        state: "running", what went wrong, or nothing.
    """

    def __init__(self, service: Service, intake: Intake, clock: Callable[[], datetime], *, days: int = DAYS, rows: int = ROWS) -> None:
        self._service = service
        self._intake = intake
        self._clock = clock
        self._size = (days, rows)
        self._lock = Lock()
        self.state = ""

    def start(self, actor: str) -> Thread | None:
        """Begin; nothing where it runs already."""
        with self._lock:
            if self.state == "running":
                return None
            self.state = "running"
        thread = Thread(target=self._run, args=(actor,), name="demo", daemon=True)
        thread.start()
        return thread

    def _run(self, actor: str) -> None:
        try:
            self._make(actor)
            self.state = ""
        except DriftlineError as error:
            self.state = str(error)
        except Exception:  # noqa: BLE001  a thread's mistake would be seen by nobody
            LOG.exception("the demo could not be made")
            self.state = "The demo could not be made; the log of the service says why."

    def _make(self, actor: str) -> None:
        (days, rows), now = self._size, self._clock()
        config = PaymentsConfig(days=days, rows_per_day=rows, start=now.date() - timedelta(days=days))
        home = self._service.uploads.parent / "demo"
        written = write(config, home)
        known = pq.read_table(written.labels)
        # A model's reference has its labels, as the service asks.
        labelled = pq.read_table(written.reference).join(known.drop_columns(["label_ts"]), "transaction_id").sort_by("ts")
        pq.write_table(labelled, written.reference)
        watched = self._service.watch(YAML, str(home), now, actor=actor)
        with self._service.database.writing() as tx:
            remember(tx, actor, "demo.load", watched.name, {"days": days, "rows": rows}, now)
        for file in sorted(written.data.glob("*.parquet")):
            self._send(watched, Kind.PREDICTIONS, file.stem, pq.read_table(file))
        # Nobody knows tomorrow's labels.
        known = known.filter(pc.less_equal(known["label_ts"], pa.scalar(now, known.schema.field("label_ts").type)))
        # When each was known tells how late labels come.
        known = known.select(["transaction_id", "is_fraud", "label_ts"]).rename_columns(["transaction_id", "is_fraud", "ts"])
        self._send(watched, Kind.LABELS, "labels", known)

    def _send(self, watched: Watched, kind: Kind, batch: str, table: pa.Table) -> None:
        names = self._service.library.naming(watched)
        at = table.schema.get_field_index(names.id)
        if at < 0:
            raise ConfigError(f"the demo's rows have no column {names.id!r}", hint="this is a mistake in driftline itself")
        table = table.set_column(at, names.id, table[names.id].cast(pa.string()))
        self._intake.submit(Delivery(watched.id, watched.name, kind, f"demo {batch}", "", table, (), self._clock())).result(PATIENCE)
