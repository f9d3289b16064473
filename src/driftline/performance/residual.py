"""Regression metrics as functions of mean losses, for labels that are known or expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError, near_miss
from driftline.performance.plugin import LEAST, Loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.performance.rows import Rows

    RowLoss = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Means:
    """A metric as a smooth function of mean losses.

    Attributes:
        losses: each from labels and predictions, float64[n] both, to float64[n].
        of: from float64[losses], their means, to the metric.
    """

    losses: tuple[RowLoss, ...]
    of: Callable[[NDArray[np.float64]], float]

    def matrix(self, rows: Rows) -> NDArray[np.float64]:
        """Each loss of each row; NaN without a label. Shape: n × losses."""
        return np.stack([loss(rows.label, rows.score) for loss in self.losses], axis=1)

    def slopes(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric's derivative by each mean. Shape: losses."""
        found = np.empty(means.size)
        for k, value in enumerate(means):
            step = np.zeros(means.size)
            step[k] = 1e-5 * max(abs(value), 1e-9)
            found[k] = (self.of(means + step) - self.of(means - step)) / (2 * step[k])
        return found


def _squared(label: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
    return (said - label) ** 2


def _absolute(label: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(said - label)


def _percentage(label: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(said - label) / np.maximum(np.abs(label), LEAST))


def _symmetric(label: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(2 * np.abs(said - label) / np.maximum(np.abs(said) + np.abs(label), LEAST))


def _log_squared(label: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((np.log1p(said) - np.log1p(label)) ** 2)


def _itself(means: NDArray[np.float64]) -> float:
    return float(means[0])


def _root(means: NDArray[np.float64]) -> float:
    return float(np.sqrt(max(means[0], 0.0)))


def _explained(means: NDArray[np.float64]) -> float:
    return float(1 - means[0] / max(means[2] - means[1] ** 2, LEAST))


METRICS = {
    "mae": Means((_absolute,), _itself),
    "mse": Means((_squared,), _itself),
    "rmse": Means((_squared,), _root),
    "rmsle": Means((_log_squared,), _root),
    "mape": Means((_percentage,), _itself),
    "smape": Means((_symmetric,), _itself),
    "bias": Means((lambda label, said: said - label,), _itself),
    "r2": Means((_squared, lambda label, _: label, lambda label, _: label**2), _explained),
}
"""Metrics of a predicted number; `pinball@q` besides."""


def means_of(metric: str | Loss) -> Means:
    """A regression metric by its name, or a mean of one's own.

    Raises:
        ConfigError: there is none of that name.
    """
    if isinstance(metric, Loss):
        return Means((lambda label, said: metric.of(label, said, np.zeros(label.size, dtype=np.intp)),), _itself)
    if quantile := re.fullmatch(r"pinball@(0?\.\d+)", metric):
        q = float(quantile[1])
        return Means((lambda label, said: np.maximum(q * (label - said), (q - 1) * (label - said)),), _itself)
    if metric not in METRICS:
        raise ConfigError(f"the metric {metric!r} cannot be estimated for a predicted number", hint=near_miss(metric, METRICS))
    return METRICS[metric]
