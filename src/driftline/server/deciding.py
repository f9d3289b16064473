"""Deciding, as a monitor has its terms; a mistake in it is logged, and keeps no verdict from being kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import DriftlineError
from driftline.server.logs import LOG
from driftline.services.decide import decide_due
from driftline.wiring import SEED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from driftline.decisions.course import Decided
    from driftline.monitor import Monitor
    from driftline.services.decide import Recalled
    from driftline.verdicts.report import Report
    from driftline.window import Window


@dataclass(frozen=True, slots=True)
class Deciding:
    """`driftline.services.cycle.Decide`, for one version of a monitor."""

    monitor: Monitor

    def __call__(self, report: Report, recalled: Recalled, fresh: Collection[Window]) -> Sequence[Decided]:
        """Decide; nothing where it cannot be decided."""
        try:
            return decide_due(report, recalled, fresh, self.monitor, partial(np.random.default_rng, SEED))
        except DriftlineError as error:
            LOG.warning("nothing decided", extra={"monitor": report.monitor, "why": error.fact})
        except Exception:  # noqa: BLE001  a mistake of ours about what to do must not keep anybody from knowing what happened
            LOG.exception("a mistake in driftline itself: nothing decided", extra={"monitor": report.monitor})
        return ()
