"""Decide: now, and along the windows as it would have been."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import driftline as dl
from driftline.decisions.decision import Action
from driftline.monitor import Monitor
from driftline.services.decide import decide_along, decide_now

ROWS = 600


def days(count: int, seed: int, turned: int) -> dict[str, np.ndarray]:
    """Days of a calibrated model; from one of them on a third of the truth is the opposite of what it was."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 0.5, count * ROWS)
    bad = (np.arange(score.size) >= turned * ROWS) & (rng.random(score.size) < 1 / 3)
    ts = np.datetime64("2026-03-01") + (np.arange(score.size) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    return {"ts": ts, "score": score, "label": ((rng.random(score.size) < score) ^ bad).astype(int)}


def test_a_retraining_that_was_begun_is_known_to_the_decisions_after_it() -> None:
    """Alone, each late report says retrain; one after another, it is said until it can begin, and then no more."""
    columns = {"timestamp": "ts", "score": "score", "label": "label"}
    reference = days(20, 0, 99)
    reports = []
    for count in (3, 5, 6, 7, 8):
        found = dl.compare(reference, days(count, 1, 4), task="binary", window="day", columns=columns).found
        reports.append(replace(found, created=found.windows[-1].window.end))  # type: ignore[arg-type]  days end at a time
    alone = [decide_now(report, Monitor(), np.random.default_rng(0)).decision.action for report in reports]
    assert alone == [Action.HOLD, *[Action.RETRAIN] * 4]
    along = [made.decision.action for made in decide_along(reports, Monitor(), lambda: np.random.default_rng(0))]
    assert along == [Action.HOLD, Action.RETRAIN, *[Action.HOLD] * 3]
