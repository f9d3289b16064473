from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from driftline.errors import ConfigError
from driftline.rollout.gate import Facts, Gate, Outcome, Rule, judge
from driftline.rollout.trial import Answers, Trial

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
AUC = Gate(primary=Rule("roc_auc", 0.01))


def drawn(dice: np.random.Generator, rows: int, worse: float, alike: float = 0.95) -> Trial:
    """Two rankings whose noise is shared to a part: the champion's AUC is 0.90, the challenger's is so much worse."""
    label = dice.random(rows) < 0.1
    shared, mine, other = dice.normal(size=(3, rows))
    sides = []
    for own, auc in ((mine, 0.9), (other, 0.9 - worse)):
        noise = np.sqrt(alike) * shared + np.sqrt(1 - alike) * own
        sides.append(Answers(noise + label * stats.norm.ppf(auc) * np.sqrt(2), (noise + label * 1.8 > 1.3).astype(np.intp)))
    return Trial(label.astype(np.float64), *sides, {"region": np.arange(rows) % 4})


def test_a_worse_challenger_seldom_passes() -> None:
    """Two points of AUC worse on 5,000 rows, with a margin of one: passed in at most 5% of trials."""
    dice = np.random.default_rng(1)
    assert np.mean([judge(drawn(dice, 5000, 0.02), AUC).outcome is PASS for _ in range(100)]) <= 0.05


def test_at_the_margin_the_level_holds() -> None:
    """Just as much worse as is allowed: passed in about 5% of trials, not more than simulation error above."""
    dice = np.random.default_rng(2)
    assert np.mean([judge(drawn(dice, 2000, 0.01), AUC).outcome is PASS for _ in range(300)]) <= 0.085


def test_an_equal_challenger_passes() -> None:
    """An equal one that is allowed a point: passed in at least 80% of trials of 5,000 rows."""
    dice = np.random.default_rng(3)
    assert np.mean([judge(drawn(dice, 5000, 0.0), AUC).outcome is PASS for _ in range(100)]) >= 0.8


