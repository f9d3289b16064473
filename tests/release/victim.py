"""Processes to be killed: this program loads everything once and forks, on request, one that goes from a decision to a promotion.

It reads one JSON object a line, and answers each with the number of the process that it started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from driftline.config.specification import specify
from driftline.errors import StateError, UnderWay
from driftline.registries.aliases import Alias, promotion
from driftline.release.filed import load, place_of
from driftline.release.prove import prove
from driftline.release.retrain import Request, models, retrain
from driftline.release.rollout import look, start, tell
from driftline.rollout.rollout import Action, Promoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.config.specification import Specification

NOW = datetime(2026, 4, 1, tzinfo=UTC)
T = TypeVar("T")
PARENTS_PATIENCE = 0.2
"""Seconds between looks at a training that outlived its runner."""


def promote(specification: Specification, reason: str) -> None:
    """From a decision to a promotion, as an operator or the service goes on after a crash: whatever is done already is not done again."""
    if not models(specification).aliases(specification.monitor.name).get(Alias.CHAMPION):
        first = retrain(specification, Request(reason=reason), NOW, lambda _: None).version
        models(specification).change(specification.monitor.name, first, promotion)
        return
    with suppress(StateError):
        look(specification, NOW)
    filed = load(place_of(specification))
    if filed is None or about(specification, filed.challenger) != reason:
        version = waited(lambda: retrain(specification, Request(reason=reason), NOW, lambda _: None).version)
        waited(lambda: prove(specification, NOW, lambda _: None, version=version))
        start(specification, NOW, version=version)
    filed = load(place_of(specification))
    if filed is not None and not isinstance(filed.state, Promoted):
        tell(specification, Action.PAUSE, NOW, "ann")
        tell(specification, Action.RESUME, NOW, "ann")
        tell(specification, Action.PROMOTE, NOW, "ann")


def waited(does: Callable[[], T]) -> T:
    """What comes of it; where a process is still on that outlived whoever began it, after that."""
    while True:
        try:
            return does()
        except UnderWay:
            time.sleep(PARENTS_PATIENCE)


def about(specification: Specification, version: str) -> str:
    """Why a version was trained."""
    return str(models(specification).about(specification.monitor.name, version)["reason"])


def main() -> None:
    """Fork for every line."""
    if sys.argv[1] == "mlflow":
        import_module("mlflow")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            place = Path(order["place"])
            promote(specify(order["settings"], {}, directory=place), order["reason"])
            (place / "done").write_text(order["reason"])
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
