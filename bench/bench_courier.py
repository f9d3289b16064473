"""Measures how fast alerts become messages that have arrived: grouped, written, and brought to a real HTTP receiver.

The receiver is a process of its own on the same machine, which takes its share of the processors and answers after some
milliseconds, as one on the internet would. What is counted is what the receiver has written down, by the key of each message.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftline.alerting.alert import Patience
from driftline.alerting.incident import Board, take_in
from driftline.schema import Kind, Role
from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.server.outlets import Outlets
from driftline.server.service import Service, open_service
from driftline.services.handoff import hand_off
from driftline.store.boards import write_board
from driftline.store.tables import outbox
from driftline.verdicts.report import Cause, ColumnReport, Concern, Verdict, WindowReport
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.alerting.incident import Notice

RECEIVER = Path(__file__).parents[1] / "tests" / "server" / "receiver.py"
ALERTS, COLUMNS, SECONDS = 10_000, 50, 10
START = datetime(2026, 3, 1, tzinfo=UTC)
YAML = """
monitor: {name}
reference: reference.parquet
columns: {{id: id, timestamp: timestamp}}
window: hour
alerts:
  channels: {{hook: {{kind: webhook, url: 'http://127.0.0.1:{port}/', internal: true}}}}
"""


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=5.0, help="milliseconds after which the receiver answers")
    parser.add_argument("--alerts", type=int, default=ALERTS)
    options = parser.parse_args()
    many = options.alerts
    with tempfile.TemporaryDirectory() as place, receiver(Path(place), options.delay / 1000) as port:
        service = prepared(Path(place), port, many // COLUMNS)
        spent, begin = processor(), time.perf_counter()
        grouped(service, many // COLUMNS)
        wanted = bring(service)
        say(f"{many:,} firing alerts of {many // COLUMNS} models, grouped and sent", time.perf_counter() - begin, "s", SECONDS)
        say("... processor time for an alert", (processor() - spent) / many * 1e6, "µs", None)
        say("... messages that arrived", len(arrived(Path(place))), "messages", None)
        check(Path(place), wanted)
        written(service, many)
        spent, begin = processor(), time.perf_counter()
        wanted += bring(service)
        say(f"{many:,} messages of incidents that have nothing in common, sent", time.perf_counter() - begin, "s", SECONDS)
        say("... processor time for a message", (processor() - spent) / many * 1e6, "µs", None)
        check(Path(place), wanted)
        say(
            "... lost, or sent twice",
            sum(abs(times - 1) for times in arrived(Path(place)).values()) + wanted - len(arrived(Path(place))),
            "messages",
            0,
        )
        service.close()


@contextmanager
def receiver(place: Path, delay: float) -> Iterator[int]:
    """A receiver that runs; its port."""
    command = [sys.executable, str(RECEIVER), str(place / "arrived"), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def prepared(place: Path, port: int, models: int) -> Service:
    """A service that watches models."""
    rng, rows = np.random.default_rng(0), 200
    times = pa.array([START + timedelta(minutes=n) for n in range(rows)], pa.timestamp("ms", tz="UTC"))
    pq.write_table(
        pa.table({"id": [str(n) for n in range(rows)], "timestamp": times, "x": rng.normal(size=rows)}), place / "reference.parquet"
    )
    service = open_service(place / "data")
    for number in range(models):
        service.watch(YAML.format(name=f"model {number}", port=port), str(place), wall_clock(), actor="bench")
    return service


def grouped(service: Service, models: int) -> None:
    """Fifty columns of each model fire in one window."""
    window = Window(0, "2026-03-01 00:00", START, START + timedelta(hours=1))
    columns = tuple(column(f"column {number}") for number in range(COLUMNS))
    said = WindowReport(window=window, segment=None, rows=1000, verdict=Verdict.DRIFTED, reason="", columns=columns)
    for number in range(models):
        name = f"model {number}"
        judged: Any = SimpleNamespace(
            standing=SimpleNamespace(window=window, changed=START), report=SimpleNamespace(windows=(said,)), history=(said,)
        )
        handed = hand_off(name, Board(), [judged], at_once)
        with service.database.writing() as tx:
            write_board(service.database, tx, number + 1, name, handed, wall_clock())


def at_once(board: Board, windows: Sequence[WindowReport], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
    """What fires, fires in its first window."""
    return take_in(board, windows, now, Patience(fires_after=1))


def column(name: str) -> ColumnReport:
    """A column with a fault."""
    return ColumnReport(
        name=name, kind=Kind.NUMBER, role=Role.FEATURE, verdict=Verdict.DRIFTED, cause=Cause.CHANGED, concern=Concern.FAULT,
        reason="empty values went from 0.1% to 48% of rows", seen=True, since="2026-03-01 00:00", worst="shift", weight=3.0,
        importance=None, rows_needed=None, scores=(),
    )  # fmt: skip


def written(service: Service, many: int) -> None:
    """As many letters, each of an incident of its own, wait."""
    with service.database.writing() as tx:
        row = tx.execute(outbox.select().limit(1)).one()
        body = json.loads(row.body)
        letters = [{**body, "key": f"k{number}", "id": f"k{number}/opened", "incident": number} for number in range(many)]
        values = [
            {"topic": row.topic, "key": f"bench {n}", "body": json.dumps(one), "created": wall_clock()} for n, one in enumerate(letters)
        ]
        tx.execute(outbox.insert(), values)


def bring(service: Service) -> int:
    """Bring everything that waits; how many messages that were."""
    courier, sent = Courier(service.database, Outlets(service), wall_clock, "bench"), 0
    while done := courier.round().sent:
        sent += done
    return sent


def arrived(place: Path) -> Counter[str]:
    """How often each message arrived, by its key."""
    return Counter(line.split("\t")[1] for line in (place / "arrived").read_text().splitlines())


def check(place: Path, wanted: int) -> None:
    """Everything arrived once."""
    found = arrived(place)
    assert (len(found), set(found.values())) == (wanted, {1}), (len(found), wanted)


def processor() -> float:
    """Processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def say(what: str, measured: float, unit: str, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 2), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
