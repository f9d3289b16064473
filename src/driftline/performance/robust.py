"""Doubly robust estimates: what a metric must be where labels are missing, and how sure that is.

With weights w of the reference's rows, what is expected of each row, m, and losses ℓ, the risk under the window's inputs and the
reference's relation is θ = mean over the window of m + mean over the reference of w (ℓ − m) (augmented inverse-probability
weighting; Robins, Rotnitzky and Zhao 1994, cross-fitted as in Chernozhukov et al. 2018). It is right where either the weights or
the expectations are. Metrics that are no means are linearised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.plugin import FORMULAS, RANKED, Loss, plug, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.plugin import Plugged
    from driftline.performance.residual import Means
    from driftline.performance.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """An estimate as a mean over the window and a mean over the reference, at least to the first order.

    Attributes:
        value: the estimate.
        window: float64[m], what each row of the window contributes, up to a constant.
        reference: float64[n], what each row of the reference contributes: its weighted residual.
        noise: the variance that labels would add to a row of the window.
        slopes: float64[m, K] or [1, K], what more of a class's chance, or of a loss, at a row of the window would add.
    """

    value: float
    window: NDArray[np.float64]
    reference: NDArray[np.float64]
    noise: float
    slopes: NDArray[np.float64]

    @property
    def reference_error(self) -> float:
        """The part of the standard error that the reference's labels leave."""
        return float(np.sqrt(self.reference.var() / self.reference.size))

    @property
    def error(self) -> float:
        """Standard error, as an estimate of the risk in all the rows the window is a sample of."""
        return float(np.hypot(np.sqrt(self.window.var() / self.window.size), self.reference_error))

    def realised_error(self, rows: int = 0) -> float:
        """Standard error, as a forecast of what the window's own labels will say.

        Args:
            rows: rows that the window's are a sample of, if it has more: what the others hold is then not known exactly either.
        """
        size = self.window.size
        rows = max(rows, size)
        return float(np.hypot(np.sqrt(self.noise / rows + self.window.var() * (1 / size - 1 / rows)), self.reference_error))


def of_means(
    means: Means,
    losses: NDArray[np.float64],
    expected: NDArray[np.float64],
    expected_window: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    corrected: bool = True,
) -> Linear:
    """A metric that is a function of mean losses; of one loss, that mean.

    Args:
        means: the metric.
        losses: float64[n, L], of the reference's rows.
        expected: float64[n, L], what a model that has not seen the row expects of it.
        expected_window: float64[m, L], what is expected of the window's rows.
        weights: float64[n], of the reference's rows, with a mean of 1.
        corrected: what expectations miss on the reference is put right; without it this is direct loss estimation.
    """
    residual = losses - expected
    values = expected_window.mean(0) + ((weights[:, None] * residual).mean(0) if corrected else 0.0)
    slopes = means.slopes(values)
    surprise = residual @ slopes
    noise = float(np.average(surprise**2, weights=weights))
    return Linear(means.of(values), expected_window @ slopes, weights * surprise, noise, slopes[None])


def one_step(
    metric: str | Loss,
    reference: tuple[Rows, NDArray[np.float64]],
    window: tuple[Rows, NDArray[np.float64]],
    weights: NDArray[np.float64],
) -> Linear:
    """A classification metric: chances put in for labels, and what they miss on the reference put right.

    Args:
        metric: by name, or a mean of one's own.
        reference: labelled rows, and each class's chance by a model that has not seen the row, float64[n, K].
        window: rows, and each class's chance.
        weights: float64[n], of the reference's rows, with a mean of 1.
    """
    (rows, expected), (there, chances) = reference, window
    residual = rows.truth() - expected
    in_table = not isinstance(metric, Loss) and (metric in FORMULAS or metric.startswith("f"))
    missed = table(rows.said(), weights[:, None] * residual) / len(rows) if in_table else None
    found = plug(metric, there, chances, rows, missed)
    surprise = (residual * found.elsewhere).sum(1)
    # A table is corrected before the formula, as a whole; for others the first order is added.
    correction = 0.0 if in_table else float((weights * surprise).mean())
    return _linear(found, correction, chances, weights, surprise)


def plugged_in(
    metric: str | Loss,
    reference: tuple[Rows, NDArray[np.float64]],
    window: tuple[Rows, NDArray[np.float64]],
    weights: NDArray[np.float64],
) -> Linear:
    """A classification metric with chances put in for labels, as they are; arguments as for `one_step`.

    An increasing curve cannot follow what is no longer increasing under the window's inputs, and ranks would be told too
    well: their first order is put right even here, unless all weights are alike.
    """
    (rows, expected), (there, chances) = reference, window
    found = plug(metric, there, chances, rows)
    surprise = ((rows.truth() - expected) * found.elsewhere).sum(1)
    correction = float((weights * surprise).mean()) if metric in RANKED and np.ptp(weights) > 0 else 0.0
    return _linear(found, correction, chances, weights, surprise)


def _linear(
    found: Plugged, correction: float, chances: NDArray[np.float64], weights: NDArray[np.float64], surprise: NDArray[np.float64]
) -> Linear:
    here, noise = (chances * found.slopes).sum(1), float(np.average(surprise**2, weights=weights))
    return Linear(found.value + correction, here, weights * surprise, noise, found.slopes)
