"""Deciding on the reference how predictions and labels are counted together: task, classes, bins of scores and residuals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.engines.amounts import SPOKEN, amount
from driftline.errors import ConfigError, SchemaMismatch, near_miss
from driftline.profile.bins import LevelBins, NumberBins
from driftline.profile.outcome import SCORE_BINS, Outcome
from driftline.profile.outcome_rows import class_codes
from driftline.schema import Role, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.monitor import Monitor
    from driftline.profile.plan import Planned

MOST_CLASSES = 50
"""More classes than this are not told apart in a confusion matrix."""

EVEN_EDGES = 255
"""So many of a score's edges lie evenly on [0, 1], for windows whose scores lie where the reference had few."""

DEPTHS = (10,)
"""So many of the first places are looked at where nobody says."""

PREDICTION_EDGES, RESIDUAL_EDGES = 63, 127

POSITIVES = frozenset({"1", "true", "yes", "y", "t", "positive", "pos"})
"""Words for the positive class, whatever their case."""


def plan_outcome(columns: Sequence[Planned], samples: Mapping[str, NDArray[np.float64]], monitor: Monitor) -> Outcome | None:
    """How outcomes are counted; None where nothing was predicted, nothing is known of labels, or the task has no counts yet.

    Args:
        columns: the plan's columns.
        samples: sampled values of those that are numbers, by name; the same rows of each.
        monitor: what is known beforehand.

    Raises:
        ConfigError: lists are ranked, and it is said what each row is worth.
        SchemaMismatch: what a row is worth depends on a column that is not watched.
    """
    outcome = _plain(columns, samples, monitor)
    return outcome if outcome is None or not monitor.policy.goal.worth else _worth(outcome, columns, monitor.policy.goal.worth)


def _worth(outcome: Outcome, columns: Sequence[Planned], text: str) -> Outcome:
    if outcome.task is Task.RANKING:
        raise ConfigError("what each row is worth is not counted of rankings", hint="leave performance: {value: …} out")
    names = [one.name for one in columns]
    # Of many scores none is the score.
    spoken = SPOKEN if len(outcome.scores) == 1 else SPOKEN[:2]
    taken = tuple(name for name in amount(text).columns if name not in spoken)
    for name in taken:
        if name not in names:
            fact = f"what a row is worth depends on {name!r}, and the reference has no such column that is watched"
            raise SchemaMismatch(fact, hint=near_miss(name, {*spoken, *names}))
    return replace(outcome, worth=text, worth_from=taken)


def _plain(columns: Sequence[Planned], samples: Mapping[str, NDArray[np.float64]], monitor: Monitor) -> Outcome | None:
    label, prediction = _only(columns, Role.LABEL), _only(columns, Role.PREDICTION)
    scores = [one for one in columns if one.column.role is Role.SCORE and isinstance(one.bins, NumberBins)]
    if label is None or (prediction is None and not scores):
        return None
    query = next((one.name for one in columns if one.column.role is Role.QUERY), None)
    if monitor.task is Task.RANKING or (monitor.task is Task.NONE and query is not None):
        return _ranking(columns, label, (*scores, prediction)[0], query, monitor)
    classes = levels_of(label)
    task = monitor.task if monitor.task is not Task.NONE else _task(classes, prediction, scores)
    if task is Task.REGRESSION:
        return _regression(label, prediction or scores[0], samples)
    if task not in {Task.BINARY, Task.MULTICLASS} or classes is None:
        return None
    return (
        _binary(label, prediction, scores, classes, samples, monitor)
        if task is Task.BINARY
        else _multi(label, prediction, scores, classes, samples)
    )


def levels_of(planned: Planned) -> list[str] | None:
    """The distinct values of a column in the reference, as texts; None where there are too many to be classes."""
    if isinstance(planned.bins, LevelBins):
        return None if planned.bins.open else list(planned.bins.levels)
    if not isinstance(planned.bins, NumberBins):
        return None
    edges = planned.bins.edges[1:-1]
    starts, ends = edges[::2], edges[1::2]
    if len(edges) % 2 or any(end != math.nextafter(start, math.inf) for start, end in zip(starts, ends, strict=True)):
        return None
    return [str(int(start)) if start.is_integer() else repr(start) for start in starts]


def _only(columns: Sequence[Planned], role: Role) -> Planned | None:
    """The one column of a role; a column without bins holds nothing that can be counted."""
    return next((one for one in columns if one.column.role is role and one.bins is not None), None)


def _task(classes: list[str] | None, prediction: Planned | None, scores: Sequence[Planned]) -> Task:
    """What the model seems to do, by its labels and predictions."""
    said = levels_of(prediction) if prediction else None
    if prediction is not None and isinstance(prediction.bins, NumberBins) and said is None:
        return Task.REGRESSION
    if classes is None or not 1 <= len(classes) <= MOST_CLASSES:
        return Task.NONE
    known = said is None or bool((class_codes(said, classes) < len(classes)).any())
    if not known or (said is None and not scores):
        return Task.NONE
    return Task.BINARY if len(classes) <= 2 else Task.MULTICLASS  # noqa: PLR2004  binary is two


def _binary(
    label: Planned,
    prediction: Planned | None,
    scores: Sequence[Planned],
    classes: list[str],
    samples: Mapping[str, NDArray[np.float64]],
    monitor: Monitor,
) -> Outcome | None:
    goal = monitor.policy.goal
    pair = _sides(classes, goal.positive)
    if pair is None:
        return None
    score = next((one for one in scores if _meant(one.name, pair) == pair[1]), scores[-1]) if scores else None
    return Outcome(
        task=Task.BINARY,
        label=label.name,
        prediction=prediction.name if prediction else None,
        scores=(score.name,) if score else (),
        classes=pair,
        edges=(score_edges(samples.get(score.name, np.empty(0)), goal.threshold),) if score else (),
        threshold=goal.threshold,
    )


