"""Raw rows and the counts of them: what every metric is tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.special import expit

from driftline.performance import rows as told
from driftline.performance.metric import measure
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

EVEN = tuple((np.arange(1, 1023) / 1023).tolist())
"""Inner edges of 1,023 even bins of a score: as many as there may be."""


@dataclass(frozen=True, eq=False)
class Rows:
    """How outcomes are counted, and how rows become counts."""

    outcome: Outcome

    def count(
        self,
        said: Sequence[float] | NDArray[np.generic] | None,
        came: Sequence[float] | NDArray[np.generic],
        *scores: Sequence[float] | NDArray[np.float64],
    ) -> OutcomeCounts:
        """Count rows; what a binary model said follows from its score where nothing else is told. NaN is unknown."""
        columns = tuple(np.asarray(score, dtype=np.float64) for score in scores)
        truth = np.asarray(came, dtype=np.float64)
        if self.outcome.task is Task.REGRESSION:
            return count_outcome(self.outcome, OutcomeRows(np.asarray(said, dtype=np.float64), truth))
        by_score = np.where(np.isnan(columns[0]), np.nan, columns[0] >= self.outcome.threshold) if said is None else said
        told = self._codes(np.asarray(by_score, dtype=np.float64))
        return count_outcome(self.outcome, OutcomeRows(told, self._codes(truth), columns))

    def _codes(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        unknown = np.isnan(places) | (places >= len(self.outcome.classes))
        return np.where(unknown, len(self.outcome.classes), np.nan_to_num(places)).astype(np.int64)

    def coverage(
        self, names: Iterable[str], count: Callable[[NDArray[np.intp]], OutcomeCounts], rows: int, size: int, times: int = 400
    ) -> dict[str, float]:
        """How often the intervals of a window of `size` rows, drawn with replacement from a table of rows, hold the table's own values."""
        draws = np.random.default_rng([20260606, size])
        truth = {name: measure(name, self.outcome, count(np.arange(rows))).value for name in names}
        held: dict[str, list[bool]] = {name: [] for name in truth}
        for _ in range(times):
            counts = count(draws.integers(rows, size=size))
            for name, value in truth.items():
                found = measure(name, self.outcome, counts)
                if found.known:
                    held[name].append(found.low <= value <= found.high)
        return {name: float(np.mean(hits)) for name, hits in held.items()}


LUCK = 0.025
"""What 400 windows may by chance add to the band of 93 to 97%: more than two standard errors."""


class Kinds:
    """The outcomes of each task."""

    def binary(self, edges: tuple[float, ...] = EVEN, threshold: float = 0.5) -> Rows:
        """A binary model with a score; bins as given, and an edge at the threshold."""
        both = tuple(sorted({*edges, threshold}))
        return Rows(Outcome(task=Task.BINARY, label="y", scores=("s",), classes=("0", "1"), edges=(both,), threshold=threshold))

    def classes(self, *names: str, scored: bool = True) -> Rows:
        """A model of several classes, with a score for each or with predictions alone."""
        scores = names if scored else ()
        return Rows(Outcome(task=Task.MULTICLASS, label="y", prediction="p", scores=scores, classes=names, edges=(EVEN,) * len(scores)))

    def numbers(self, said: NDArray[np.float64], came: NDArray[np.float64], center: float = 0.0, scale: float = 1.0) -> Rows:
        """A regression whose bins lie at quantiles of these rows."""
        edges = tuple(
            tuple(np.unique(np.quantile(values, np.arange(1, many + 1) / (many + 1))).tolist())
            for values, many in ((said, 63), (said - came, 127))
        )
        return Rows(Outcome(task=Task.REGRESSION, label="y", prediction="p", edges=edges, center=center, scale=scale))


@dataclass(frozen=True)
class World:
    """Rows of which everything is known: two numbers and a category tell the truth, a model has seen only the first number.

    So its scores' calibration depends on the second number, and moves with it.
    """

    def chance(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """What makes label 1 come true. `x`: float64[n, 3]."""
        return np.asarray(expit(x[:, 0] + 0.8 * x[:, 1] + 0.5 * (x[:, 2] == 1) - 0.2))

    def rows(self, n: int, dice: np.random.Generator, shift: float = 0.0, turned: float = 0.0) -> told.Rows:
        """A binary model's rows; the second number's mean moves by `shift`, of a share the label is turned round."""
        x = np.column_stack([dice.normal(size=n), dice.normal(shift, 1, n), dice.integers(0, 3, n)])
        label = (dice.random(n) < self.chance(x)) ^ (dice.random(n) < turned)
        score = expit(1.1 * x[:, 0])
        return told.Rows(x, (False, False, True), score, (score >= 0.5).astype(np.intp), label.astype(float))

    def numbers(self, n: int, dice: np.random.Generator, shift: float = 0.0, off: float = 0.0) -> told.Rows:
        """A regression's rows: errors grow with the second number, labels are off by a constant."""
        x = np.column_stack([dice.normal(size=n), dice.normal(shift, 1, n)])
        label = 3 * x[:, 0] + dice.normal(size=n) * (1 + 0.8 * np.abs(x[:, 1])) + off
        return told.Rows(x, (False, False), 3 * x[:, 0], None, label)

    def classes(self, n: int, dice: np.random.Generator, shift: float = 0.0) -> told.Rows:
        """Rows of three classes."""
        x = np.column_stack([dice.normal(size=n), dice.normal(shift, 1, n)])
        odds = np.column_stack([x[:, 0] + 0.6 * x[:, 1], -x[:, 0], 0.4 * x[:, 1]])
        label = (odds + dice.gumbel(size=(n, 3))).argmax(1).astype(float)
        score = np.exp(np.column_stack([x[:, 0], -x[:, 0], np.full(n, 0.5)]))
        score /= score.sum(1, keepdims=True)
        return told.Rows(x, (False, False), score, score.argmax(1), label)

    def unlabelled(self, rows: told.Rows) -> told.Rows:
        """The same rows before their labels come."""
        return told.Rows(rows.features, rows.categorical, rows.score, rows.predicted, np.full(len(rows), np.nan))


@pytest.fixture(scope="session")
def world() -> World:
    """Makes rows whose truth is known."""
    return World()


@pytest.fixture(scope="session")
def kinds() -> Kinds:
    """Makes outcomes, and counts of raw rows."""
    return Kinds()


@pytest.fixture(scope="session")
def astray() -> Callable[[dict[str, float]], dict[str, float]]:
    """Picks the coverages outside 93 to 97%, give or take what 400 windows may miss by chance."""
    return lambda found: {name: held for name, held in found.items() if not 0.93 - LUCK <= held <= 0.97 + LUCK}


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260606)
