"""Evidence from split traffic."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.errors import ConfigError
from driftline.rollout.split import ESTIMATES, LOSSES, SHARES, Part, split_evidence
from driftline.rollout.trial import MEASURES, Answers, Trial, gain

METRICS = sorted(MEASURES)


def part(dice: np.random.Generator, rows: int, quality: float) -> Part:
    """A model's rows: scores that are probabilities, decided at a half."""
    label = (dice.random(rows) < 0.4).astype(float)
    score = 1 / (1 + np.exp(-(quality * (2 * label - 1) + dice.normal(size=rows))))
    return Part(label, Answers(score, (score > 0.5).astype(np.intp)))


def test_every_metric_has_its_way() -> None:
    """What compares two models on the same rows compares them on different rows as well."""
    assert {*SHARES, *LOSSES, *ESTIMATES} == set(METRICS)


@pytest.mark.parametrize("metric", METRICS)
def test_the_gain_is_the_difference_of_both(metric: str) -> None:
    """On many rows split and paired comparison agree about the gain, and a better challenger has one above 0."""
    dice = np.random.default_rng(5)
    champion, challenger = part(dice, 40_000, 0.8), part(dice, 40_000, 1.2)
    found = split_evidence(metric, champion, challenger)
    # The champion on the challenger's rows is another sample of the same model.
    again = part(np.random.default_rng(6), 40_000, 0.8)
    own = np.argsort(np.argsort(challenger.label, kind="stable"), kind="stable")
    matched = np.argsort(again.label, kind="stable")[own]
    same = again.label[matched] == challenger.label
    trial = Trial(
        challenger.label[same], Answers(again.said.score[matched][same], again.said.decision[matched][same]), challenger.said.take(same)
    )
    assert found.gain > 0
    assert found.gain == pytest.approx(gain(trial, metric).value, abs=6 / np.sqrt(found.information))


@pytest.mark.parametrize("metric", METRICS)
def test_the_error_is_that_of_many_repeats(metric: str) -> None:
    """The evidence's standard error is the spread of the gain over repeated traffic of two equal models."""
    dice = np.random.default_rng(11)
    found = [split_evidence(metric, part(dice, 2000, 1.0), part(dice, 500, 1.0)) for _ in range(300)]
    spread = np.std([one.gain for one in found])
    assert np.mean([one.information**-0.5 for one in found]) == pytest.approx(spread, rel=0.15)
    assert abs(np.mean([one.z() for one in found])) < 0.25


def test_too_little_is_no_evidence() -> None:
    """One row, one class, or no label tells nothing; what is not answered is left out."""
    dice = np.random.default_rng(0)
    many, none = part(dice, 1000, 1.0), part(dice, 0, 1.0)
    unknown = Part(np.full(1000, np.nan), many.said)
    for metric in METRICS:
        assert split_evidence(metric, many, none).information == 0
        assert split_evidence(metric, many, unknown).information == 0
    positive = Part(np.ones(1000), many.said)
    assert split_evidence("roc_auc", many, positive).information == 0


def test_what_cannot_be_compared_is_refused() -> None:
    """An unknown metric, or decisions that nobody makes."""
    dice = np.random.default_rng(0)
    many = part(dice, 100, 1.0)
    numbers = Part(many.label, Answers(many.said.score))
    with pytest.raises(ConfigError, match="no metric 'recal'"):
        split_evidence("recal", many, many)
    with pytest.raises(ConfigError, match="needs decisions"):
        split_evidence("recall", numbers, numbers)
