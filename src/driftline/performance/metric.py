"""Metrics that can be asked for by name: each is one record and one pure function from a window's counts to a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from driftline.errors import ConfigError, UnknownPart, near_miss
from driftline.performance import classification, curve, multiclass, probability, ranking, regression
from driftline.performance.interval import Value, unknown
from driftline.performance.question import Question
from driftline.profile.outcome import OutcomeCounts
from driftline.registry import Registry
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.profile.outcome import Outcome
    from driftline.profile.ranks import RankCounts

__all__ = ["METRICS", "Metric", "Value", "answer", "measure", "metric_of", "metrics_for"]

BINARY = frozenset({Task.BINARY})
MANY = frozenset({Task.MULTICLASS})
CLASSES = BINARY | MANY
NUMBERS = frozenset({Task.REGRESSION})
LISTS = frozenset({Task.RANKING})

SHARE, WITHOUT_END = (0.0, 1.0), (0.0, float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A way to say how well a model does.

    Attributes:
        name: the word by which it is chosen. A number in it is a parameter: there is an f0.5 where there is an f1.
        title: its full name.
        tasks: the tasks it serves.
        better: whether a higher or a lower value is better.
        needs: what it is read from: predictions, scores, or lists of ranked rows.
        bounds: the least and the greatest value it can have.
        function: from a question to the value.
        formula: the formula as people write it.
        source: where it comes from.
        one_class: whether `name:class` asks it of one class against the rest.
    """

    name: str
    title: str
    tasks: frozenset[Task]
    better: Literal["higher", "lower", "either"] = "higher"
    needs: Literal["predictions", "scores", "ranks"] = "predictions"
    bounds: tuple[float, float] = SHARE
    function: Callable[[Question], Value]
    formula: str
    source: str
    one_class: bool = False


