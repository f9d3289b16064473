"""Policies compared on one matrix of losses: what each costs, how far it is from the best, and whether differences are more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.decisions.matrix import begun, best_period, bill, every, oracle, staleness
from driftline.errors import near_miss

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from driftline.decisions.matrix import Matrix

    Floats = NDArray[np.float64]

OURS, NEVER, ORACLE, RANDOM, BEST = "this policy", "never", "oracle", "random timing", "best period"
PLAIN = frozenset({NEVER, "every week", "every month", BEST})
"""Policies that need nothing but a calendar."""

DRAWS, RESAMPLED = 200, 2000


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What one policy would have cost.

    Attributes:
        name: the policy.
        retrains: the windows at whose end it trained; for random timing of the first draw.
        spent: float64[windows], what each window cost, trainings included; for random timing the mean over draws.
        regret: by how much that is more than the oracle's, in total.
        against: this policy's total less that of ours, with its 95% interval; positive where ours is cheaper.
    """

    name: str
    retrains: tuple[int, ...]
    spent: Floats
    regret: float
    against: tuple[float, float, float]

    @property
    def total(self) -> float:
        """What it cost."""
        return float(self.spent.sum())

    @property
    def surely(self) -> bool:
        """Whether it differs from ours by more than chance."""
        _, low, high = self.against
        return low > 0 or high < 0


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Every policy that was tried, the cheapest first, and what to do."""

    tried: tuple[Tried, ...]
    period: float
    recommendation: str

    def of(self, name: str) -> Tried:
        """One policy.

        Raises:
            KeyError: it was not tried.
        """
        found = {one.name: one for one in self.tried}
        if name not in found:
            raise KeyError(near_miss(name, found))
        return found[name]


def compare(
    matrix: Matrix, ours: Collection[int], drifted: Collection[int], rng: np.random.Generator, *, week: int = 7, mine: Matrix | None = None
) -> Comparison:
    """Replay policies.

    Args:
        matrix: costs of models that were trained on everything known.
        ours: the windows at whose end our policy trains.
        drifted: the windows in which anything drifted.
        rng: draws random timings and resamples windows.
        week: how many windows a week has.
        mine: likewise of models that were trained on the rows our policy chose; as `matrix` where None.
    """
    own = matrix if mine is None else mine
    first = max(matrix.windows // 2, 1)
    period = best_period(matrix.retraining, staleness(matrix, first))
    apart = max(round(period), 1) if math.isfinite(period) and period < matrix.windows else None
    sets: dict[str, tuple[int, ...]] = {
        NEVER: (),
        "every week": every(matrix, week),
        "every month": every(matrix, round(week * 30 / 7)),
        **({BEST: every(matrix, apart)} if apart else {}),
        "always on drift": tuple(sorted(drifted)),
    }
    spent = {name: bill(matrix, set(windows)) for name, windows in sets.items()}
    sets[OURS], spent[OURS] = tuple(sorted(ours)), bill(own, set(ours))
    sets[ORACLE], spent[ORACLE] = _hindsight(matrix, own)
    sets[RANDOM], spent[RANDOM] = _random(own, len(begun(own, ours)), rng)
    least = float(spent[ORACLE].sum())
    blocks = _resampled(matrix.windows, rng)
    tried = [
        Tried(name, begun(own if name in {OURS, RANDOM} else matrix, sets[name]), spent[name], float(spent[name].sum()) - least,
              _difference(spent[name] - spent[OURS], blocks))
        for name in sets
    ]  # fmt: skip
    ranked = tuple(sorted(tried, key=lambda one: (one.total, one.name != ORACLE)))
    return Comparison(ranked, period, recommend({one.name: one for one in ranked}))


def _hindsight(matrix: Matrix, own: Matrix) -> tuple[tuple[int, ...], Floats]:
    """The best trainings in hindsight, of either kind of model."""
    found = [(windows, bill(one, set(windows))) for one in (matrix, own) for windows in (oracle(one),)]
    return min(found, key=lambda pair: float(pair[1].sum()))


def _random(matrix: Matrix, count: int, rng: np.random.Generator) -> tuple[tuple[int, ...], Floats]:
    """As many trainings at random times: what timing is worth, the number of trainings apart."""
    possible = [window for window in range(matrix.windows) if matrix.can(window)]
    size = min(count, len(possible))
    draws = [tuple(sorted(int(w) for w in rng.choice(possible, size, replace=False))) if size else () for _ in range(DRAWS)]
    return draws[0], np.mean([bill(matrix, set(draw)) for draw in draws], axis=0)


def _resampled(windows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of a moving-block bootstrap (Künsch 1989): runs of about the cube root of the windows, drawn with replacement."""
    length = max(round(windows ** (1 / 3)), 1)
    starts = rng.integers(0, windows - length + 1, size=(RESAMPLED, math.ceil(windows / length)))
    places = (starts[:, :, None] + np.arange(length)).reshape(RESAMPLED, -1)[:, :windows]
    return np.asarray(places, dtype=np.intp)


def _difference(apart: Floats, places: NDArray[np.intp]) -> tuple[float, float, float]:
    """A total difference with the interval that resampled windows give."""
    totals = apart[places].sum(axis=1)
    low, high = np.quantile(totals, [0.025, 0.975])
    return float(apart.sum()), float(low), float(high)


def recommend(tried: Mapping[str, Tried]) -> str:
    """What to do, said so that the plainest policy wins where nothing better was shown."""
    ours, never = tried[OURS], tried[NEVER]
    plain = min((tried[name] for name in PLAIN if name in tried), key=lambda one: (one.total, one.name != NEVER))
    if plain.name == NEVER and not (ours.total < never.total and never.surely):
        return "not retraining at all is not shown to be worse than anything else: leave the model as it is, and go on watching"
    if ours.total < plain.total and plain.surely:
        return f"{OURS} is cheaper than {plain.name}, the best plain schedule, by more than chance: use it"
    if ours.total > plain.total and plain.surely:
        return f"{plain.name} is cheaper than {OURS} by more than chance: retrain by it"
    return f"the difference between {OURS} and {plain.name}, the best plain schedule, is not more than chance: the schedule is simpler"
