"""Stretches of a window in which there are no rows though there usually are: an hour, or a file, that was not delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.case import SURELY
from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.wording import rows
from driftline.inference.variation import FEWEST_BLOCKS
from driftline.schema import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.profile.profile import Profile

    Floats = NDArray[np.float64]

HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0

FEWEST = 50
"""With fewer sampled rows nothing is said of a window."""

WIDER = 1.5
"""A stretch must usually hold so many times the rows of the widest empty one of nearly every window before."""

NEARLY_EVERY = 0.9
"""Of the windows before that must have none as wide: one day of the week is 14% of them."""

LIKE = 2.0
"""Windows are held against each other where neither is so many times longer than the other."""


@dataclass(frozen=True, slots=True)
class Hole:
    """The stretch without rows that usually holds most of them.

    Attributes:
        start, end: from when to when, in seconds since 1970.
        share: the share of such a window's rows that usually lies there.
        p_value: how often chance leaves as much empty, wherever in the window.
    """

    start: float
    end: float
    share: float
    p_value: float


def missing_stretch(case: Case) -> Iterator[Fault]:
    """No rows for a while, with rows before and after it: the largest spacing of the sampled times, in units of the usual course.

    Of independent times none of n spacings is wider than s more often than n (1 - s)^n (Fisher 1929's bound); the windows
    before say what streams do in which rows are not independent.
    """
    for place in case.changed:
        column = case.plan.columns[place].column
        if column.role is Role.TIMESTAMP and (found := unusual(case.now, case.blocks, place)) is not None:
            first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}" for at in (found.start, found.end))
            yield Fault(
                signature="missing_partition",
                columns=(column.name,),
                window=case.window,
                share=found.share,
                interval=(found.share, found.share),
                evidence={"from": found.start, "to": found.end, "share": found.share, "explained": 1.0},
                p_value=found.p_value,
                confidence=1.0,
                cause=f"no rows from {first} to {last[-5:] if first[:10] == last[:10] else last} (UTC), where {rows(found.share)}"
                " usually lie: a part of the data was not delivered",
                remedy="find the hour, file or partition that was not delivered, and load it",
            )


def unusual(now: Profile, known: Sequence[Profile], place: int) -> Hole | None:
    """The widest empty stretch of a window, if the windows before have none like it."""
    span = _span(now, place)
    period = DAY if 0 < span <= DAY + HOUR else WEEK if 0 < span <= WEEK + HOUR else None
    alike = [block for block in known if block.rows and span / LIKE <= _span(block, place) <= span * LIKE]
    if period is None or len(alike) < FEWEST_BLOCKS:
        return None
    times = _times(alike, place)
    found = _widest(_times([now], place), times, period)
    if found is None or found.p_value > SURELY or _usual_of_its_weekday(found, now, alike, place) > SURELY:
        return None
    usual = [one.share for block in alike if (one := _widest(_times([block], place), times, period)) is not None]
    narrower = [found.share >= WIDER * share for share in usual]
    return found if len(usual) >= FEWEST_BLOCKS and float(np.mean(narrower)) >= NEARLY_EVERY else None


def _usual_of_its_weekday(found: Hole, now: Profile, alike: Sequence[Profile], place: int) -> float:
    """How often chance leaves the stretch empty by what windows of the same weekday hold there; 0 where there are none."""
    same = [block for block in alike if _weekday(block, place) == _weekday(now, place)]
    if not same:
        return 0.0
    times, phases = _times([now], place), (_times(same, place) - found.start) % DAY
    inside = float(((phases > 0) & (phases < found.end - found.start)).sum())
    return min(two_shares(0.0, float(times.size), inside, float(phases.size))[0] * times.size, 1.0)


def _weekday(profile: Profile, place: int) -> int:
    return int(profile.extremes[place].mean() // DAY) % 7


def _span(profile: Profile, place: int) -> float:
    oldest, newest = profile.extremes[place]
    return float(newest - oldest)


def _times(profiles: Sequence[Profile], place: int) -> Floats:
    """Sampled instants."""
    found = np.concatenate([profile.sample.values[:, place] for profile in profiles])
    return np.asarray(found[np.isfinite(found)])


def _widest(times: Floats, known: Floats, period: float) -> Hole | None:
    """The spacing between two sampled rows in which most of the known ones lie, at the same time of day or week."""
    if times.size < FEWEST:
        return None
    times = np.sort(times)
    phases = (known - times[0]) % period
    phases = np.sort(phases[phases <= times[-1] - times[0]])
    if phases.size < FEWEST:
        return None
    # What lies at the very moment of a row lies in no stretch beside it.
    after = np.searchsorted(phases, times[:-1] - times[0], side="right")
    before = np.searchsorted(phases, times[1:] - times[0], side="left")
    inside = np.maximum(before - after, 0)
    at = int(np.argmax(inside))
    p_value, _ = two_shares(0.0, float(times.size), float(inside[at]), float(phases.size))
    return Hole(float(times[at]), float(times[at + 1]), float(inside[at] / phases.size), min(p_value * times.size, 1.0))
