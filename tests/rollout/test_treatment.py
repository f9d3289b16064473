"""Fairness and explanation as claims of a gate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from driftline.rollout.claims import Outcome
from driftline.rollout.gate import Beside, Gate, Rule, judge
from driftline.rollout.treatment import Leaning, fair, like_minded
from driftline.rollout.trial import Answers, Trial


def grouped(recalls: dict[str, float], rows: int = 3000) -> Trial:
    """A challenger that finds so many of each group's positives."""
    dice = np.random.default_rng(0)
    group = np.repeat(np.array(list(recalls)), rows)
    label = (dice.random(len(group)) < 0.5).astype(float)
    found = dice.random(len(group)) < np.array([recalls[str(one)] for one in group])
    decision = ((label == 1) & found).astype(np.intp)
    said = Answers(decision.astype(float), decision)
    return Trial(label, said, said, {"group": group})


@pytest.mark.parametrize(
    ("kind", "limit", "other", "outcome"),
    [
        ("equal_opportunity_difference", 0.1, 0.8, Outcome.PASS),
        ("equal_opportunity_difference", 0.1, 0.6, Outcome.FAIL),
        ("equal_opportunity_difference", 0.1, 0.7, Outcome.INCONCLUSIVE),
        ("equal_opportunity_ratio", 0.8, 0.8, Outcome.PASS),
        ("equal_opportunity_ratio", 0.8, 0.5, Outcome.FAIL),
    ],
)
def test_groups_are_treated_alike(kind: str, limit: float, other: float, outcome: Outcome) -> None:
    """A gap within its limit passes, one beyond it fails, one at it is not settled; ratios the other way round."""
    check = fair(grouped({"a": 0.8, "b": other}), "group", kind, limit, 0.05)
    assert check.outcome is outcome, check.sentence
    assert check.low <= check.value <= check.high


def test_the_gap_is_fairlearns() -> None:
    """The number is that of Fairlearn on the same decisions."""
    from fairlearn.metrics import equalized_odds_difference

    trial = grouped({"a": 0.8, "b": 0.65})
    check = fair(trial, "group", "equalized_odds_difference", 0.1, 0.05)
    wanted = equalized_odds_difference(trial.label, trial.challenger.decision, sensitive_features=trial.segments["group"])
    assert check.value == pytest.approx(wanted)


def test_one_group_tells_nothing() -> None:
    """No gap without two groups."""
    assert fair(grouped({"a": 0.8}), "group", "equal_opportunity_difference", 0.1, 0.05).outcome is Outcome.INCONCLUSIVE


def leaning(champion: list[float], challenger: list[float], noise: float = 0.1) -> Leaning:
    """So much does each of the columns move the answers."""
    dice = np.random.default_rng(1)
    sides = [np.abs(np.array(one)[:, None] + noise * dice.normal(size=(len(one), 400))) for one in (champion, challenger)]
    return Leaning(tuple(f"x{place}" for place in range(len(champion))), sides[0], sides[1])


def test_models_that_look_at_the_same_agree() -> None:
    """The same order passes, the opposite fails and names what they lean on; the number is scipy's."""
    weights = [0.1, 0.3, 0.5, 0.7, 0.9, 1.1]
    same = like_minded(leaning(weights, weights), 0.7, 0.05)
    assert same.outcome is Outcome.PASS, same.sentence
    both = leaning(weights, weights[::-1])
    other = like_minded(both, 0.7, 0.05)
    assert other.outcome is Outcome.FAIL
    assert "the champion leans most on x5, the challenger on x0" in other.sentence
    assert other.value == pytest.approx(stats.spearmanr(both.champion.mean(1), both.challenger.mean(1)).statistic)


def test_too_little_is_not_settled() -> None:
    """Two columns have no order to speak of, and scores that never move none at all."""
    assert like_minded(leaning([0.1, 0.2], [0.1, 0.2]), 0.7, 0.05).outcome is Outcome.INCONCLUSIVE
    still = Leaning(("a", "b", "c"), np.zeros((3, 400)), np.zeros((3, 400)))
    assert like_minded(still, 0.7, 0.05).outcome is Outcome.INCONCLUSIVE


def test_all_of_them_are_rows_of_the_table() -> None:
    """Other rows fail the gate as the holdout does; what could not be asked leaves it open."""
    dice = np.random.default_rng(2)
    label = (dice.random(2000) < 0.3).astype(float)
    good, bad = Answers(dice.normal(size=2000) + 2 * label), Answers(dice.normal(size=2000))
    gate = Gate(primary=Rule("roc_auc", 0.02), explanation=0.7, nulls=0.01)
    weights = [0.1, 0.3, 0.5, 0.7]
    leans = leaning(weights, weights)
    assert judge(Trial(label, good, good), gate, None, (), leans).outcome is Outcome.PASS
    spoilt = Beside("with amount × 1000", Trial(label, good, bad), 0.05)
    found = judge(Trial(label, good, good), gate, None, (spoilt,), leans)
    assert (found.outcome, found.sentence.startswith("the challenger fails: with amount × 1000")) == (Outcome.FAIL, True)
    assert judge(Trial(label, good, good), gate, None, (Beside("golden set", None, 0.01),), leans).outcome is Outcome.INCONCLUSIVE
    assert judge(Trial(label, good, good), gate, None, ()).outcome is Outcome.INCONCLUSIVE