def test_every_rule_is_a_line_of_the_table() -> None:
    """All that is asked is there, in order, each with a sentence; what passes says so."""
    gate = replace(
        AUC,
        guards=(Rule("recall", 0.1), Rule("precision", 0.1)),
        segment_margin=0.05,
        churn=0.2,
        latency=0.1,
        size=1000,
    )
    facts = Facts(np.full(500, 0.01), 900, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    found = judge(drawn(np.random.default_rng(4), 8000, 0.0), gate, facts)
    assert [check.name for check in found.checks] == [
        "null outputs",
        "primary: roc_auc",
        "guard: recall",
        "guard: precision",
        *(f"segment region = {k}" for k in range(4)),
        "churn",
        "unseen rows",
        "latency p95",
        "size",
    ]
    assert all(check.sentence for check in found.checks)
    assert (found.outcome, found.sentence) == (PASS, "the challenger passes all 12 checks on 8000 rows")


def test_one_bad_segment_fails_it() -> None:
    """A challenger that is as good overall but ranks one region by dice fails, and the segment is named."""
    trial = drawn(np.random.default_rng(5), 8000, 0.0)
    score = trial.challenger.score.copy()
    there = trial.segments["region"] == 2
    score[there] = np.random.default_rng(6).normal(0, 0.2, int(there.sum()))
    found = judge(
        Trial(trial.label, trial.champion, Answers(score, trial.challenger.decision), trial.segments), replace(AUC, segment_margin=0.05)
    )
    assert found.outcome is FAIL
    assert "segment region = 2" in [check.name for check in found.checks if check.outcome is FAIL]


def test_small_segments_do_not_hold_it_up() -> None:
    """A segment of few rows that shows nothing is not in the table; a large one that shows nothing is inconclusive."""
    trial = drawn(np.random.default_rng(7), 6000, 0.0)
    small = Trial(trial.label, trial.champion, trial.challenger, {"region": (np.arange(6000) < 60).astype(int)})
    assert judge(small, replace(AUC, segment_margin=0.02)).outcome is PASS
    assert judge(small, replace(AUC, segment_margin=0.02, fewest_in_segment=50)).outcome is OPEN


def test_too_little_is_inconclusive_and_says_how_much_more() -> None:
    """With few rows nothing is passed or failed, and the rows that would settle it are told."""
    few = judge(drawn(np.random.default_rng(8), 60, 0.0), AUC)
    assert (few.outcome, few.checks[0].more) == (OPEN, 40)
    some = judge(drawn(np.random.default_rng(8), 700, 0.0, 0.8), replace(AUC, nulls=0.1))
    assert some.outcome is OPEN
    assert some.more is not None
    assert f"about {some.more} more rows" in some.sentence


def test_rows_that_cannot_carry_it_are_counted() -> None:
    """With 250 positives an equal challenger that does not pass is told how many rows it takes, whatever came out; and they do."""
    dice = np.random.default_rng(21)
    trials = [two_rankings(dice, 5000, 0.0) for _ in range(12)]
    waiting = [found for found in (judge(one, AUC) for one in trials) if found.outcome is OPEN]
    wanted = [5000 + (found.more or 0) for found in waiting]
    assert len(wanted) >= 2
    assert all(5500 < rows < 12000 for rows in wanted)
    assert all(f"needs about {rows} rows" in found.checks[-1].sentence for rows, found in zip(wanted, waiting, strict=True))
    enough = round(np.mean(wanted))
    assert np.mean([judge(two_rankings(dice, enough, 0.0), AUC).outcome is PASS for _ in range(60)]) >= 0.7


def two_rankings(dice: np.random.Generator, rows: int, worse: float) -> Trial:
    """One row in twenty is positive, and two normal rankings share 90% of their noise; the champion's AUC is 0.90."""
    label = dice.random(rows) < 0.05
    shared, *own = dice.normal(size=(3, rows))
    pairs = zip(own, (0.9, 0.9 - worse), strict=True)
    scores = [np.sqrt(0.9) * shared + np.sqrt(0.1) * noise + label * stats.norm.ppf(auc) * np.sqrt(2) for noise, auc in pairs]
    return Trial(label.astype(float), *(Answers(score) for score in scores))


def test_one_class_is_inconclusive() -> None:
    """A holdout without positives passes nobody."""
    trial = drawn(np.random.default_rng(9), 3000, 0.0)
    assert judge(Trial(np.zeros(3000), trial.champion, trial.challenger), AUC).outcome is OPEN


def test_silence_is_not_left_out() -> None:
    """A challenger that answers only the rows it likes fails, however good it is there."""
    trial = drawn(np.random.default_rng(10), 5000, -0.05)
    score = trial.challenger.score.copy()
    score[::20] = np.nan
    found = judge(Trial(trial.label, trial.champion, Answers(score, trial.challenger.decision)), AUC)
    assert found.outcome is FAIL
    assert "null outputs" in found.sentence


def test_training_rows_prove_nothing() -> None:
    """A trial on rows that the challenger learnt from fails."""
    facts = Facts(trained_until=datetime(2026, 2, 1, tzinfo=UTC), rows_from=datetime(2026, 1, 1, tzinfo=UTC))
    assert judge(drawn(np.random.default_rng(11), 5000, 0.0), AUC, facts).outcome is FAIL


def test_a_limit_without_a_measurement_is_inconclusive() -> None:
    """Where a speed is asked for and none was measured the gate does not pass."""
    trial = drawn(np.random.default_rng(12), 5000, 0.0)
    assert judge(trial, replace(AUC, latency=0.1)).outcome is OPEN


def test_a_negative_margin_asks_for_more() -> None:
    """An equal challenger does not pass where half a point better is asked; one that is five points better does."""
    gate = Gate(primary=Rule("roc_auc", -0.005))
    assert judge(drawn(np.random.default_rng(13), 5000, 0.0), gate).outcome is not PASS
    assert judge(drawn(np.random.default_rng(13), 5000, -0.05), gate).outcome is PASS


def test_asking_more_often_is_paid_for() -> None:
    """A gate that may be asked five times tests each time at a fifth of the level."""
    assert replace(AUC, asked=5).each == pytest.approx(0.01)


def test_refuses_rules_that_mean_nothing() -> None:
    """An unknown metric, a margin that is no number and a level of a half are refused when they are written."""
    with pytest.raises(ConfigError, match="no metric 'auc'"):
        Rule("auc", 0.01)
    with pytest.raises(ConfigError, match="margin of recall is nan"):
        Rule("recall", float("nan"))
    with pytest.raises(ConfigError, match=r"level 0\.5"):
        Gate(primary=Rule("recall", 0.01), level=0.5)


@pytest.mark.soak
def test_a_thousand_trials_of_each_kind() -> None:
    """Of 1,000 that are two points worse at most 5% pass, of 1,000 that are a point worse about 5%, of 1,000 equal ones 80%."""
    dice = np.random.default_rng(4)
    passed = {worse: np.mean([judge(drawn(dice, 5000, worse), AUC).outcome is PASS for _ in range(1000)]) for worse in (0.02, 0.01, 0.0)}
    assert passed[0.02] <= 0.05
    assert passed[0.01] <= 0.065
    assert passed[0.0] >= 0.8
    for worse, least, most in ((0.02, 0.0, 0.05), (0.01, 0.0, 0.065), (0.0, 0.78, 1.0)):
        assert least <= np.mean([judge(two_rankings(dice, 8000, worse), AUC).outcome is PASS for _ in range(1000)]) <= most
