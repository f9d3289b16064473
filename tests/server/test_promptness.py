"""Whoever has to know is told at once: from the closing of a window to the message at a real receiver, through the whole service."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from driftline.cli.serve import serve
from driftline.server import courier
from driftline.server.face import wall_clock
from driftline.server.serving import Settings, running
from driftline.services.cycle import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERVAL = next(one.default for one in serve.params if one.name == "interval")
WITHIN, CLOSES_IN, TRIES = 2.0, 8.0, 5
ALERTS = """
  fires_after: 1
  channels: {{hook: {{kind: webhook, url: 'http://127.0.0.1:{port}/', internal: true}}}}
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A receiver in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("receiver.py")), str(tmp_path / "arrived")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def test_looks_are_frequent_enough() -> None:
    """By default half of the time is left for judging and sending, even where both looks come as late as they can."""
    assert INTERVAL + courier.INTERVAL <= WITHIN / 2


@pytest.mark.soak
def test_a_message_leaves_within_two_seconds_of_the_closing_of_its_window(
    open_world: Any, dense_reference: Path, rows_of: Any, port: int, tmp_path: Path
) -> None:
    """The service as it runs by default, where rows that came before are counted already; on a busy machine, the quickest of some."""
    rows: list[dict[str, Any]] = rows_of(0, 600, minutes=0.1)
    for row in rows:
        row["features"]["plan"] = None
    taken: list[float] = []
    while len(taken) < TRIES and min(taken, default=WITHIN) >= WITHIN:
        place, arrived = f"data {len(taken)}", tmp_path / "arrived"
        world = open_world(learnt_from=dense_reference, place=place)
        world.change(alerts=ALERTS.format(port=port))
        world.send(rows, "an hour")
        end, closes = datetime.fromisoformat(rows[0]["timestamp"]) + timedelta(hours=1), wall_clock() + timedelta(seconds=CLOSES_IN)
        pace = Pace(settle=timedelta(0), lateness=closes - end)
        with running(Settings(data=tmp_path / place, interval=timedelta(seconds=INTERVAL), pace=pace)):
            until = time.monotonic() + 60
            while not arrived.exists() or arrived.read_text().count("\n") <= len(taken):
                assert time.monotonic() < until, world.windows()
                time.sleep(0.01)
        taken.append(float(arrived.read_text().splitlines()[-1].split("\t")[0]) - closes.timestamp())
    assert 0 < min(taken) < WITHIN, taken