def _sides(classes: list[str], positive: str | None) -> tuple[str, str] | None:
    """Which class is the negative one and which the positive; levels come with the most frequent first."""
    if positive is not None:
        rest = [text for text in classes if class_codes([text], [positive])[0] == 1]
        return (rest[0] if rest else f"not {positive}", positive)
    named = [text for text in classes if text.lower() in POSITIVES]
    if named:
        rest = [text for text in classes if text not in named]
        return (rest[0] if rest else _opposite(named[0]), named[0])
    if len(classes) == 1:
        return (classes[0], _opposite(classes[0])) if classes[0].lower() in {"0", "false", "no", "negative"} else None
    return (classes[0], classes[1]) if classes else None


def _opposite(text: str) -> str:
    pairs = {"0": "1", "false": "true", "no": "yes", "negative": "positive", "n": "y", "f": "t", "neg": "pos"}
    both = pairs | {yes: no for no, yes in pairs.items()}
    return both.get(text.lower(), f"not {text}")


def _multi(
    label: Planned, prediction: Planned | None, scores: Sequence[Planned], classes: list[str], samples: Mapping[str, NDArray[np.float64]]
) -> Outcome | None:
    ranked = tuple(sorted(classes))
    if not 1 < len(ranked) <= MOST_CLASSES:
        return None
    named = _by_class(scores, ranked)
    if prediction is None and not named:
        return None
    return Outcome(
        task=Task.MULTICLASS,
        label=label.name,
        prediction=prediction.name if prediction else None,
        scores=tuple(one.name for one in named),
        classes=ranked,
        edges=tuple(score_edges(samples.get(one.name, np.empty(0)), 0.5) for one in named),
    )


def _by_class(scores: Sequence[Planned], classes: Sequence[str]) -> list[Planned]:
    """One score column per class: by the end of its name, else in the classes' order as scikit-learn has it; none where they do not fit."""
    if len(scores) != len(classes):
        return []
    named = {_meant(one.name, classes): one for one in scores}
    if not set(classes) <= set(named):
        named = dict(zip(sorted(classes, key=float) if all(map(_is_number, classes)) else classes, scores, strict=True))
    return [named[text] for text in classes]


def _meant(name: str, classes: Sequence[str]) -> str:
    """The class that a column is called after; empty where it is none. One called after "female" is not that of "male".

    >>> _meant("p_female", ["male", "female"]), _meant("p_11", ["1", "11"]), _meant("score", ["a", "b"])
    ('female', '11', '')
    """
    return max((text for text in classes if name.lower().endswith(text.lower())), key=len, default="")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _regression(label: Planned, prediction: Planned, samples: Mapping[str, NDArray[np.float64]]) -> Outcome | None:
    if not isinstance(label.bins, NumberBins) or not isinstance(prediction.bins, NumberBins):
        return None
    said, came = samples.get(prediction.name, np.empty(0)), samples.get(label.name, np.empty(0))
    error = said - came if said.size == came.size else np.empty(0)
    return Outcome(
        task=Task.REGRESSION,
        label=label.name,
        prediction=prediction.name,
        edges=(_quantiles(said, PREDICTION_EDGES), _quantiles(error, RESIDUAL_EDGES)),
        center=label.bins.center,
        scale=label.bins.scale,
    )


def _ranking(columns: Sequence[Planned], label: Planned, score: Planned | None, query: str | None, monitor: Monitor) -> Outcome | None:
    """Lists by query; the catalogue is told apart where its items are levels of the plan, and none is left over."""
    if query is None or score is None:
        return None
    item = next((one for one in columns if one.name == monitor.hints.item), None)
    levels = levels_of(item) if item is not None and isinstance(item.bins, LevelBins) else None
    asked = _depth(monitor.policy.goal.metric or "")
    return Outcome(
        task=Task.RANKING,
        label=label.name,
        scores=(score.name,),
        query=query,
        item=item.name if item is not None and levels else None,
        depths=tuple(sorted({*(monitor.policy.goal.depths or DEPTHS), *asked})),
        catalogue=len(levels or ()),
    )


def _depth(metric: str) -> list[int]:
    """The depth in a metric's name.

    >>> _depth("ndcg@7"), _depth("mrr")
    ([7], [])
    """
    tail = metric.partition("@")[2]
    return [int(tail)] if tail.isdecimal() and int(tail) else []


def score_edges(sample: NDArray[np.float64], threshold: float) -> tuple[float, ...]:
    """Edges of a score's bins: most at the reference's quantiles, some evenly on [0, 1], one at the decision threshold.

    Where the reference has few distinct scores, each is the edge of a bin of its own.
    """
    inside = sample[(sample > 0) & (sample <= 1)]
    distinct = np.unique(inside)
    room = SCORE_BINS - 2 - EVEN_EDGES
    chosen = distinct if distinct.size <= room else np.unique(np.quantile(inside, np.arange(1, room + 1) / (room + 1), method="lower"))
    even = np.arange(1, EVEN_EDGES + 1) / (EVEN_EDGES + 1)
    own = [threshold] if 0 < threshold <= 1 else []
    return tuple(np.unique(np.concatenate([chosen, even, own])).tolist())


def _quantiles(sample: NDArray[np.float64], edges: int) -> tuple[float, ...]:
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return (0.0,)
    return tuple((np.unique(np.quantile(finite, np.arange(1, edges + 1) / (edges + 1), method="lower")) + 0.0).tolist())
