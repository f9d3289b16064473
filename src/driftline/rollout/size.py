"""Before a canary starts: the smallest harm that it could see, and how long it takes to see the harm that matters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from driftline.errors import ConfigError
from driftline.inference.significance import normal_quantile
from driftline.rollout.bounds import bounds, drift_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What is known before the start of what will come.

    Attributes:
        per_hour: rows an hour that the metric is about, for both models together: for recall, the positive ones.
        variance: of one row; for a share p it is p (1 − p). With `paired`, of one row's difference.
        paired: whether both models answer every row (a shadow) or share them out (a canary).
    """

    per_hour: float
    variance: float
    paired: bool = False

    def __post_init__(self) -> None:
        if not self.per_hour > 0 or not self.variance > 0:
            raise ConfigError(
                f"{self.per_hour} rows an hour with a variance of {self.variance} tell nothing",
                hint="both must be above 0; look at the last weeks",
            )


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a canary can see.

    Attributes:
        harm: the smallest harm seen with the wanted power in the time given; the metric's own units.
        rows: rows of both models that the harm that matters needs.
        wait: how long they take to come.
        sentence: the same in words.
    """

    harm: float
    rows: int
    wait: timedelta
    sentence: str


def foresee(
    traffic: Traffic, weight: float, duration: timedelta, matters: float, level: float = 0.05, power: float = 0.8, looks: int = 1
) -> Foresight:
    """Say what a step can see, and how long it must last to see the harm that matters.

    Args:
        traffic: what will come.
        weight: the challenger's part of the rows; not asked where paired.
        duration: of the step.
        matters: the harm that has to be seen.
        level: one-sided error.
        power: how surely it has to be seen.
        looks: how often it is looked at, evenly, by O'Brien-Fleming's spending.
    """
    hours = duration / timedelta(hours=1)
    harm = smallest_harm(traffic.per_hour * hours, traffic, weight, level, power, looks)
    rows = rows_needed(matters, traffic, weight, level, power, looks)
    wait = timedelta(hours=rows / traffic.per_hour)
    blind = (
        f"it cannot see less than {harm:.3g} in {_told(duration)}" if harm > matters else f"it sees {harm:.3g} or more in {_told(duration)}"
    )
    sentence = f"{blind}; a harm of {matters:.3g} takes {_told(wait)}, {rows} rows, to be seen with a chance of {power:.0%}"
    return Foresight(harm, rows, wait, sentence)


def rows_needed(harm: float, traffic: Traffic, weight: float, level: float = 0.05, power: float = 0.8, looks: int = 1) -> int:
    """Rows of both models together until a harm is seen: drift² × variance of one row's worth of evidence / harm².

    >>> rows_needed(0.01, Traffic(per_hour=1, variance=0.05 * 0.95), 0.05)
    61826
    """
    if not harm > 0:
        raise ConfigError(f"a harm of {harm} cannot be seen", hint="say from how much on it matters; above 0")
    return math.ceil(drift(level, power, looks) ** 2 * _per_row(traffic, weight) / harm**2)


def smallest_harm(rows: float, traffic: Traffic, weight: float, level: float = 0.05, power: float = 0.8, looks: int = 1) -> float:
    """The harm that so many rows show with the wanted power."""
    return drift(level, power, looks) * math.sqrt(_per_row(traffic, weight) / rows) if rows > 0 else math.inf


def drift(level: float, power: float, looks: int = 1) -> float:
    """Standard errors by which a harm has to differ from 0: z(α) + z(β), or what it takes with more looks."""
    if looks == 1:
        return float(normal_quantile(level) + normal_quantile(1 - power))
    fractions = tuple((k + 1) / looks for k in range(looks))
    return drift_for(fractions, bounds(fractions, level), power)


def _per_row(traffic: Traffic, weight: float) -> float:
    """Variance of the estimated gain times all rows: v / q + v / (1 − q) where rows are shared out."""
    if traffic.paired:
        return traffic.variance
    if not 0 < weight < 1:
        raise ConfigError(f"with a weight of {weight} one of the models gets no rows", hint="give the challenger a part between 0 and 1")
    return traffic.variance / (weight * (1 - weight))


def _told(time: timedelta) -> str:
    minutes = time.total_seconds() / 60
    if minutes < 120:  # noqa: PLR2004  two hours
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 2880 else f"{minutes / 1440:.1f} days"  # noqa: PLR2004  two days
