"""The scheduler: round after round, whatever goes wrong in one of them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from driftline.errors import OutsideError
from driftline.server.meters import Meters
from driftline.server.scheduler import Scheduler
from driftline.server.worker import Round


class _Worker:
    """Does as it is told, one instruction a round."""

    def __init__(self, *results: Any) -> None:
        self.results = list(results)
        self.done = threading.Event()

    def round(self, *, stopped: Any) -> Round:
        assert not stopped()
        result = self.results.pop(0) if self.results else Round()
        if not self.results:
            self.done.set()
        if isinstance(result, Exception):
            raise result
        return result


def test_rounds_go_on(caplog: Any) -> None:
    """After the world failed, and after a mistake of ours; both are told and counted."""
    caplog.set_level("CRITICAL", "driftline")
    meters = Meters()
    worker = _Worker(Round(turns=2, judged=3), OutsideError("gone"), RuntimeError("bug"), Round(turns=1, failed=["m: why"]))
    scheduler = Scheduler(worker, timedelta(0), meters)  # type: ignore[arg-type]  # it does what a worker does
    scheduler.start()
    assert worker.done.wait(20)
    scheduler.stop()
    numbers = {one.name: one.value for family in meters.registry.collect() for one in family.samples}
    assert numbers["driftline_cycle_turns_total"] == 3
    assert (numbers["driftline_windows_judged_total"], numbers["driftline_cycle_failures_total"]) == (3, 3)
