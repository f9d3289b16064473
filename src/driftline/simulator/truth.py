"""The truth about a simulated stream: what happens, what it changes, what should be done, and what each day truly held."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from driftline.simulator.events import Decision
from driftline.simulator.labels import LATEST_DAYS, SOONEST_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.simulator.payments import Day
    from driftline.simulator.settings import PaymentsConfig

SCHEMA = 1
DIGITS = 4


def truth(config: PaymentsConfig, daily: Sequence[dict[str, object]]) -> dict[str, object]:
    """Everything there is to know, as `truth.json` has it; events that begin after the last day are left out.

    `daily` has the counts of every day, those of the reference too, whose days are negative.
    """
    events = [event for event in config.events if event.from_day < config.days]
    settings = {field.name: getattr(config, field.name) for field in fields(config) if field.name not in {"events", "start"}}
    return {
        "schema": SCHEMA,
        "config": {**settings, "start": config.start.isoformat()},
        "label_delay_days": [SOONEST_DAYS, LATEST_DAYS],
        "events": [
            {
                **event.as_dict(),
                "from_date": config.date_of(event.from_day).isoformat(),
                "to_date": None if event.to_day is None else config.date_of(event.to_day).isoformat(),
            }
            for event in events
        ],
        "right_retrain_days": sorted({event.from_day for event in events if event.about.decision is Decision.RETRAIN}),
        "daily": list(daily),
    }


def counts(config: PaymentsConfig, day: Day) -> dict[str, object]:
    """The true counts of one day, as if all labels were known at once; null where there is nothing to divide by."""
    found: dict[str, object] = {
        "day": day.number,
        "date": config.date_of(day.number).isoformat(),
        "rows": day.rows.num_rows,
        "frauds": int(day.fraud.sum()),
    }
    if not config.scored:
        return found
    score = day.rows["model_score"].to_numpy()
    flagged = day.rows["model_pred"].to_numpy() == 1
    caught = int((flagged & day.fraud).sum())
    return {
        **found,
        "flagged": int(flagged.sum()),
        "false_negatives": int(day.fraud.sum()) - caught,
        "recall": share(caught, int(day.fraud.sum())),
        "precision": share(caught, int(flagged.sum())),
        "auc": auc(score, day.fraud),
    }


def share(part: int, whole: int) -> float | None:
    """A share, or None of nothing."""
    return round(part / whole, DIGITS) if whole else None


def auc(score: NDArray[np.float64], fraud: NDArray[np.bool_]) -> float | None:
    """How often a fraud scores higher than a genuine payment, ties counted half (Mann and Whitney 1947).

    >>> import numpy as np
    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    frauds = int(fraud.sum())
    genuine = fraud.size - frauds
    if not frauds or not genuine:
        return None
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(ties) - (ties - 1) / 2
    above = float(rank[place[fraud]].sum()) - frauds * (frauds + 1) / 2
    return round(above / (frauds * genuine), DIGITS)
