"""A model's performance before labels come: what each metric must be, how sure that is, and how far to trust it.

Three methods, all learnt on the reference's labels. `pape`: calibration weighted by how likely each reference row is in the window,
put in for labels (Bialek et al. 2024, with isotonic calibration and a cross-fitted density ratio). `cbpe`: the same without
weights; for numbers, direct loss estimation (both NannyML). `dr`: doubly robust. Metrics that are means of the scores' losses,
and all metrics of predicted numbers, are estimated doubly robustly where `pape` is asked for. `best`, as nothing else is asked
for, is `dr`, for it errs least (`bench/bench_estimate.py`), and `pape` where the reference has no like of most rows of a window:
a curve of the score says what is nearest, and does not follow the outcome model to where that has seen nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from driftline.errors import ConfigError, near_miss
from driftline.performance.assumption import FEWEST_ROWS, MOST_UNSUPPORTED, Doubt, Grounds, Trust
from driftline.performance.concept import split_change
from driftline.performance.few_labels import powered
from driftline.performance.fitted import Fitted, beside, fit
from driftline.performance.interval import critical
from driftline.performance.metric import metric_of
from driftline.performance.plugin import MEANS, Loss
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from driftline.performance.concept import Change
    from driftline.performance.few_labels import Powered
    from driftline.performance.fitted import Beside, Metric
    from driftline.performance.robust import Linear
    from driftline.performance.rows import Rows

Method = Literal["best", "pape", "cbpe", "dr"]
METHODS: tuple[Method, ...] = ("best", "pape", "cbpe", "dr")

CONFIDENCE = 0.95
"""Of the intervals."""

MOST = 0.5
"""From this share of the window's rows on that have no like in the reference, `best` follows scores rather than features."""

