"""What a step has shown: requests and their failures, and for each metric an estimate of the gain that adds over steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.errors import DataError
from driftline.inference.significance import normal_quantile
from driftline.rollout import wealth
from driftline.rollout.bounds import bounds, endless

if TYPE_CHECKING:
    from driftline.rollout.paired import Gain


@dataclass(frozen=True, slots=True)
class Evidence:
    """An estimated gain, positive where the challenger is better.

    Attributes:
        pull: gain × information, which adds.
        information: 1 / variance of the gain; 0 where nothing is known.
        rows: rows behind it.
    """

    pull: float = 0.0
    information: float = 0.0
    rows: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.pull) and 0 <= self.information < math.inf):
            raise DataError(f"a gain with information {self.information} is no evidence", hint="leave out what is not known: Evidence()")

    def __add__(self, other: Evidence) -> Evidence:
        """Both together, each as heavy as it is sure."""
        return Evidence(self.pull + other.pull, self.information + other.information, self.rows + other.rows)

    @property
    def gain(self) -> float:
        """The estimate; 0 where nothing is known."""
        return self.pull / self.information if self.information else 0.0

    def z(self, margin: float = 0.0) -> float:
        """Standard errors by which the gain is above −margin."""
        return (self.gain + margin) * math.sqrt(self.information)


def of_shares(champion: tuple[int, int], challenger: tuple[int, int], *, better: bool = True) -> Evidence:
    """Evidence from a share on split traffic.

    The variance is that of equal shares, each with half a hit and half a miss more. That keeps early looks honest.

    Args:
        champion: hits and rows.
        challenger: likewise.
        better: whether a higher share is better.

    >>> found = of_shares((800, 1000), (780, 1000))
    >>> round(found.gain, 3), round(found.z(), 2)
    (-0.02, -1.1)
    """
    if min(champion[1], challenger[1]) < 1:
        return Evidence()
    share = (champion[0] + challenger[0] + 1) / (champion[1] + challenger[1] + 2)
    gain = (challenger[0] / challenger[1] - champion[0] / champion[1]) * (1 if better else -1)
    information = 1 / (share * (1 - share) * (1 / champion[1] + 1 / challenger[1]))
    return Evidence(gain * information, information, champion[1] + challenger[1])


def of_means(champion: tuple[float, float, int], challenger: tuple[float, float, int], *, better: bool = False) -> Evidence:
    """Evidence from a mean on split traffic: each model's mean, variance of one row and rows; by default losses."""
    if min(champion[2], challenger[2]) < 2:  # noqa: PLR2004  one row has no variance
        return Evidence()
    variance = champion[1] / champion[2] + challenger[1] / challenger[2]
    if variance <= 0:
        return Evidence()
    gain = (challenger[0] - champion[0]) * (1 if better else -1)
    return Evidence(gain / variance, 1 / variance, champion[2] + challenger[2])


def of_gain(gain: Gain) -> Evidence:
    """Evidence from a paired comparison of the same rows, as a shadow gives it."""
    return Evidence(gain.value / gain.error**2, gain.error**-2, gain.rows) if gain.known and gain.error > 0 else Evidence()


@dataclass(frozen=True, slots=True)
class Arm:
    """What one model did in a step, counted since the step began.

    Attributes:
        requests: it was asked.
        errors: it failed or answered nothing usable.
        nulls: it answered without a value.
        slow: it answered beyond the latency limit.
        entities: different entities that were given to it, if the split is by entity; else requests.
    """

    requests: int = 0
    errors: int = 0
    nulls: int = 0
    slow: int = 0
    entities: int | None = None

    def __post_init__(self) -> None:
        if min(self.requests, self.errors, self.nulls, self.slow) < 0 or max(self.errors, self.nulls, self.slow) > self.requests:
            raise DataError(
                f"of {self.requests} requests {self.errors} failed, {self.nulls} were null, {self.slow} slow", hint="count requests once"
            )

    def __add__(self, other: Arm) -> Arm:
        """Both together; entities are asked step by step only."""
        return Arm(self.requests + other.requests, self.errors + other.errors, self.nulls + other.nulls, self.slow + other.slow)

    @property
    def dealt(self) -> int:
        """What the split was made of."""
        return self.requests if self.entities is None else self.entities


@dataclass(frozen=True, slots=True)
class Tally:
    """Both arms in one step, and the part of the rows that the challenger was asked: a half where both were asked all."""

    champion: Arm = Arm()
    challenger: Arm = Arm()
    weight: float = 0.5


def broken_limit(tallies: tuple[Tally, ...], field: str, limit: float, level: float) -> bool:
    """Whether a hard limit is broken, with wealth 1 / level: the share is above it, and above the champion's.

    An outage that both models suffer breaks the limit and is not the challenger's fault.
    """
    hits = [(float(getattr(t.challenger, field)), float(getattr(t.champion, field)), t.weight) for t in tallies]
    asked = sum(t.challenger.requests for t in tallies)
    absolute = wealth.beyond_limit(sum(mine for mine, _, _ in hits), asked, limit)
    if all(t.champion.requests == 0 for t in tallies):
        return absolute >= -math.log(level)
    return min(absolute, wealth.more_often([hit for hit in hits if 0 < hit[2] < 1])) >= -math.log(level)


def mismatched(tally: Tally, level: float) -> bool:
    """Whether the split is not what it should be."""
    return wealth.split_mismatch(tally.challenger.dealt, tally.champion.dealt, tally.weight) >= -math.log(level)


def harm_by_bounds(seen: Evidence, looks: tuple[float, ...], level: float) -> bool:
    """Whether harm is beyond the bound of the last of these looks."""
    return bool(looks) and -seen.z() >= bounds(looks, level, endless)[-1]


def harm_by_wealth(seen: Evidence, margin: float, level: float) -> bool:
    """Whether the bet on harm has made 1 / level."""
    return wealth.mixture(-seen.gain, seen.information, margin) >= -math.log(level)


def safe_by_wealth(seen: Evidence, margin: float, level: float) -> bool:
    """Whether the bet on "no worse than by the margin" has made 1 / level."""
    return wealth.mixture(seen.gain + margin, seen.information, margin) >= -math.log(level)


def safe_at_end(seen: Evidence, margin: float, level: float, asked_before: int) -> bool:
    """Whether a step that is over has shown no more harm than the margin: the k-th time it is asked at level / 2^k."""
    return seen.information > 0 and seen.z(margin) >= float(normal_quantile(level / 2 ** (asked_before + 1)))
