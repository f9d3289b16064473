from __future__ import annotations

import math
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.performance.metric import DEFAULTS, METRICS, measure, metric_of, metrics_for
from driftline.profile.outcome import Outcome
from driftline.profile.ranks import count_ranks
from driftline.schema import Task

if TYPE_CHECKING:
    from pathlib import Path

binary_rows = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0, math.nan])), max_size=30)


class TestTable:
    """The table of contents."""

    @pytest.mark.parametrize("name", METRICS)
    def test_each_says_what_it_is(self, name: str) -> None:
        """Every metric has its name, a title, a formula, a source, and bounds the right way round."""
        metric = METRICS[name]
        assert metric.name == name
        assert metric.title
        assert metric.formula
        assert metric.source
        assert metric.bounds[0] < metric.bounds[1]
        assert metric.tasks <= set(DEFAULTS)

    @pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if Task.RANKING not in metric.tasks])
    def test_each_keeps_within_its_bounds(self, name: str, kinds: Any, dice: np.random.Generator) -> None:
        """Values and intervals of a common window lie within the bounds."""
        metric = METRICS[name]
        if Task.REGRESSION in metric.tasks:
            came = dice.normal(10, 2, 200)
            rows = kinds.numbers(came + 1, came, 10.0, 2.0)
            counts = rows.count(came + dice.normal(size=200), came)
        else:
            came = (dice.random(200) < 0.4).astype(int)
            rows = kinds.binary()
            counts = rows.count(None, came, 1 / (1 + np.exp(-dice.normal(size=200) - came)))
        found = measure(name, rows.outcome, counts)
        assert metric.bounds[0] <= found.low <= found.value <= found.high <= metric.bounds[1]

    @pytest.mark.parametrize("task", DEFAULTS)
    def test_defaults_can_be_judged(self, task: Task) -> None:
        """What is measured where nobody says serves the task, and more of it, or less, is better."""
        for name in DEFAULTS[task]:
            assert task in METRICS[name].tasks
            assert METRICS[name].better in {"higher", "lower"}

    def test_without_scores_nothing_is_asked_of_them(self, kinds: Any) -> None:
        """The list leaves out what needs scores where there are none; a task without metrics has none."""
        scored, plain = kinds.classes("a", "b"), kinds.classes("a", "b", scored=False)
        assert "roc_auc_macro" in metrics_for(scored.outcome)
        assert all(METRICS[name].needs == "predictions" for name in metrics_for(plain.outcome))
        assert metrics_for(Outcome(task=Task.TEXT, label="y")) == ()


class TestNames:
    """How a metric is asked for."""

    @pytest.mark.parametrize(
        ("name", "title"),
        [
            ("f1", "F1"),
            ("f0.5", "F0.5"),
            ("precision", "precision"),
            ("precision@5%", "precision among the highest scores, 5%"),
            ("precision@5", "precision, first 5"),
            ("pinball@0.9", "quantile loss, 0.9"),
            ("recall:cat", "recall of 'cat'"),
            ("f2:cat", "F2 of 'cat'"),
        ],
    )
    def test_numbers_and_classes(self, name: str, title: str) -> None:
        """A number or a class in a name shows in the title, and the metric goes by the name it was asked for."""
        assert metric_of(name).title == title
        assert metric_of(name).name == name

    @pytest.mark.parametrize(
        ("name", "fact", "hint"),
        [
            ("acuracy", "no metric called 'acuracy'", "did you mean 'accuracy'?"),
            ("roc", "no metric called 'roc'", "roc_auc"),
            ("recal@10%", "no metric called 'recal@10%'", "did you mean 'recall@10%'?"),
            ("f1_macro:cat", "no metric called 'f1_macro:cat'", "f1"),
            ("precision@0%", "share", "precision@10%"),
            ("lift@150%", "share", "lift@10%"),
            ("pinball@1", "quantile", "pinball@0.9"),
            ("f0", "beta", "f1"),
            ("ndcg@0", "depth", "ndcg@10"),
            ("precision@2.5", "depth", "precision@10%"),
        ],
    )
    def test_mistakes_are_told(self, name: str, fact: str, hint: str) -> None:
        """A name that means nothing, or a number beyond its range, is an error with a way out."""
        with pytest.raises(ConfigError) as told:
            metric_of(name)
        assert fact in told.value.fact
        assert hint in told.value.hint

    def test_what_does_not_fit_is_refused(self, kinds: Any) -> None:
        """A metric of another task, and a class that is not there, are errors that say what to write instead."""
        two, many = kinds.binary(), kinds.classes("cat", "dog", scored=False)
        counts = two.count(None, [0, 1], [0.2, 0.8])
        with pytest.raises(ConfigError, match="not one of a binary model"):
            measure("mae", two.outcome, counts)
        with pytest.raises(ConfigError, match="precision:cat"):
            measure("precision", many.outcome, many.count([0], [0]))
        with pytest.raises(ConfigError, match="did you mean 'cat'"):
            measure("recall:cats", many.outcome, many.count([0], [0]))
        with pytest.raises(ConfigError, match="by query"):
            measure("mrr", Outcome(task=Task.RANKING, label="r"), counts)

    def test_a_model_without_scores_is_told_so(self, kinds: Any) -> None:
        """What needs scores is inconclusive where no column holds them."""
        rows = kinds.classes("a", "b", scored=False)
        assert measure("log_loss", rows.outcome, rows.count([0, 1], [0, 1])).why == "no column holds the model's scores"

    def test_without_labels_nothing_is_realised(self, kinds: Any) -> None:
        """Every metric of a window without labels is inconclusive, but for the share predicted positive."""
        rows = kinds.binary()
        counts = rows.count(None, [np.nan, np.nan], [0.2, 0.8])
        whys = {measure(name, rows.outcome, counts).why for name in metrics_for(rows.outcome)}
        assert whys == {"no row has a label"}
        assert measure("positive_rate", rows.outcome, counts).value == 0.5
        assert measure("positive_rate:0", rows.outcome, counts).value == 0.5


