from __future__ import annotations

import numpy as np
import pytest

from driftline.errors import ConfigError
from driftline.performance.metric import METRICS, metrics_for
from driftline.profile.outcome import Outcome, OutcomeCounts, total_outcome
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.profile.ranks import ListRows, count_lists
from driftline.schema import Task
from driftline.verdicts.gauge import judge_windows
from driftline.verdicts.health import BOUNDED_FLOOR, LOSS_FLOOR, deciding, standards
from driftline.verdicts.policy import Goal
from driftline.verdicts.report import Cause, Verdict

BINARY = Outcome(Task.BINARY, "y", "said", ("p",), ("0", "1"), (tuple(np.arange(1, 200) / 200),))
BARE = Outcome(Task.BINARY, "y", "said", (), ("0", "1"))
MANY = Outcome(Task.MULTICLASS, "y", "said", (), ("a", "b", "c"))
NUMBER = Outcome(Task.REGRESSION, "y", "said", edges=(tuple(np.linspace(-2, 2, 9)), tuple(np.linspace(-1, 1, 9))))


def binary(seed: int, rows: int = 1000, turned: float = 0.0, base: float = 0.5) -> OutcomeCounts:
    """A calibrated model, and a share of its truth turned over."""
    rng = np.random.default_rng(seed)
    score = rng.beta(base, 0.5, rows)
    came = (rng.random(rows) < score) ^ (rng.random(rows) < turned)
    return count_outcome(BINARY, OutcomeRows((score >= 0.5).astype(int), came.astype(int), (score,)))


def number(seed: int, rows: int = 1000, noise: float = 0.3) -> OutcomeCounts:
    """Predictions with some noise."""
    rng = np.random.default_rng(seed)
    came = rng.normal(size=rows)
    return count_outcome(NUMBER, OutcomeRows(came + rng.normal(0, noise, rows), came))


@pytest.mark.parametrize(
    ("outcome", "metric"),
    [(BINARY, "roc_auc"), (BARE, "f1"), (MANY, "accuracy"), (NUMBER, "mae")],
    ids=["scores", "bare", "many", "number"],
)
def test_the_usual_metric_decides(outcome: Outcome, metric: str) -> None:
    """Where nobody names one, it is the task's usual metric among those that can be counted."""
    assert deciding(outcome, metrics_for(outcome), Goal()) == metric


def test_a_metric_that_does_not_fit_is_refused() -> None:
    """A metric of another task, or one that needs scores where there are none, is named with what would fit."""
    with pytest.raises(ConfigError, match="does not fit a regression model"):
        deciding(NUMBER, metrics_for(NUMBER), Goal(metric="roc_auc"))
    with pytest.raises(ConfigError, match="roc_auc"):
        deciding(BARE, metrics_for(BARE), Goal(metric="roc_auc"))


def test_the_named_metric_comes_first_and_decides() -> None:
    """Any metric of the task may decide, parametrised ones too; only it does."""
    blocks = [binary(seed) for seed in range(10)]
    found = standards(BINARY, total_outcome(blocks), blocks, Goal(metric="f0.5"))
    assert found[0].gauge.name == "f0.5"
    assert [one.decides for one in found] == [True] + [False] * (len(found) - 1)


def test_floors_are_of_the_metrics_kind() -> None:
    """Two points, half of what is missing to a rare class's accuracy, a tenth of a loss, or what was set."""
    blocks = [binary(seed, base=0.005) for seed in range(10)]
    floors = {
        one.gauge.name: (one.floor, one.value.value) for one in standards(BINARY, total_outcome(blocks), blocks, Goal(floors={"f1": 0.3}))
    }
    assert floors["roc_auc"][0] == BOUNDED_FLOOR
    assert floors["accuracy"][0] == pytest.approx(0.5 * (1 - floors["accuracy"][1]))
    assert floors["log_loss"][0] == pytest.approx(LOSS_FLOOR * floors["log_loss"][1])
    assert floors["f1"][0] == 0.3


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_a_worse_model_is_worse_and_a_good_one_is_not(kind: str) -> None:
    """More wrong labels, or larger errors, are found in every metric that can show them; a window like the reference is stable."""
    make, outcome, worse = (binary, BINARY, {"turned": 0.2}) if kind == "binary" else (number, NUMBER, {"noise": 0.6})
    blocks = [make(seed) for seed in range(40)]
    found = standards(outcome, total_outcome(blocks), blocks, Goal())
    windows = [total_outcome([make(seed) for seed in range(100, 120)]), make(200, **worse)]
    same, bad = judge_windows(found, windows, ["a", "b"], [20_000, 1000], level=1e-3, confidence=0.9)
    assert same[0].verdict is Verdict.STABLE
    assert (bad[0].verdict, bad[0].cause) == (Verdict.DRIFTED, Cause.WORSE)
    assert sum(one.verdict is Verdict.DRIFTED for one in bad) >= 3


def test_every_metric_can_be_a_standard() -> None:
    """No metric of a task fails on a reference of it."""
    for outcome, counts in ((BINARY, binary(1)), (NUMBER, number(1))):
        for name, metric in METRICS.items():
            if outcome.task in metric.tasks:
                assert standards(outcome, counts, [], Goal(metric=name))[0].gauge.name == name


def test_decisions_have_a_value() -> None:
    """Where amounts are said their mean per row is measured too, and may decide; without amounts it cannot."""
    blocks = [binary(seed) for seed in range(10)]
    goal = Goal(metric="value", value=(10.0, -2.0, 0.0, -12.0), currency="EUR")
    found = standards(BINARY, total_outcome(blocks), blocks, goal)
    table = total_outcome(blocks).table[:2, :2]
    assert found[0].gauge.title == "value per row in EUR"
    assert found[0].value.value == pytest.approx((10 * table[1, 1] - 2 * table[1, 0] - 12 * table[0, 1]) / table.sum())
    with pytest.raises(ConfigError, match="what they are worth"):
        standards(BINARY, total_outcome(blocks), blocks, Goal(metric="value"))


def test_coverage_of_a_catalogue_is_shown_and_not_compared() -> None:
    """Of a ranking NDCG decides; how much of the catalogue is shown depends on how many queries there are, and has no reference."""
    outcome = Outcome(Task.RANKING, "y", scores=("s",), query="q", item="i", depths=(2,), catalogue=3)
    dice = np.random.default_rng(0)
    score, relevance, item = dice.random(400), (dice.random(400) < 0.4).astype(float), dice.integers(0, 3, 400)
    query = np.repeat(np.arange(100, dtype=np.uint64), 4)
    counts = count_lists(outcome, ListRows(query, np.ones(400, dtype=np.bool_), score, relevance, item))
    standard = standards(outcome, counts, [], Goal())
    assert [one.gauge.name for one in standard if one.decides] == ["ndcg@2"]
    (told,) = judge_windows(standard, [counts], ["today"], [400], level=0.01, confidence=0.9)
    shown = {one.metric: one for one in told}["coverage@2"]
    assert (shown.value, shown.reference, shown.cause) == (1.0, None, Cause.UNDEFINED)
    assert "grows with the number of queries" in shown.reason
