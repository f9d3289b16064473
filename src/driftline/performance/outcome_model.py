"""What is to be expected of a row: its chance of every class, or its losses, learnt on the reference's labels.

Each row of the reference is told by models that have not seen its fold, rows of a window by the mean of all of them. Of
a regression the expected loss is NannyML's direct loss estimation, with an additive model in the place of boosted trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.performance.additive import Model, Ridge, fit_mean, fit_share, gram, whitening
from driftline.performance.rows import FOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.basis import Coded
    from driftline.performance.density import Background

RIDGE = Ridge(step=3.0, slope=0.3, pairs=15)
"""Little: what an outcome model misses is made up for by the weighted residuals, what it invents is noise in them."""


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeModel:
    """A model of what comes true, one for each fold left out. Shape: K classes or losses.

    Attributes:
        models: for each fold one model for each of K; of two classes for the second only.
        chances: K classes are told apart, and their chances add to 1; otherwise K numbers are told.
        fitted: float64[n, K], what is expected of the reference's rows, each by the models that have not seen it.
    """

    models: tuple[tuple[Model, ...], ...]
    chances: bool
    fitted: NDArray[np.float64]

    def expect(self, rows: Coded) -> NDArray[np.float64]:
        """What is expected of other rows. Shape: m × K."""
        return np.asarray(np.mean([_told(rows, models, chances=self.chances) for models in self.models], axis=0))


def learn_chances(background: Background, truth: NDArray[np.float64]) -> OutcomeModel:
    """Chances of K classes by logistic models of one against the rest. `truth`: float64[n, K]."""
    asked = truth[:, 1:] if truth.shape[1] == 2 else truth  # noqa: PLR2004  of two classes one is enough
    near: list[Model | None] = [None] * asked.shape[1]
    known = background.squares * (1 - 1 / FOLDS)
    white = [whitening(background.basis, known, RIDGE, share) for share in asked.mean(0)]
    found: list[tuple[Model, ...]] = []
    for k in range(FOLDS):
        shown = background.fold != k
        rows = background.rows.take(shown)
        each = zip(asked[shown].T, white, near, strict=True)
        models = [fit_share(background.basis, rows, target, RIDGE, one, before) for target, one, before in each]
        near = [*models]
        found.append(tuple(models))
    return _cross_fitted(background, found, chances=True)


def learn_losses(background: Background, losses: NDArray[np.float64]) -> OutcomeModel:
    """Expected losses by ridge regression. `losses`: float64[n, K]."""
    found = []
    for k in range(FOLDS):
        shown = background.fold != k
        rows, squares = background.rows.take(shown), background.squares - gram(background.rows.take(~shown).design)
        found.append(tuple(fit_mean(background.basis, rows, target, RIDGE, squares) for target in losses[shown].T))
    return _cross_fitted(background, found, chances=False)


def _cross_fitted(background: Background, found: list[tuple[Model, ...]], *, chances: bool) -> OutcomeModel:
    fitted: NDArray[np.float64] | None = None
    for k, models in enumerate(found):
        told = _told(background.rows.take(background.fold == k), models, chances=chances)
        fitted = np.empty((len(background.fold), told.shape[1])) if fitted is None else fitted
        fitted[background.fold == k] = told
    return OutcomeModel(tuple(found), chances, np.zeros((0, 0)) if fitted is None else fitted)


def _told(rows: Coded, models: tuple[Model, ...], *, chances: bool) -> NDArray[np.float64]:
    linear = np.stack([model.linear(rows) for model in models], axis=1)
    if not chances:
        return linear
    each = special.expit(linear)
    if each.shape[1] == 1:
        return np.concatenate([1 - each, each], axis=1)
    return np.asarray(each / each.sum(1, keepdims=True))
