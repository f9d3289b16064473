"""One matrix of losses replays every policy: what each window would have cost with each model that could have served it.

Model 0 is the one in service; model m was trained at the end of window m − 1 and serves from window m on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """What windows cost.

    Attributes:
        costs: float64[models, windows]; entry (m, j) for j ≥ m is what window j costs with model m; NaN where there is no such model.
        retraining: what one training costs, in the same unit.
    """

    costs: Floats
    retraining: float

    def __post_init__(self) -> None:
        models, windows = self.costs.shape
        if models > windows + 1 or not np.isfinite(self.costs[0]).all():
            raise DataError(f"{models} models of {windows} windows are no matrix of costs", hint="the first model serves every window")

    @property
    def windows(self) -> int:
        """How many windows there are."""
        return int(self.costs.shape[1])

    def can(self, window: int) -> bool:
        """Whether a model was trained at the end of a window, and has a window to serve."""
        return window + 1 < min(self.windows, len(self.costs)) and bool(np.isfinite(self.costs[window + 1, window + 1 :]).all())


def bill(matrix: Matrix, retrains: Collection[int]) -> Floats:
    """What each window costs where models are trained at the end of these windows; each training is paid in the window it ends.

    Trainings that were not possible, or whose model would never serve, are not begun and cost nothing. Shape: windows.
    """
    spent, model = np.empty(matrix.windows), 0
    for window in range(matrix.windows):
        spent[window] = matrix.costs[model, window]
        if window in retrains and matrix.can(window):
            spent[window] += matrix.retraining
            model = window + 1
    return spent


def begun(matrix: Matrix, retrains: Collection[int]) -> tuple[int, ...]:
    """Those trainings that were possible, in order."""
    return tuple(window for window in sorted(set(retrains)) if matrix.can(window))


def oracle(matrix: Matrix) -> tuple[int, ...]:
    """The trainings that would have cost least, known in hindsight: exact, by dynamic programming over the last training.

    From the last window back: with a model trained at the end of window j − 1, the rest costs a training, the windows that
    this model serves, and then what the best next one costs.
    """
    windows = matrix.windows
    rest, after = np.full(windows + 1, math.inf), np.full(windows + 1, windows)
    rest[windows] = 0.0
    for model in range(windows - 1, -1, -1):
        if model and not matrix.can(model - 1):
            continue
        served = np.concatenate([[0.0], np.cumsum(matrix.costs[model, model:])])
        ends = served[1:] + rest[model + 1 :]
        place = int(np.argmin(ends))
        rest[model] = ends[place] + (matrix.retraining if model else 0.0)
        after[model] = model + 1 + place
    found, model = [], int(after[0])
    while model < windows:
        found.append(model - 1)
        model = int(after[model])
    return tuple(found)


def every(matrix: Matrix, period: int) -> tuple[int, ...]:
    """Trainings at the end of every so many windows."""
    return tuple(range(period - 1, matrix.windows, period))


def staleness(matrix: Matrix, until: int | None = None) -> float:
    """By how much a window costs more for each window of its model's age, over the windows before `until`.

    Least squares within windows: models of different ages are compared on the same rows, so that hard windows do not count as old
    models. 0 where nothing can be compared.
    """
    top = bottom = 0.0
    for window in range(matrix.windows if until is None else until):
        models = np.flatnonzero(np.isfinite(matrix.costs[: window + 1, window]))
        models = models[models > 0]
        if models.size > 1:
            age = window - models.astype(np.float64)
            cost = matrix.costs[models, window]
            top += float((age - age.mean()) @ (cost - cost.mean()))
            bottom += float(((age - age.mean()) ** 2).sum())
    return top / bottom if bottom else 0.0


def best_period(retraining: float, slope: float) -> float:
    """How many windows apart trainings cost least where cost grows by a slope with age: √(2C / s); infinite where it does not grow.

    A period of T windows costs C / T + s T / 2 a window on average.

    >>> best_period(8.0, 1.0)
    4.0
    """
    return math.sqrt(2 * retraining / slope) if slope > 0 else math.inf