_TABLE = [
    Metric(name="accuracy", title="accuracy", tasks=CLASSES, function=classification.accuracy, one_class=True,
           formula="(TP + TN) / rows", source="the share of predictions that came true"),
    Metric(name="precision", title="precision", tasks=BINARY, function=classification.precision, one_class=True,
           formula="TP / (TP + FP)", source="Kent et al. 1955"),
    Metric(name="recall", title="recall", tasks=BINARY, function=classification.recall, one_class=True,
           formula="TP / (TP + FN)", source="Kent et al. 1955; also sensitivity, true positive rate"),
    Metric(name="f1", title="F1", tasks=BINARY, function=classification.f_beta, one_class=True,
           formula="(1 + β²) TP / ((1 + β²) TP + β² FN + FP)", source="van Rijsbergen 1979"),
    Metric(name="specificity", title="specificity", tasks=BINARY, function=classification.specificity, one_class=True,
           formula="TN / (TN + FP)", source="Yerushalmy 1947; also true negative rate"),
    Metric(name="balanced_accuracy", title="balanced accuracy", tasks=CLASSES, function=multiclass.balanced_accuracy, one_class=True,
           formula="mean recall of the classes", source="Brodersen et al. 2010"),
    Metric(name="mcc", title="Matthews correlation", tasks=CLASSES, function=classification.matthews, bounds=(-1.0, 1.0), one_class=True,
           formula="(TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))", source="Matthews 1975; many classes: Gorodkin 2004"),
    Metric(name="positive_rate", title="share predicted positive", tasks=BINARY, function=classification.positive_rate, better="either",
           formula="(TP + FP) / predicted rows", source="also selection rate", one_class=True),
    Metric(name="prevalence", title="share labelled positive", tasks=BINARY, function=classification.prevalence, better="either",
           formula="(TP + FN) / labelled rows", source="also base rate", one_class=True),
    Metric(name="precision_macro", title="precision, mean of classes", tasks=CLASSES, function=multiclass.precision_macro,
           formula="mean of TP / (TP + FP)", source="van Asch 2013"),
    Metric(name="recall_macro", title="recall, mean of classes", tasks=CLASSES, function=multiclass.recall_macro,
           formula="mean of TP / (TP + FN)", source="van Asch 2013"),
    Metric(name="f1_macro", title="F1, mean of classes", tasks=CLASSES, function=multiclass.f1_macro,
           formula="mean of 2 TP / (2 TP + FN + FP)", source="Opitz and Burst 2019"),
    Metric(name="precision_micro", title="precision, all classes together", tasks=CLASSES, function=classification.accuracy,
           formula="ΣTP / Σ(TP + FP)", source="with one label a row it is accuracy"),
    Metric(name="recall_micro", title="recall, all classes together", tasks=CLASSES, function=classification.accuracy,
           formula="ΣTP / Σ(TP + FN)", source="with one label a row it is accuracy"),
    Metric(name="f1_micro", title="F1, all classes together", tasks=CLASSES, function=classification.accuracy,
           formula="2 ΣTP / Σ(2 TP + FN + FP)", source="with one label a row it is accuracy"),
    Metric(name="precision_weighted", title="precision, weighted by class", tasks=CLASSES, function=multiclass.precision_weighted,
           formula="mean of TP / (TP + FP), weighted by TP + FN", source="scikit-learn"),
    Metric(name="recall_weighted", title="recall, weighted by class", tasks=CLASSES, function=classification.accuracy,
           formula="mean of TP / (TP + FN), weighted by TP + FN", source="scikit-learn; it is accuracy"),
    Metric(name="f1_weighted", title="F1, weighted by class", tasks=CLASSES, function=multiclass.f1_weighted,
           formula="mean of 2 TP / (2 TP + FN + FP), weighted by TP + FN", source="scikit-learn"),
    Metric(name="roc_auc", title="area under the ROC curve", tasks=BINARY, needs="scores", function=curve.roc_auc, one_class=True,
           formula="P(s⁺ > s⁻) + ½ P(s⁺ = s⁻)", source="Hanley and McNeil 1982; variance: DeLong et al. 1988"),
    Metric(name="roc_auc_macro", title="ROC AUC, mean of classes", tasks=CLASSES, needs="scores", function=multiclass.roc_auc_macro,
           formula="mean of one class's against the rest", source="Provost and Domingos 2000"),
    Metric(name="roc_auc_weighted", title="ROC AUC, weighted by class", tasks=CLASSES, needs="scores", function=multiclass.roc_auc_weighted,
           formula="mean of one class's against the rest, weighted by TP + FN", source="Provost and Domingos 2000"),
    Metric(name="average_precision", title="average precision", tasks=BINARY, needs="scores", function=curve.average_precision,
           formula="Σ (Rᵢ − Rᵢ₋₁) Pᵢ", source="scikit-learn; interval: Boyd, Eng and Page 2013", one_class=True),
    Metric(name="log_loss", title="log loss", tasks=CLASSES, better="lower", needs="scores", bounds=WITHOUT_END,
           function=probability.log_loss, formula="mean of −ln p(what came true)", source="Good 1952"),
    Metric(name="brier", title="Brier score", tasks=CLASSES, better="lower", needs="scores", bounds=(0.0, 2.0), function=probability.brier,
           formula="mean of (s − y)²; many classes: summed over them", source="Brier 1950"),
    Metric(name="ece", title="expected calibration error", tasks=BINARY, better="lower", needs="scores", one_class=True,
           function=probability.expected_calibration_error, formula="Σ rows/n |share positive − mean score|, 15 groups of like size",
           source="Naeini et al. 2015; Guo et al. 2017"),
    Metric(name="precision@10%", title="precision among the highest scores", tasks=BINARY, needs="scores", function=curve.precision_at,
           formula="share of positives in the top 10% of scores", source="also response rate", one_class=True),
    Metric(name="recall@10%", title="recall among the highest scores", tasks=BINARY, needs="scores", function=curve.recall_at,
           formula="share of the positives that are in the top 10% of scores", source="also cumulative gain", one_class=True),
    Metric(name="gain@10%", title="cumulative gain", tasks=BINARY, needs="scores", function=curve.recall_at,
           formula="share of the positives that are in the top 10% of scores", source="another word for recall@10%", one_class=True),
    Metric(name="lift@10%", title="lift among the highest scores", tasks=BINARY, needs="scores", function=curve.lift_at, bounds=WITHOUT_END,
           formula="share of positives in the top 10% of scores over that in all rows", source="Ling and Li 1998", one_class=True),
    Metric(name="mae", title="mean absolute error", tasks=NUMBERS, better="lower", bounds=WITHOUT_END,
           function=regression.mean_absolute_error, formula="mean of |p − y|", source="Willmott and Matsuura 2005"),
    Metric(name="mse", title="mean squared error", tasks=NUMBERS, better="lower", bounds=WITHOUT_END,
           function=regression.mean_squared_error, formula="mean of (p − y)²", source="what least squares make least"),
    Metric(name="rmse", title="root mean squared error", tasks=NUMBERS, better="lower", bounds=WITHOUT_END,
           function=regression.root_mean_squared_error, formula="√ mean of (p − y)²", source="the same in the label's unit"),
    Metric(name="rmsle", title="root mean squared log error", tasks=NUMBERS, better="lower", bounds=WITHOUT_END,
           function=regression.root_mean_squared_log_error, formula="√ mean of (ln(1 + p) − ln(1 + y))²", source="scikit-learn"),
    Metric(name="mape", title="mean absolute percentage error", tasks=NUMBERS, better="lower", bounds=WITHOUT_END,
           function=regression.mean_absolute_percentage_error, formula="mean of |p − y| / |y|", source="de Myttenaere et al. 2016"),
    Metric(name="smape", title="symmetric percentage error", tasks=NUMBERS, better="lower", bounds=(0.0, 2.0),
           function=regression.symmetric_percentage_error, formula="mean of 2 |p − y| / (|p| + |y|)", source="Makridakis 1993"),
    Metric(name="r2", title="coefficient of determination", tasks=NUMBERS, bounds=(float("-inf"), 1.0), function=regression.explained,
           formula="1 − Σ(p − y)² / Σ(y − ȳ)²", source="Wright 1921"),
    Metric(name="bias", title="mean error", tasks=NUMBERS, better="either", bounds=(float("-inf"), float("inf")), function=regression.bias,
           formula="mean of p − y", source="positive where predictions are too high"),
    Metric(name="pinball@0.5", title="quantile loss", tasks=NUMBERS, better="lower", bounds=WITHOUT_END, function=regression.pinball,
           formula="mean of q max(y − p, 0) + (1 − q) max(p − y, 0)", source="Koenker and Bassett 1978"),
    Metric(name="precision@10", title="precision", tasks=LISTS, needs="ranks", function=ranking.precision_at,
           formula="mean of relevant rows in the first k / k", source="Manning, Raghavan and Schütze 2008"),
    Metric(name="recall@10", title="recall", tasks=LISTS, needs="ranks", function=ranking.recall_at,
           formula="mean of relevant rows in the first k / relevant rows", source="Manning, Raghavan and Schütze 2008"),
    Metric(name="ndcg@10", title="normalised discounted cumulative gain", tasks=LISTS, needs="ranks", function=ranking.ndcg_at,
           formula="mean of DCG / best DCG, DCG = Σ relevance / log₂(place + 1)", source="Järvelin and Kekäläinen 2002"),
    Metric(name="hit_rate@10", title="hit rate", tasks=LISTS, needs="ranks", function=ranking.hit_rate_at,
           formula="share of queries with a relevant row in the first k", source="Deshpande and Karypis 2004"),
    Metric(name="mrr", title="mean reciprocal rank", tasks=LISTS, needs="ranks", function=ranking.mean_reciprocal_rank,
           formula="mean of 1 / place of the first relevant row", source="Voorhees 1999"),
    Metric(name="map", title="mean average precision", tasks=LISTS, needs="ranks", function=ranking.mean_average_precision,
           formula="mean over queries of mean precision at relevant rows", source="Manning, Raghavan and Schütze 2008"),
    Metric(name="coverage@10", title="catalogue coverage", tasks=LISTS, needs="ranks", function=ranking.coverage_at,
           formula="items in the first k of any list / items", source="Ge, Delgado-Battenfeld and Jannach 2010"),
]  # fmt: skip

METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}
"""Our metrics by name; a name with a number in it stands for all numbers in its place."""

PARTS: Registry[Metric] = Registry("metric", _TABLE)
"""Ours, and those that installed packages offer under the entry-point group `driftline.metrics`."""

DEFAULTS: dict[Task, tuple[str, ...]] = {
    Task.BINARY: (
        *("roc_auc", "average_precision", "accuracy", "precision", "recall", "f1", "specificity", "balanced_accuracy", "mcc"),
        *("log_loss", "brier", "ece"),
    ),
    Task.MULTICLASS: (
        *("accuracy", "balanced_accuracy", "f1_macro", "f1_weighted", "precision_macro", "recall_macro", "mcc"),
        *("roc_auc_macro", "roc_auc_weighted", "log_loss", "brier"),
    ),
    Task.REGRESSION: ("mae", "rmse", "mape", "smape", "r2"),
    # What is counted: that depends on the depths.
    Task.RANKING: (),
}
"""What is measured where nobody says; only metrics of which more, or less, is better."""

_NUMBERED = re.compile(r"(?P<head>f|[a-z_]+@)(?P<number>\d+(?:\.\d+)?)(?P<tail>%?)")


def metric_of(name: str) -> Metric:
    """The metric of a name, with that name and a title that tells its number and its class.

    >>> metric_of("f0.5").title, metric_of("precision@5%").title, metric_of("recall:cat").title
    ('F0.5', 'precision among the highest scores, 5%', "recall of 'cat'")

    Raises:
        ConfigError: there is none of that name, or its number is beyond its range.
    """
    return _read(name)[0]


def metrics_for(outcome: Outcome) -> tuple[str, ...]:
    """What is measured of a model where nobody says: all that is usual and can be read from what is counted."""
    if outcome.task is Task.RANKING:
        covered = [f"coverage@{k}" for k in outcome.depths if outcome.catalogue]
        return tuple(sorted([*outcome.measures, *covered], key=lambda name: not name.startswith("ndcg")))
    return tuple(name for name in DEFAULTS.get(outcome.task, ()) if METRICS[name].needs != "scores" or outcome.scores)


