"""A model's health as one number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.decisions.health import FORMULA, health
from driftline.decisions.reading import read
from driftline.decisions.terms import Terms
from driftline.verdicts.policy import Goal

if TYPE_CHECKING:
    from typing import Any

    from driftline.decisions.health import Health
    from driftline.verdicts.report import Report


def scored(report: Report) -> Health:
    """The health a report speaks of."""
    return health(report, read(report, Terms(), Goal(), np.random.default_rng(0)))


def test_the_score_is_its_formula(story: Any) -> None:
    """Half performance and fairness, three tenths data, a fifth knowledge; the formula says so."""
    for happens in ({}, {"turned": range(6, 12)}, {"scaled": range(10, 12)}):
        found = scored(story.report(**happens))
        assert found.score == pytest.approx(100 * (0.5 * found.performance * found.fairness + 0.3 * found.data + 0.2 * found.knowledge))
    assert "0.5 · performance · fairness + 0.3 · data + 0.2 · knowledge" in FORMULA


def test_what_is_wrong_costs_its_part(story: Any) -> None:
    """A well model on clean data loses little; a turned one loses its performance; two spoilt days of seven their share of data."""
    well = scored(story.report())
    assert (well.performance, well.data) == (1.0, 1.0)
    assert scored(story.report(turned=range(6, 12))).performance == 0.0
    assert scored(story.report(scaled=range(10, 12))).data == pytest.approx(5 / 7)


def test_nothing_watched_is_nothing_wrong(story: Any) -> None:
    """Without windows there is nothing to hold against a model."""
    empty = replace(story.report(), windows=(), profiles=())
    assert scored(empty).score == 100.0
