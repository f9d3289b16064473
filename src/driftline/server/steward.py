"""The steward: takes rollouts on that trainings began, step by step as records come, and writes down where they stand."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from driftline.errors import DriftlineError, OutsideError
from driftline.release.records import Reader
from driftline.release.rollout import look, tell
from driftline.rollout.rollout import Promoted
from driftline.server.logs import LOG
from driftline.server.releasing import with_labels
from driftline.store.leases import acquire, held
from driftline.store.trainings import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from driftline.release.filed import Filed
    from driftline.rollout.rollout import Action
    from driftline.server.service import Service
    from driftline.store.fleet import Watched

LEASE = "rollouts"
INTERVAL = 5.0
"""Seconds between looks at what the gateways recorded."""


class Steward:
    """Looks at rollouts. Any number of stewards may work on one database; one at a time does.

    Args:
        service: where trainings are kept.
        clock: the time.
        owner: who holds the lease.
    """

    def __init__(self, service: Service, clock: Callable[[], datetime], owner: str) -> None:
        self._service = service
        self._clock = clock
        self._owner = owner
        self._readers: dict[str, Reader] = {}
        self._stop = Event()
        self._thread = Thread(target=self._run, name=LEASE, daemon=True)

    def round(self) -> int:
        """Look at every rollout once; how many moved. One that fails keeps no other from its turn."""
        open_ones = self._service.trainings.releasing()
        if not open_ones:
            return 0
        lease = acquire(self._service.database, LEASE, self._owner, self._clock())
        if lease is None:
            return 0
        moved = 0
        with held(self._service.database, lease, self._clock):
            for name, training in open_ones:
                try:
                    moved += self._one(name, training)
                except OutsideError:
                    raise
                except DriftlineError as error:
                    LOG.warning("a rollout waits", extra={"monitor": name, "why": error.fact})
        return moved

    def _one(self, name: str, training: dict[str, Any]) -> bool:
        now = self._clock()
        specification = with_labels(self._service, self._service.fleet.find(name), now)
        spool = (training["rollout"] or {}).get("spool", "")
        reader = self._readers.setdefault(spool, Reader(Path(spool)))
        return note(self._service, training, look(specification, now, reader), now)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float = 30.0) -> None:
        """End after the rollout at hand."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.round()
            except DriftlineError as error:
                LOG.error("rollouts wait", extra={"why": str(error)})
            except Exception:  # noqa: BLE001  the steward must outlive any mistake of ours
                LOG.exception("a mistake in driftline itself")
            self._stop.wait(INTERVAL)


def act(service: Service, watched: Watched, action: Action, now: datetime, who: str, why: str) -> None:
    """Do with a rollout what a person says, at once; it stands in its history, in the trail, and with the training that led to it.

    Raises:
        StateError: there is no rollout, or that cannot be done from here.
    """
    filed = tell(with_labels(service, watched, now), action, now, who, why)
    about = {"action": action.value, "version": filed.challenger, "why": why}
    service.decisions.noted(who, "rollout.tell", watched.name, about, now)
    for one in service.trainings.of(watched.id, 5):
        if (one["rollout"] or {}).get("rollout") == filed.rollout:
            note(service, one, filed, now)


def note(service: Service, training: dict[str, Any], filed: Filed, now: datetime) -> bool:
    """Write down where a rollout stands; whether it has moved since it was written down last."""
    written = filed.written()
    before = training["rollout"] or {}
    same = ("step", "history", "weights", "unrouted")
    if written["rollout"] != before.get("rollout") or all(written[key] == before.get(key, "") for key in same):
        return False
    promoted = filed.state.since if isinstance(filed.state, Promoted) else None
    # One that is over is looked at until the traffic layer has heard of it.
    stage = Stage.RELEASED if promoted else Stage.TAKEN_BACK if filed.over and not filed.unrouted else Stage.RELEASING
    service.trainings.advance(training["id"], now, stage, filed.reason.value, rollout=written, deployed=promoted)
    return True