FEWEST_TESTED = 0.5
"""From this share of labels on they are asked whether the relation still holds; fewer would hardly show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """What a metric must be in a window whose labels have not come.

    Attributes:
        metric: its name.
        method: how it was estimated: `pape`, `cbpe`, `dr`, `dle`, or `ppi` where labels that came show another relation.
        value: the estimate; NaN where there is none.
        error: its standard error.
        low: lower end of the interval for the metric in all the rows that the window is a sample of.
        high: upper end.
        realised_low: lower end of the interval for what the window's own labels will say.
        realised_high: upper end.
        rows: rows of the window that it is for.
        ess: effective number of the reference's rows behind it.
        unsupported: share of the window's rows that have no like in the reference.
        trust: how far to trust it. It holds only while the relation between inputs and labels is what it was.
        why: why no further; empty where it is sound.
        noise: the variance that one label adds to the metric.
        reference_error: what the standard error would still be with a window without end.
        change: where labels have come, what inputs and relation did to the metric since the reference.
    """

    metric: str
    method: str
    value: float = math.nan
    error: float = math.nan
    low: float = math.nan
    high: float = math.nan
    realised_low: float = math.nan
    realised_high: float = math.nan
    rows: int
    ess: float = 0.0
    unsupported: float = 0.0
    trust: Trust = Trust.NONE
    why: str
    noise: float = math.nan
    reference_error: float = math.nan
    change: Change | None = None


def estimate(
    reference: Rows | Fitted,
    window: Rows,
    metrics: Sequence[Metric],
    *,
    method: Method = "best",
    rng: np.random.Generator,
    of: int = 0,
    tested: Sequence[Metric] | None = None,
    settled: bool = False,
) -> tuple[Estimated, ...]:
    """Estimate metrics of a window without looking at its labels, but for the check of what is assumed.

    Args:
        reference: rows with labels, or what `fit` learnt from them for at least these metrics.
        window: rows; where some have labels, they show whether the relation still holds.
        metrics: names as in `driftline.performance.metric`, or `Loss`: a mean of one's own.
        method: `best`, `pape`, `cbpe` or `dr`.
        rng: deals rows into folds.
        of: rows that the window's are a sample of, if it has more.
        tested: the metrics whose change is split where labels have come; None for all.
        settled: no more labels are to come: they may break an estimate, and do not take its place.

    Returns:
        One for each metric, in their order. Too little data is a `Trust.NONE` with a reason.

    Raises:
        ConfigError: there is no such metric or method, or not for what the model predicts.
        DataError: the window's columns are not the reference's.
    """
    if method not in METHODS:
        raise ConfigError(f"there is no method {method!r}", hint=near_miss(method, METHODS))
    fitted = reference if isinstance(reference, Fitted) else fit(reference, metrics, rng)
    if unlearnt := [metric for metric in metrics if metric not in fitted.metrics]:
        raise ConfigError(f"the reference was not fitted for {name_of(unlearnt[0])!r}", hint="name all metrics when fitting it")
    usable = int(window.usable().sum())
    if why := fitted.why or _too_few(usable):
        return tuple(Estimated(metric=name_of(metric), method=method, rows=usable, why=why) for metric in metrics)
    seen = beside(fitted, window, rng, weighted=method != "cbpe")
    changes = _changes(seen, window, metrics if tested is None else tested, rng)
    shaken = min((change.p_value for change in changes.values()), default=1.0)
    fewest, found = fitted.fewest, []
    for metric in metrics:
        place, change = fitted.metrics.index(metric), changes.get(metric)
        linear, used, apart = _linear(seen, place, method)
        grounds = Grounds(
            ess=seen.ratio.ess,
            labels=len(fitted.rows),
            fewest=fewest,
            unsupported=seen.ratio.unsupported,
            rows=max(of, usable),
            concept_p=shaken if change is None else change.p_value,
        )
        told = replace(_told(metric, linear, apart, grounds, critical(CONFIDENCE)), method=used)
        if told.trust is Trust.BROKEN and not settled:
            told = _by_labels(told, powered(seen, place, CONFIDENCE))
        found.append(replace(told, ess=grounds.ess, unsupported=grounds.unsupported, change=change))
    return tuple(found)


def name_of(metric: Metric) -> str:
    """What a metric is called."""
    return metric.name if isinstance(metric, Loss) else metric


def _too_few(usable: int) -> str:
    return f"the window has {usable} rows with a prediction, and at least {FEWEST_ROWS} are needed" if usable < FEWEST_ROWS else ""


def _changes(seen: Beside, window: Rows, tested: Sequence[Metric], rng: np.random.Generator) -> dict[Metric, Change]:
    """What labels that have come say of each metric; nothing where they are too few."""
    rows = window.take(window.labelled())
    if len(rows) < FEWEST_ROWS or len(rows) < FEWEST_TESTED * len(seen.rows):
        return {}
    # Rows whose labels have come need not be like the others, so they are weighed by themselves.
    labelled = seen if len(rows) == len(seen.rows) and seen.weighted else beside(seen.fitted, rows, rng)
    splits = {metric: split_change(labelled, seen.fitted.metrics.index(metric)) for metric in tested}
    return {metric: split for metric, split in splits.items() if split is not None}


def _linear(seen: Beside, place: int, method: Method) -> tuple[Linear, str, float]:
    """The estimate, how it was made, and how far another way of making it leads away from it."""
    metric, numbers = seen.fitted.metrics[place], seen.rows.task is Task.REGRESSION
    if method == "cbpe":
        found = seen.robust(place, corrected=False) if numbers else seen.plugged(place, seen.fitted.curves)
        return found, "dle" if numbers else "cbpe", 0.0
    robust = seen.robust(place)
    found, used = robust, "dr"
    lost = method == "best" and seen.ratio.unsupported > MOST
    if (method == "pape" or lost) and not (numbers or isinstance(metric, Loss) or metric in MEANS):
        found, used = seen.plugged(place, seen.weighted_curves), "pape"
    # Rows without a like are told by what holds elsewhere: by how much weights moved the estimate is then as doubtful as they are.
    moved = found.value - seen.unweighted(place) if seen.ratio.unsupported > MOST_UNSUPPORTED else 0.0
    return found, used, math.hypot(found.value - robust.value, moved)


def _by_labels(told: Estimated, found: Powered | None) -> Estimated:
    """Where labels show that the relation has changed, they tell what it is now, as far as they are many and the metric is a mean."""
    if found is None or found.why:
        return told
    return replace(
        told,
        method="ppi",
        value=found.value,
        error=found.error,
        low=found.low,
        high=found.high,
        realised_low=found.low,
        realised_high=found.high,
        trust=Trust.SOUND,
        why=f"{Doubt.CONCEPT}; this is what they say themselves",
    )


def _told(metric: Metric, linear: Linear, apart: float, grounds: Grounds, z: float) -> Estimated:
    if not math.isfinite(linear.value):
        why = f"{name_of(metric)} is not defined for what is predicted here"
        return Estimated(metric=name_of(metric), method="", rows=grounds.rows, why=why)
    least, most = (-math.inf, math.inf) if isinstance(metric, Loss) else metric_of(metric).bounds
    value = min(max(linear.value, least), most)
    # What an increasing curve of the score alone cannot follow is no chance, and no formula knows it: the distance to the
    # doubly robust estimate, which has no such curve, stands for it.
    error, realised = math.hypot(linear.error, apart), math.hypot(linear.realised_error(grounds.rows), apart)
    ends = [min(max(value + sign * z * width, least), most) for width in (error, realised) for sign in (-1, 1)]
    trust, why = grounds.trust()
    return Estimated(
        metric=name_of(metric),
        method="",
        value=value,
        error=error,
        low=ends[0],
        high=ends[1],
        realised_low=ends[2],
        realised_high=ends[3],
        rows=grounds.rows,
        trust=trust,
        why=why,
        noise=linear.noise,
        reference_error=linear.reference_error,
    )
