"""Processes to be killed: this program loads everything once and forks, on request, a process that sends or one that works.

It reads one JSON object a line, and answers each with the number of the process that it started.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.errors import DriftlineError
from driftline.server import collecting
from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.server.outlets import Outlets
from driftline.server.service import open_service
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.services.intake import Kind, sort_rows
from driftline.store.intake import Delivery, Intake
from driftline.store.owners import new_owner

if TYPE_CHECKING:
    from driftline.services.errands import Letter

START = datetime(2026, 1, 5, tzinfo=UTC)
AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
SENDING_LIMIT = 40


def batch(life: int, number: int) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """A batch, its predictions and the labels of some of them: always the same ones."""
    dice = random.Random(f"{life}-{number}")
    rows = [
        {
            "id": f"{life}-{number}-{i}",
            "features": {"amount": dice.gauss(0, 1), "plan": dice.choice(["free", "pro"])},
            "score": dice.random(),
            "timestamp": (START + timedelta(minutes=dice.uniform(0, 300))).isoformat(),
        }
        for i in range(dice.choice([1, 1, 3, 50, 200]))
    ]
    return f"{life}-{number}", rows, [{"id": row["id"], "value": 1} for row in rows[::3]]


def send(order: dict[str, Any]) -> None:
    """Send batches until killed; those of an earlier life first, since nobody knows which of them arrived."""
    service = open_service(Path(order["data"]), order["url"])
    intake, watched = Intake(service.database, service.rows), service.fleet.find("churn")
    names = service.library.naming(watched)
    acks = os.open(order["acks"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    waiting: deque[tuple[str, Any]] = deque()

    def deliver(life: int, number: int) -> None:
        name, rows, labels = batch(life, number)
        for kind, some in ((Kind.PREDICTIONS, rows), (Kind.LABELS, labels)):
            found = sort_rows(some, kind, names, wall_clock())
            one = Delivery(watched.id, watched.name, kind, name, f"{kind} {name}", found.rows, found.refused, wall_clock())
            waiting.append((f"{kind.value} {name}", intake.submit(one)))
        while len(waiting) > SENDING_LIMIT:
            settle()

    def settle() -> None:
        name, future = waiting.popleft()
        try:
            future.result()
        except DriftlineError:
            return
        os.write(acks, f"{name}\n".encode())

    for number in range(order["again"]):
        deliver(order["life"] - 1, number)
    number = 0
    while number < order["most"]:
        deliver(order["life"], number)
        number += 1
    while waiting:
        settle()
    intake.close()


class FilePost:
    """Writes the keys of letters into a file."""

    def __init__(self, place: Path) -> None:
        self._file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def begin(self) -> None:
        """Nothing to look up."""

    def receivers(self, letter: Letter) -> tuple[str, ...]:
        """The file."""
        return ("file",)

    def place(self, receiver: str, letter: Letter) -> str:
        """There is one."""
        return receiver

    def deliver(self, receiver: str, letter: Letter) -> None:
        """One line."""
        os.write(self._file, f"{letter.key}\n".encode())


def work(order: dict[str, Any]) -> None:
    """Turn the cycle, and bring what is to be told, until killed."""
    service = open_service(Path(order["data"]), order["url"])
    worker = Worker(service, AT_ONCE, wall_clock, threads=1)
    courier = Courier(service.database, FilePost(Path(order["told"])), wall_clock, worker.owner)
    while True:
        try:
            courier.round()
            if not worker.round().turns:
                time.sleep(0.01)
        except DriftlineError:
            time.sleep(0.05)


def tell(order: dict[str, Any]) -> None:
    """Turn the cycle, and beside it bring what is to be told to where the YAML says, as the service does, until killed."""
    service = open_service(Path(order["data"]), order["url"])
    worker = Worker(service, AT_ONCE, wall_clock, threads=1)
    Courier(service.database, Outlets(service), wall_clock, worker.owner).start()
    while True:
        try:
            if not worker.round().turns:
                time.sleep(0.01)
        except DriftlineError:
            time.sleep(0.05)


def fetch(order: dict[str, Any]) -> None:
    """Fetch rows, some at a time, until killed."""
    collecting.ROWS = 100
    service = open_service(Path(order["data"]), order["url"])
    one = collecting.Collector(service=service, clock=wall_clock, owner=new_owner("fetcher"))
    while True:
        one.round()


def main() -> None:
    """Fork on request. Children that end are forgotten at once."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            {"send": send, "work": work, "tell": tell, "fetch": fetch}[order["do"]](order)
            os._exit(0)
        print(child, flush=True)  # noqa: T201  the answer


if __name__ == "__main__":
    main()
