"""Rows of a model's predictions as arrays: what went in, what it said, and what came true where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.errors import DataError
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 3
"""The reference is split so often: what is learnt from some folds is used on the one it has not seen."""

SUREST = 2.0**-20
"""Scores are kept so far from 0 and 1 before their log-odds are taken: beyond that they tell no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of the reference or of a window. Shapes: n rows, d features, K classes.

    Attributes:
        features: float64[n, d], numbers, or codes of categories; NaN where missing.
        categorical: per feature, whether it is codes.
        score: float64[n], the positive class's score (binary) or the predicted number (regression); float64[n, K] for K classes.
        predicted: int[n], the code of the predicted class (binary: 0 or 1), −1 where unknown; None where a number is predicted.
        label: float64[n], the code of the class that came true, or the number that did; NaN where not known (yet).
    """

    features: NDArray[np.float64]
    categorical: tuple[bool, ...]
    score: NDArray[np.float64]
    predicted: NDArray[np.intp] | None
    label: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.score)
        sizes = {"label": len(self.label), "prediction": n if self.predicted is None else len(self.predicted)}
        if odd := [f"{size} of a {name}" for name, size in sizes.items() if size != n]:
            raise DataError(f"there are {n} rows of scores and {odd[0]}", hint="give one of each for every row")
        if self.features.shape != (n, len(self.categorical)):
            shape = " × ".join(map(str, self.features.shape))
            raise DataError(
                f"features are {shape} where {n} rows × {len(self.categorical)} kinds were expected", hint="give n rows × d features"
            )

    def __len__(self) -> int:
        return len(self.score)

    @property
    def task(self) -> Task:
        """What the model does."""
        if self.predicted is None:
            return Task.REGRESSION
        return Task.BINARY if self.score.ndim == 1 else Task.MULTICLASS

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where a number is predicted."""
        return {Task.REGRESSION: 0, Task.BINARY: 2}.get(self.task, int(self.score.shape[-1]))

    def usable(self) -> NDArray[np.bool_]:
        """Rows with scores, and a prediction: nothing can be said of others. Shape: n."""
        finite = np.isfinite(self.score)
        there = finite if finite.ndim == 1 else finite.all(axis=1)
        return np.asarray(there if self.predicted is None else there & (self.predicted >= 0), dtype=np.bool_)

    def labelled(self) -> NDArray[np.bool_]:
        """Usable rows whose label is known. Shape: n."""
        return np.asarray(self.usable() & np.isfinite(self.label))

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Rows:
        """Some of the rows."""
        predicted = None if self.predicted is None else self.predicted[which]
        return Rows(self.features[which], self.categorical, self.score[which], predicted, self.label[which])

    def said(self) -> NDArray[np.intp]:
        """The predicted class of each row; 0 where a number is predicted. Shape: n."""
        return np.zeros(len(self), dtype=np.intp) if self.predicted is None else self.predicted

    def scores(self) -> NDArray[np.float64]:
        """Each class's score. Shape: n × K; regression: n × 1."""
        if self.task is Task.BINARY:
            return np.stack([1 - self.score, self.score], axis=1)
        return self.score.reshape(len(self), -1)

    def truth(self) -> NDArray[np.float64]:
        """1 in the column of the class that came true; nothing where that is not known. Shape: n × K."""
        return np.asarray(self.label[:, None] == np.arange(self.classes), dtype=np.float64)

    def columns(self) -> tuple[NDArray[np.float64], tuple[bool, ...]]:
        """What a row can be told by: its features and its scores, probabilities as log-odds; and which of them are codes."""
        score = self.score.reshape(len(self), -1)
        if self.task is not Task.REGRESSION and len(score) and np.nanmin(score) >= 0 and np.nanmax(score) <= 1:
            score = special.logit(np.clip(score, SUREST, 1 - SUREST))
        return np.column_stack([self.features, score]), (*self.categorical, *(False,) * score.shape[1])


def folds(rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """A fold for each row, all of about the same size. Shape: n."""
    return rng.permutation(np.arange(rows) % FOLDS)
