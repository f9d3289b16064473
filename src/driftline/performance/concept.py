"""What changed a metric: the inputs, or their relation to what comes true.

With θ̂ the doubly robust estimate (`driftline.performance.robust`) of the metric under the window's inputs and the reference's
relation, the change since the reference is (θ̂ − reference) + (window − θ̂): what the inputs did, and what they cannot explain.
The parts add up to what was observed. The second, over its standard error, is a test for a changed relation (concept drift)
that a covariate shift does not fool, as far as the reference has rows like the window's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.significance import POWER_Z
from driftline.performance.assumption import LEAST_ESS, MOST_UNSUPPORTED
from driftline.performance.interval import critical
from driftline.performance.overlap import three_parts
from driftline.performance.plugin import plug
from driftline.performance.residual import means_of
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.fitted import Beside
    from driftline.performance.overlap import Shared

FEWEST_OF_EACH = 10
"""The window has at least so many labels of every class (numbers: thrice as many at all) before its relation is tested."""


@dataclass(frozen=True, slots=True)
class Change:
    """A metric's change since the reference, in two parts.

    Attributes:
        observed: window less reference, on rows with a label.
        inputs: the part that the window's inputs explain.
        inputs_error: its standard error.
        relation: the part that is left: what comes true has changed for rows that are alike.
        relation_error: its standard error.
        p_value: of so large a rest, were the relation what it was.
        rows: labelled rows of the window.
        shared: the change in three parts, where reference and window overlap so little that two rest on what was extrapolated.
    """

    observed: float
    inputs: float
    inputs_error: float
    relation: float
    relation_error: float
    p_value: float
    rows: int
    shared: Shared | None = None


def split_change(seen: Beside, place: int) -> Change | None:
    """Split the change of `seen.fitted.metrics[place]`; None where the window has too few labels.

    Args:
        seen: a window all of whose rows have a label, beside the reference.
        place: of the metric.
    """
    if _too_few(seen):
        return None
    linear = seen.robust(place)
    usual, value, usual_parts, value_parts = (_numbers if seen.rows.task is Task.REGRESSION else _classes)(seen, place)
    n, m = len(seen.fitted.rows), len(seen.rows)
    inputs_error = np.sqrt(linear.window.var() / m + (linear.reference - usual_parts).var() / n)
    error = np.sqrt((value_parts - linear.window).var() / m + linear.reference.var() / n)
    relation = value - linear.value
    p_value = float(2 * special.ndtr(-abs(relation) / error)) if error > 0 else float(relation == 0)
    if not np.isfinite([usual, relation, error]).all():
        return None
    afar = seen.ratio.unsupported > MOST_UNSUPPORTED or seen.ratio.ess < LEAST_ESS * n
    shared = three_parts(seen, place) if afar else None
    return Change(value - usual, linear.value - usual, float(inputs_error), relation, float(error), p_value, m, shared)


def labels_needed(effect: float, noise: float, reference_error: float, confidence: float = 0.95) -> int | None:
    """How many labels of a window would show, four times in five, that the relation has changed a metric by so much.

    Args:
        effect: the change that is to be shown.
        noise: the variance that one label adds.
        reference_error: what the estimate's standard error would still be with all labels.
        confidence: of the test.

    Returns:
        None where the reference is too small to show it however many labels come.

    >>> labels_needed(0.02, 0.16, 0.003)
    3813
    """
    left = (effect / (critical(confidence) + POWER_Z)) ** 2 - reference_error**2
    return math.ceil(noise / left) if left > 0 and math.isfinite(noise) else None


def _too_few(seen: Beside) -> bool:
    if seen.rows.task is Task.REGRESSION:
        return len(seen.rows) < 3 * FEWEST_OF_EACH
    return bool(seen.rows.truth().sum(0).min() < FEWEST_OF_EACH)


_Parts = tuple[float, float, "NDArray[np.float64]", "NDArray[np.float64]"]
"""The metric in the reference and in the window, and what each of their rows adds to it, to the first order."""


def _classes(seen: Beside, place: int) -> _Parts:
    metric, there, here = seen.fitted.metrics[place], seen.fitted.rows, seen.rows
    usual, found = plug(metric, there, there.truth(), there), plug(metric, here, here.truth(), here)
    return usual.value, found.value, (there.truth() * usual.slopes).sum(1), (here.truth() * found.slopes).sum(1)


def _numbers(seen: Beside, place: int) -> _Parts:
    means = means_of(seen.fitted.metrics[place])
    there, here = means.matrix(seen.fitted.rows), means.matrix(seen.rows)
    usual, value = there.mean(0), here.mean(0)
    return means.of(usual), means.of(value), there @ means.slopes(usual), here @ means.slopes(value)
