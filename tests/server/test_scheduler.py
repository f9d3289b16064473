"""The scheduler: round after round, whatever goes wrong in one of them."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from driftline.errors import OutsideError
from driftline.server import scheduler as scheduling
from driftline.server.meters import Meters
from driftline.server.scheduler import Scheduler
from driftline.server.worker import Round

if TYPE_CHECKING:
    import pytest


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


def test_memory_is_given_back_after_every_turn_that_did_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a window was counted again, though nothing new was; if that is too soon after the last time, in a later round."""
    now, given = [0.0], list[float]()
    monkeypatch.setattr(scheduling, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(scheduling, "give_back", lambda: given.append(now[0]))
    scheduler = Scheduler(_Worker(), timedelta(0), Meters())  # type: ignore[arg-type]  # it does what a worker does
    for at, done in ((10, Round()), (20, Round(turns=1, counted=1)), (21, Round(turns=1)), (25, Round()), (30, Round()), (50, Round())):
        now[0] = at
        scheduler._give_back(done)
    assert given == [20, 30]
