"""How soon known shifts are found, and how often they are missed: what trials on a user's own past come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.significance import normal_quantile, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

SURE = 0.95
"""Of the intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One shift that was put into the past from a window on.

    Attributes:
        name: what was done.
        column: to which column.
        share: of the rows, in every window since.
        since: label of the first window with it.
        delay: so many windows after that one it was found; 0 in that one itself, None where it was not found.
        named: whether the diagnosis of that window called it by its name; None where it was not found, or has no name.
    """

    name: str
    column: str
    share: float
    since: str
    delay: int | None
    named: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What trials of one shift came to.

    Attributes:
        name: what was done.
        share: of the rows.
        tries: how often.
        at_once: share of tries that were found in the first window with it.
        delay: by which window half of the tries were found, counted from 0; None where it was less than half.
        missed: share of tries that were never found.
        interval: its 95% interval.
        named: share of the tries found that were called by their name; None where it has none, or nothing was found.
    """

    name: str
    share: float
    tries: int
    at_once: float
    delay: int | None
    missed: float
    interval: tuple[float, float]
    named: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What became of all shifts that were put into a past.

    Attributes:
        monitor: the monitor's name.
        trials: one by one.
        found: by shift and share, in the order in which they were tried.
        horizon: a shift was looked for in so many windows from its first one on.
        windows: how many windows the past has.
        alarms: how many of them drifted as they were, nothing being put in.
        notes: what could not be tried, in sentences.
    """

    monitor: str
    trials: tuple[Trial, ...]
    found: tuple[Found, ...]
    horizon: int
    windows: int
    alarms: int
    notes: tuple[str, ...] = ()

    @property
    def missed(self) -> float:
        """Share of all tries that were never found."""
        return sum(one.delay is None for one in self.trials) / max(len(self.trials), 1)


def summed(trials: Sequence[Trial]) -> tuple[Found, ...]:
    """Sum trials up by shift and share.

    >>> [one.delay for one in summed([Trial(name="x", column="a", share=1.0, since="1", delay=delay) for delay in (0, 2, None)])]
    [2]
    """
    groups: dict[tuple[str, float], list[Trial]] = {}
    for one in trials:
        groups.setdefault((one.name, one.share), []).append(one)
    return tuple(_found(name, share, group) for (name, share), group in groups.items())


def _found(name: str, share: float, group: Sequence[Trial]) -> Found:
    late = sorted(float("inf") if one.delay is None else one.delay for one in group)
    half, named = late[(len(late) - 1) // 2], [one.named for one in group if one.named is not None]
    missed, tries = sum(one.delay is None for one in group), len(group)
    low, high = wilson(np.array(float(missed)), np.array(float(tries)), normal_quantile((1 - SURE) / 2))
    return Found(
        name=name,
        share=share,
        tries=tries,
        at_once=sum(one.delay == 0 for one in group) / tries,
        delay=None if half == float("inf") else int(half),
        missed=missed / tries,
        interval=(float(low), float(high)),
        named=sum(named) / len(named) if named else None,
    )
