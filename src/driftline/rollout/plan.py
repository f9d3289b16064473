"""The plan of a rollout: its steps, what must not become worse, the hard limits, and one budget of error for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from driftline.errors import ConfigError
from driftline.inference.significance import POWER_Z, normal_quantile

MISMATCH = 0.0005
"""A split is called broken below this (Fabijan et al. 2019); each step with a split spends it once."""


class Mode(StrEnum):
    """Who answers in a step, and who is only asked."""

    SHADOW = "shadow"
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Aim:
    """A metric in which the challenger must not be worse.

    Attributes:
        metric: its name.
        margin: the harm that matters, in the metric's own units, above 0.
        weight: its part of the error budget, relative to the other aims.
    """

    metric: str
    margin: float
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.margin > 0 or not self.weight > 0:
            raise ConfigError(
                f"{self.metric} with margin {self.margin} and weight {self.weight} cannot be watched",
                hint="both must be above 0: no traffic shows that a model is not worse at all",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the ramp.

    Attributes:
        name: as people say it.
        weight: the challenger's part of the answers; 0 in a shadow.
        mode: shadow or canary.
        duration: it is decided after so long; for an open-ended step, from so long on.
        samples: requests that the challenger must have been asked.
        slack: margins are multiplied by this: early steps, which see little, may only be asked for larger harms.
        open_ended: watched by wealth for as long as it takes, not by bounds for a fixed time.
    """

    name: str
    weight: float
    duration: timedelta
    mode: Mode = Mode.CANARY
    samples: int = 1000
    slack: float = 1.0
    open_ended: bool = False

    def __post_init__(self) -> None:
        fits = self.weight == 0 if self.mode is Mode.SHADOW else 0 < self.weight < 1
        if not fits:
            raise ConfigError(
                f"step {self.name!r} is a {self.mode} with weight {self.weight}", hint="a shadow has weight 0, a canary one between 0 and 1"
            )
        if self.duration <= timedelta(0) or self.samples < 1 or not self.slack >= 1:
            raise ConfigError(
                f"step {self.name!r} has duration {self.duration}, {self.samples} samples, slack {self.slack}",
                hint="a step takes time and samples, and its slack is 1 or more",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Hard limits, as shares of the challenger's requests; beyond one of them, and worse than the champion, it goes at once."""

    errors: float = 0.01
    nulls: float = 0.001
    slow: float = 0.05

    def __post_init__(self) -> None:
        if not all(0 <= one < 1 for one in (self.errors, self.nulls, self.slow)):
            raise ConfigError(
                f"the limits {self.errors}, {self.nulls} and {self.slow} are not all shares", hint="use 0.01 for one in a hundred"
            )


@dataclass(frozen=True, slots=True)
class Clock:
    """What is watched by one way of spending error: aims seen on paired or on split traffic, by bounds or by wealth."""

    mode: Mode
    open_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a challenger is released.

    Attributes:
        steps: one after the other; after the last it is promoted.
        aims: what must not become worse, the primary metric first.
        limits: the hard limits.
        budget: chance that a challenger that is no worse is rolled back, over the whole rollout; a little below the 5% that are promised,
            for early looks are not quite normal.
        guard_share: part of the budget that the hard limits have.
        proof: chance that one that is worse by the margin passes a step, however often that is extended.
        extensions: how often a step that is not settled is made longer by its duration before it waits for a person.
        watch: for so long after promotion the hard limits still take it back.
        closest: a look is taken when information has grown by this part of what the margin needs, and beyond that of what there is.
    """

    steps: tuple[Step, ...]
    aims: tuple[Aim, ...]
    limits: Limits = Limits()
    budget: float = 0.045
    guard_share: float = 0.2
    proof: float = 0.05
    extensions: int = 2
    watch: timedelta = timedelta(hours=24)
    closest: float = 0.04

    def __post_init__(self) -> None:
        if not self.steps or not self.aims:
            raise ConfigError(
                f"a plan with {len(self.steps)} steps and {len(self.aims)} aims proves nothing", hint="give at least one of each"
            )
        weights = [step.weight for step in self.steps]
        if weights != sorted(weights):
            raise ConfigError(f"weights {weights} fall", hint="give the challenger more with each step, never less")
        if not 0 < self.proof < 0.5 or not 0 < self.budget < 0.5 or not 0 < self.guard_share < 1 or self.of_aims <= 0:  # noqa: PLR2004  halves
            raise ConfigError(
                f"a budget of {self.budget}, {self.guard_share:.0%} of it for limits, and a proof of {self.proof} show nothing",
                hint="0.05, 20% and 0.05 are usual",
            )
        if self.extensions < 0 or not 0 < self.closest <= 1:
            raise ConfigError(f"{self.extensions} extensions, looks {self.closest} apart", hint="0 or more extensions, looks 0.04 apart")

    @classmethod
    def ramp(cls, aims: tuple[Aim, ...], hour: timedelta = timedelta(hours=1)) -> Self:
        """Shadow, then 5%, 25%, 50%, then promoted; each step lasts `hour`."""
        return cls(
            steps=(
                Step(name="shadow", weight=0.0, duration=hour, mode=Mode.SHADOW),
                Step(name="canary 5%", weight=0.05, duration=hour, slack=3.0),
                Step(name="canary 25%", weight=0.25, duration=hour, slack=1.5),
                Step(name="canary 50%", weight=0.5, duration=hour),
            ),
            aims=aims,
        )

    @classmethod
    def blue_green(cls, aims: tuple[Aim, ...], preview: timedelta = timedelta(hours=1)) -> Self:
        """The challenger is asked about everything and answers nothing, then answers everything, and is watched."""
        return cls(steps=(Step(name="preview", weight=0.0, duration=preview, mode=Mode.SHADOW),), aims=aims)

    @property
    def of_aims(self) -> float:
        """What of the budget is left for the aims after the limits and the splits."""
        return self.budget * (1 - self.guard_share) - MISMATCH * sum(step.mode is Mode.CANARY for step in self.steps)

    def clock(self, place: int) -> Clock:
        """By which clock a step is watched."""
        return Clock(self.steps[place].mode, self.steps[place].open_ended)

    def harm_level(self, aim: Aim) -> float:
        """What one aim may spend on one clock."""
        clocks = len({self.clock(place) for place in range(len(self.steps))})
        return self.of_aims / clocks * aim.weight / sum(one.weight for one in self.aims)

    def information(self, aim: Aim) -> float:
        """Information, 1 / variance of the gain, that shows an equal challenger to be within the margin four times in five."""
        return ((float(normal_quantile(self.proof / 2)) + POWER_Z) / aim.margin) ** 2
