"""A model whose labels, inputs and feed can be made to change, and the report of watching it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import driftline as dl

if TYPE_CHECKING:
    from driftline.verdicts.report import Report

ROWS = 600
FIRST = np.datetime64("2026-03-01")


@dataclass(frozen=True)
class Story:
    """Days of a calibrated model with one input, in all of which, but for the reference, something may happen."""

    reference: int = 30

    def days(self, count: int, seed: int, **happens: range) -> dict[str, np.ndarray]:
        """Rows of some days, to some of which something happens.

        `turned`: a third of the truth is its opposite; `scaled`: half of x is × 1000, and scores are noise there; `moved`: x moves,
        and the truth with it; `harsh`: scores are too high and rank as before; `unlabelled`: labels are not known.
        """
        rng = np.random.default_rng(seed)
        rows = count * ROWS
        day = np.arange(rows) // ROWS

        def on(what: str) -> np.ndarray:
            return np.isin(day, list(happens.get(what, range(0))))

        x = rng.normal(np.where(on("moved"), 0.8, 0.0), 1.0)
        score = 1 / (1 + np.exp(-2 * x + rng.normal(scale=0.5, size=rows)))
        truth = (rng.random(rows) < score) ^ (on("turned") & (rng.random(rows) < 1 / 3))
        label = np.where(on("unlabelled"), np.nan, truth.astype(float))
        spoilt = on("scaled") & (rng.random(rows) < 0.5)
        ts = FIRST + (np.arange(rows) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
        told = np.where(on("harsh"), score**0.2, score)
        return {"ts": ts, "score": np.where(spoilt, rng.random(rows), told), "label": label, "x": np.where(spoilt, 1000 * x, x)}

    def report(self, count: int = 12, seed: int = 1, **happens: range) -> Report:
        """What a check says of days; made once for each story."""
        return _report(self, count, seed, tuple(sorted(happens.items())))


@cache
def _report(story: Story, count: int, seed: int, happens: tuple[tuple[str, range], ...]) -> Report:
    return dl.compare(
        story.days(story.reference, 0),
        story.days(count, seed, **dict(happens)),
        task="binary",
        window="day",
        columns={"timestamp": "ts", "score": "score", "label": "label"},
    ).found


@pytest.fixture(scope="session")
def story() -> Story:
    """Makes reports."""
    return Story()