class TestCountsAdd:
    """Counting is a homomorphism, and so measuring does not see how rows were split."""

    @settings(max_examples=30)
    @given(binary_rows, binary_rows)
    def test_binary(self, kinds: Any, left: list[tuple[float, float]], right: list[tuple[float, float]]) -> None:
        """The value of counts that were added is that of all rows counted at once, to the last bit."""
        rows = kinds.binary()

        def counted(table: list[tuple[float, float]]) -> Any:
            score, came = np.array([s for s, _ in table]), np.array([c for _, c in table])
            return rows.count(None, came, score)

        for name in (*metrics_for(rows.outcome), "f2", "lift@10%", "positive_rate"):
            added, whole = measure(name, rows.outcome, counted(left) + counted(right)), measure(name, rows.outcome, counted(left + right))
            np.testing.assert_equal((added.value, added.low, added.high, added.why), (whole.value, whole.low, whole.high, whole.why))

    def test_regression_and_classes(self, kinds: Any, dice: np.random.Generator) -> None:
        """Likewise for numbers and for many classes, over random cuts."""
        came = dice.normal(10, 2, 300)
        said = came + dice.normal(size=300)
        rows = kinds.numbers(said, came, 10.0, 2.0)
        truth, score = dice.integers(0, 3, 300), dice.dirichlet([1, 1, 1], 300)
        many = kinds.classes("a", "b", "c")
        for cut in dice.integers(0, 300, 5):
            parts = rows.count(said[:cut], came[:cut]) + rows.count(said[cut:], came[cut:])
            sides = [many.count(score[at].argmax(1), truth[at], *score[at].T) for at in (slice(None, cut), slice(cut, None), slice(None))]
            for name in metrics_for(rows.outcome):
                assert measure(name, rows.outcome, parts) == measure(name, rows.outcome, rows.count(said, came))
            for name in metrics_for(many.outcome):
                assert measure(name, many.outcome, sides[0] + sides[1]) == measure(name, many.outcome, sides[2])


def test_a_higher_confidence_is_a_wider_interval(kinds: Any, dice: np.random.Generator) -> None:
    """For every usual metric the 99% interval holds the 80% one."""
    came = (dice.random(300) < 0.4).astype(int)
    rows = kinds.binary()
    counts = rows.count(None, came, 1 / (1 + np.exp(-dice.normal(size=300) - came)))
    for name in metrics_for(rows.outcome):
        narrow, wide = (measure(name, rows.outcome, counts, confidence) for confidence in (0.8, 0.99))
        assert wide.low < narrow.low <= narrow.value <= narrow.high < wide.high


def test_a_ranking_is_asked_by_the_same_door() -> None:
    """Counts of lists are measured by name like any others."""
    counts = count_ranks(np.repeat([1, 2, 3], 2), np.tile([0.9, 0.1], 3), np.array([1.0, 0, 1, 0, 0, 1]))
    assert measure("mrr", Outcome(task=Task.RANKING, label="r"), counts).value == pytest.approx(5 / 6, abs=1e-8)


OFFERED = """
from driftline.performance.interval import share
from driftline.performance.metric import Metric
from driftline.schema import Task


def missed(asked):
    table = asked.two_by_two()
    return share(table[0, 1], table.sum(), asked.confidence)


BINARY = frozenset({Task.BINARY})
MISSED = Metric(name="missed", title="missed cases", tasks=BINARY, better="lower", function=missed, formula="FN / rows", source="own")
"""

USED = """
import numpy as np
import driftline as dl
from driftline.errors import ConfigError

def scored(rows, seed, turned=0.0, known=True):
    dice = np.random.default_rng(seed)
    score = dice.random(rows)
    label = (dice.random(rows) < score) ^ (dice.random(rows) < turned)
    return {"score": score, "y_pred": (score > 0.5).astype(int), "label": label.astype(float) if known else np.full(rows, np.nan)}

settings = {"metric": "missed", "floors": {"missed": 0.02}}
turned = scored(3_000, 2, 0.2)
told = dl.compare(scored(9_000, 1), turned, performance=settings).windows[0].performance[0]
assert told.value == ((turned["label"] == 1) & (turned["y_pred"] == 0)).mean()
assert (told.metric, told.title, told.verdict) == ("missed", "missed cases", "drifted")
blind = dl.compare(scored(9_000, 1), scored(3_000, 3, known=False), performance=settings).windows[0].performance[0]
assert (blind.value, blind.verdict) == (None, "inconclusive")
try:
    dl.compare(scored(900, 1), turned, performance={"metric": "mised"})
except ConfigError as error:
    assert "missed" in error.hint
else:
    raise AssertionError
"""


def test_an_installed_package_offers_a_metric_by_its_entry_point(tmp_path: Path) -> None:
    """It is named in the settings like ours, judged and explained from counts, and a slip of the pen finds it."""
    about = tmp_path / "own_metrics-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: own-metrics\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[driftline.metrics]\nmissed = own_metrics:MISSED\n")
    (tmp_path / "own_metrics.py").write_text(OFFERED)
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(tmp_path)]))
    subprocess.run([sys.executable, "-c", USED], check=True, env={**os.environ, "PYTHONPATH": path})
