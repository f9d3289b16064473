"""How late labels come, watched batch by batch: delays by the age of predictions, and by what labels say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.engines.cells import find
from driftline.engines.lists import list_rows
from driftline.engines.outcome import outcome_rows
from driftline.performance.early import count_early, settled_age, sort_labels, sorts, with_likeness
from driftline.performance.maturity import DelayCounts, count_delays, learn_delays
from driftline.profile.outcome_rows import OutcomeRows
from driftline.schema import Task

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from driftline.performance.maturity import Delays
    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan


def sorted_labels(plan: Plan, outcome: Outcome, batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Each row's sort of label, as `performance.early` tells them apart; -1 without one."""
    wanted = (outcome.label, outcome.prediction, *outcome.scores)
    columns = {name: array for name in wanted if name is not None and (array := find(batch, name)) is not None}
    if outcome.task is Task.RANKING:
        listed = list_rows(plan, outcome, batch)
        return sort_labels(outcome, OutcomeRows(listed.score, listed.relevance))
    return sort_labels(outcome, outcome_rows(plan, outcome, columns, batch.num_rows))


class DelayWatch:
    """Watches how late labels come.

    Args:
        plan: the reference's bins.
        outcome: how its outcomes are counted.
        at: as things stood then.

    Attributes:
        columns: those that are looked at beside the two times.
    """

    def __init__(self, plan: Plan, outcome: Outcome, at: datetime) -> None:
        self._plan, self._outcome, self._at = plan, outcome, at.timestamp()
        self._counts: DelayCounts | None = None
        self._early: NDArray[np.int64] | None = None
        self.columns = tuple(name for name in (outcome.label, outcome.prediction, *outcome.scores) if name is not None)

    def count(self, batch: pa.RecordBatch, made: NDArray[np.float64], known: NDArray[np.float64]) -> None:
        """Take in rows, which were made, and their labels known, at these times."""
        found = count_delays(made, known, self._at)
        self._counts = found if self._counts is None else self._counts + found
        early = count_early(sorted_labels(self._plan, self._outcome, batch), sorts(self._outcome), made, known, self._at)
        self._early = early if self._early is None else self._early + early

    def delays(self) -> Delays | None:
        """What was learnt; None where it is too little."""
        found = learn_delays(self._counts) if self._counts is not None else None
        if found is None or self._early is None or found.still_coming:
            return found
        return with_likeness(found, self._early[:, settled_age(found) :].sum(1))