def measure(name: str, outcome: Outcome, counts: OutcomeCounts | RankCounts, confidence: float = 0.95) -> Value:
    """Measure one window.

    Args:
        name: the metric's; `f0.5`, `recall@5%` and `pinball@0.9` set its number, `recall:cat` asks of one class against the rest.
        outcome: how predictions and labels were counted.
        counts: the window's.
        confidence: of the interval.

    Raises:
        ConfigError: there is no such metric, or it does not fit the model's task or classes.
    """
    return answer(name, Question(outcome, counts, confidence))


def answer(name: str, asked: Question) -> Value:
    """Measure the window that a question is about; many metrics of one window share what each would read from its counts.

    Args:
        name: as in `measure`.
        asked: the window; its number and class are not looked at.

    Raises:
        ConfigError: as `measure` does.
    """
    metric, parameter, target = _read(name)
    outcome = asked.outcome
    if not (outcome.task in metric.tasks or (target is not None and outcome.task in CLASSES)):
        fits = near_miss(name, [one.name for one in _TABLE if outcome.task in one.tasks])
        raise ConfigError(f"the metric {name!r} is not one of a {outcome.task.value} model", hint=_hint(metric, outcome) or fits)
    if target is not None and target not in outcome.classes:
        raise ConfigError(f"there is no class {target!r} to measure {metric.name!r} of", hint=near_miss(target, outcome.classes))
    if metric.needs == "scores" and not outcome.scores:
        return unknown("no column holds the model's scores")
    if isinstance(asked.counts, OutcomeCounts) and not asked.labelled and not name.startswith("positive_rate"):
        return unknown("no row has a label")
    return metric.function(asked.about(parameter, target))


def _hint(metric: Metric, outcome: Outcome) -> str:
    """What to write instead, where the metric is one of a single class."""
    return f"ask for one class, such as {metric.name}:{outcome.classes[0]}" if metric.one_class and outcome.task is Task.MULTICLASS else ""


@cache
def _read(name: str) -> tuple[Metric, float, str | None]:
    """The metric a name means, its number (NaN if it has none) and its class."""
    word, colon, target = name.partition(":")
    numbered = _NUMBERED.fullmatch(word)
    kin = [one for one in _TABLE if numbered and _family(one.name) == (numbered["head"], numbered["tail"])]
    metric = METRICS.get(word) or (kin[0] if kin else _guest(word))
    if metric is None or (colon and not metric.one_class):
        fits = [one.name for one in PARTS if not colon or one.one_class]
        raise ConfigError(f"there is no metric called {name!r}", hint=near_miss(word, fits))
    if numbered is None:
        return _told(metric, name, "", target), float("nan"), target or None
    parameter = _parameter(name, numbered["head"], float(numbered["number"]), numbered["tail"])
    return _told(metric, name, numbered["number"] + numbered["tail"], target), parameter, target or None


def _guest(word: str) -> Metric | None:
    """A metric that an installed package offers; None where none does."""
    try:
        return PARTS[word]
    except UnknownPart:
        return None


def _told(metric: Metric, name: str, number: str, target: str) -> Metric:
    """The metric under the name by which it was asked for."""
    number = f"first {number}" if metric.needs == "ranks" and number else number
    title = f"F{number}" if number and metric.title == "F1" else f"{metric.title}, {number}" if number else metric.title
    return replace(metric, name=name, title=f"{title} of {target!r}" if target else title)


def _family(name: str) -> tuple[str, str] | None:
    found = _NUMBERED.fullmatch(name)
    return (found["head"], found["tail"]) if found else None


def _parameter(name: str, head: str, number: float, tail: str) -> float:
    """The number in a name, as its function takes it."""
    if tail and not 0 < number <= 100:  # noqa: PLR2004  percent
        raise ConfigError(f"the share in {name!r} is not above 0% and at most 100%", hint=f"write {head}10%, for example")
    if head == "pinball@" and not 0 < number < 1:
        raise ConfigError(f"the quantile in {name!r} is not between 0 and 1", hint=f"write {head}0.9, for example")
    if head == "f" and not number > 0:
        raise ConfigError(f"the beta in {name!r} is not above 0", hint="write f1, or precision")
    if head.endswith("@") and head != "pinball@" and not tail and (number < 1 or number % 1):
        raise ConfigError(
            f"the depth in {name!r} is not a whole number from 1 on", hint=f"write {head}10, or {head}10% for a share of rows"
        )
    return number / 100 if tail else number
