"""What has to be told is told, whatever dies between verdict and delivery: real processes, real signals, a real receiver."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from driftline.services.errands import WIDTH
from driftline.store.tables import outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
SRC = str(HERE.parents[1] / "src")
HOURS = 3
PROBE = "probe"
ALERTS = """
  fires_after: 1
  resolves_after: 1
  channels: {{hook: {{kind: webhook, url: 'http://127.0.0.1:{port}/', internal: true}}}}
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A receiver in a process of its own, which answers after 20 ms."""
    command = [sys.executable, str(HERE / "receiver.py"), str(tmp_path / "arrived"), "0.02"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def start() -> Iterator[Callable[..., int]]:
    """Starts processes to be killed."""
    environ = {**os.environ, "PYTHONPATH": SRC, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "victim.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        begun: list[int] = []

        def begin(**order: Any) -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            begun.append(int(process.stdout.readline()))
            return begun[-1]

        yield begin
        for victim in begun:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def arrivals(place: Path) -> dict[str, list[float]]:
    """When each message arrived, by its key."""
    found: dict[str, list[float]] = {}
    for line in place.read_text().splitlines() if place.exists() else ():
        at, key, _ = line.split("\t")
        if key != PROBE:
            found.setdefault(key, []).append(float(at))
    return found


def taken_by(port: int) -> float:
    """A moment at which the receiver has written down whatever was sent to it before."""
    probe = urllib.request.Request(f"http://127.0.0.1:{port}/", b"{}", {"Idempotency-Key": PROBE})
    with urllib.request.urlopen(probe, timeout=30) as answer:
        answer.read()
    return time.time()


def written(world: Any) -> list[str]:
    """Keys of all messages that had to be told."""
    with world.service.database.reading() as tx:
        bodies = tx.execute(sa.select(outbox.c.body).where(outbox.c.topic == "message").order_by(outbox.c.id)).scalars()
        return [json.loads(body)["id"] for body in bodies]


def rows_for(rows_of: Any, hour: int) -> list[dict[str, Any]]:
    """An hour's predictions; in every third hour the plan does not come: two calm ones end it even where it flaps."""
    rows: list[dict[str, Any]] = rows_of(600 * hour, 600, minutes=0.1)
    for row in rows if hour % HOURS == HOURS - 1 else ():
        row["features"]["plan"] = None
    return rows


@pytest.mark.parametrize(
    ("kills", "aimed"), [(7, True), pytest.param(100, True, marks=pytest.mark.soak), pytest.param(100, False, marks=pytest.mark.soak)]
)
def test_killed_between_verdict_and_delivery(
    open_world: Any,
    dense_reference: Path,
    rows_of: Any,
    port: int,
    start: Callable[..., int],
    tmp_path: Path,
    kills: int,
    aimed: bool,  # noqa: FBT001  pytest gives it so
) -> None:
    """Nothing is lost; a message comes twice only if a process was killed in between, and then under its own key.

    Half of the kills are aimed at the moment at which a message is under way, or none.
    """
    small = open_world(learnt_from=dense_reference)
    small.change(alerts=ALERTS.format(port=port))
    dice, moments, arrived = random.Random(kills), [], tmp_path / "arrived"
    order = {"do": "tell", "data": str(tmp_path / "data"), "url": None}
    for life in range(kills):
        for hour in range(HOURS * life, HOURS * (life + 1)):
            small.send(rows_for(rows_of, hour), f"hour {hour}")
        before = len(arrivals(arrived))
        victim = start(**order)
        if aimed and life % 2:
            # At the moment at which a message is under way.
            until = time.monotonic() + 20
            while len(arrivals(arrived)) == before and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(dice.uniform(0, 0.03))
        else:
            time.sleep(dice.uniform(0.05, 1.5))
        os.kill(victim, signal.SIGKILL)
        # What was in its socket at that moment arrives all the same.
        moments.append(taken_by(port))
    last = start(**order)
    until = time.monotonic() + 60 + 10 * kills
    # Each fault was told, and each end but the last; then nothing waits.
    while len(written(small)) < 2 * kills - 1 or small.service.board.counts()["outbox"]:
        assert time.monotonic() < until, (len(small.windows()), small.service.board.counts(), len(written(small)))
        time.sleep(0.05)
    os.kill(last, signal.SIGKILL)
    came, wanted = arrivals(arrived), written(small)
    assert set(came) == set(wanted)
    twice = {key: times for key, times in came.items() if len(times) > 1}
    for key, times in twice.items():
        for first, second in pairwise(times):
            assert any(first <= moment <= second for moment in moments), f"{key} came twice though nothing was killed"
    print(f"{len(twice)} of {len(came)} messages came again")  # noqa: T201  a long round is run for what it says
    assert len(twice) <= kills * WIDTH
