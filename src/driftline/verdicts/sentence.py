"""The sentence that says why: what changed, from what to what, how sure, and what it would take to know."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.pair import decile_groups
from driftline.profile.bins import LARGEST, LevelBins, NumberBins
from driftline.schema import Role
from driftline.verdicts.report import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.profile.plan import Planned
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import Score

TEXTS_SHOWN = 3


def reason(
    cause: Cause,
    planned: Planned,
    score: Score | None,
    place: int,
    reference: Profile,
    current: Profile,
    since: str | None,
    rows_needed: int | None,
) -> str:
    """Say in one sentence why a column's verdict is what it is.

    Args:
        cause: why, in one of a few words.
        planned: the column and its bins.
        score: the score the verdict rests on.
        place: the bin a change is in, -1 where no bin is.
        reference: the reference's counts.
        current: the window's counts.
        since: label of the window in which a slow change began.
        rows_needed: rows per window that would settle an inconclusive verdict.
    """
    if cause in PLAIN:
        return PLAIN[cause].format(kind=planned.column.kind.value)
    if score is None:
        return f"{cause.value}, since {since}; this window has no values of it" if cause is Cause.SLOW_CHANGE else cause.value
    if cause is Cause.BEYOND_THRESHOLD:
        return f"{score.statistic} is {number(score.value)}, beyond the threshold set, {number(score.threshold or 0)}"
    if cause is Cause.NO_CHANGE:
        # Rows that are next to the same leave less than chance would.
        below = _upper(score) <= 0
        return "no change beyond chance" if below else f"no change that matters: PSI is surely below {number(_upper(score))}"
    if cause in {Cause.CHANGED, Cause.SLOW_CHANGE, Cause.BELOW_FLOOR}:
        if cause is Cause.SLOW_CHANGE:
            # The interval is this window's; a slow change was shown by many.
            score = replace(score, interval=None)
        what = SAYINGS[score.statistic](planned, score, place, reference, current)
        return FRAMES[cause].format(what=what, since=since)
    return _inconclusive(score, current.rows, reference.rows, rows_needed, cause)


PLAIN = {
    Cause.MISSING_COLUMN: "the column is not there",
    Cause.EMPTY_WINDOW: "the window has no rows",
    Cause.NOT_COUNTED: "values of kind {kind} are only checked for presence",
    Cause.NO_REFERENCE_VALUES: "the reference has no values to compare with",
}
"""Causes that need no figures."""

FRAMES = {
    Cause.CHANGED: "{what}",
    Cause.SLOW_CHANGE: "{what}, slowly, since {since}",
    Cause.BELOW_FLOOR: "changed by less than matters: {what}",
}
"""What is said around a change."""


def number(value: float) -> str:
    """Write a number as a person reads it: three digits that count.

    >>> number(0.123456), number(1234567.0), number(0.0), number(12.0)
    ('0.123', '1,234,567', '0', '12')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) >= 999.5:  # noqa: PLR2004  large numbers read better with separators
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(share: float) -> str:
    """Write a share.

    >>> percent(0.0), percent(0.3), percent(0.0004), percent(1.0)
    ('0%', '30%', '0.04%', '100%')
    """
    return f"{number(share * 100)}%" if share >= 1e-6 else "0%"  # noqa: PLR2004  below one in a million: none


def _upper(score: Score) -> float:
    return score.interval[1] if score.interval else math.nan


def _inconclusive(score: Score, rows: int, reference_rows: int, needed: int | None, cause: Cause) -> str:
    if cause is Cause.REFERENCE_TOO_SMALL:
        return f"a reference of {reference_rows:,} rows is too small to tell change from noise"
    least = f", which show a PSI of {number(score.detectable)} at the least" if score.detectable and math.isfinite(score.detectable) else ""
    settle = f"; about {needed:,} rows in a window would settle it" if needed else "; more rows in the reference would settle it"
    return f"cannot tell from {rows:,} rows{least}{settle}"


def _sure(score: Score, write: Callable[[float], str]) -> str:
    if score.interval is None:
        return ""
    low, high = score.interval
    return f" ({write(low)} to {write(high)})"


def _shift(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del place
    effect = score.effect or 0.0
    way = "up" if effect > 0 else "down"
    was, now = (_median(planned, profile) for profile in (reference, current))
    middle = "median"
    if was == now:
        # Where most rows share one value the median stays: the mean tells.
        index = reference.plan.index(planned.name)
        was, now = (float(profile.means()[index, 0]) for profile in (reference, current))
        middle = "mean"
        if (now - was) * effect < 0:
            # A few wild values have the mean's say, not the rows'.
            return f"moved {way} by {number(abs(effect))} sd{_sure(score, number)}{_most_changed(planned, reference, current)}"
    return f"moved {way} by {number(abs(effect))} sd{_sure(score, number)}, {middle} {number(was)} to {number(now)}"


def _median(planned: Planned, profile: Profile) -> float:
    """The bin edge below which half of the values lie: unlike the mean, no single value moves it.

    Beyond the reference's values bins have no edge that says anything: there sampled values tell, and the extremes where none is.
    """
    bins = planned.bins
    if not isinstance(bins, NumberBins):
        return math.nan
    index = profile.plan.index(planned.name)
    counts = profile.bins(index)
    upto = np.cumsum(counts)
    place = int(np.searchsorted(upto, upto[-1] / 2))
    low, high = (float(bins.array[min(max(at, 0), len(bins.edges) - 1)]) for at in (place - 1, place))
    if low > -LARGEST and math.isfinite(high):
        return low
    values = profile.sample.values[:, index]
    beyond = values[(values >= low) & (values < high) & np.isfinite(values)]
    if not beyond.size:
        # Extremes are of finite values: where there is none, all are infinite.
        end = float(profile.extremes[index, int(low > -LARGEST)])
        return end if math.isfinite(end) else math.copysign(math.inf, low)
    return float(np.quantile(beyond, 1 - (upto[place] - upto[-1] / 2) / counts[place], method="inverted_cdf"))


def _spread(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del planned, place, reference, current
    effect = score.effect or 0.0
    way = "wider" if effect > 0 else "narrower"
    return f"became {percent(abs(math.expm1(effect)))} {way}"


def _psi(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del place
    most = _most_changed(planned, reference, current)
    return f"its distribution changed{most}: PSI {number(score.value)}, {number(score.effect or 0.0)} more than noise{_sure(score, number)}"


def _most_changed(planned: Planned, reference: Profile, current: Profile) -> str:
    """The conventional bin or the level whose share changed most, with both shares; nothing where either has no values."""
    index = reference.plan.index(planned.name)
    was, now = (profile.bins(index).astype(np.float64) for profile in (reference, current))
    if not was.sum() or not now.sum():
        return ""
    least, greatest = (float(end) for end in current.extremes[index])
    if least == greatest:
        return f", every value is {number(least)}"
    bins = planned.bins
    groups = decile_groups(was[None])[0] if isinstance(bins, NumberBins) else np.arange(was.size)
    was, now = (np.bincount(groups, counts) / counts.sum() for counts in (was, now))
    most = int(np.abs(now - was).argmax())
    if isinstance(bins, NumberBins):
        inside = np.flatnonzero(groups == most)
        low, high = (float(bins.array[at]) if 0 <= at < len(bins.edges) else math.inf for at in (inside[0] - 1, inside[-1]))
        name = _range(low if abs(low) < LARGEST else -math.inf, high if abs(high) < LARGEST else math.inf)
    else:
        levels = bins.levels if isinstance(bins, LevelBins) else ()
        name = repr(levels[most]) if most < len(levels) else "other levels"
    return f", most of all {name} ({percent(was[most])} to {percent(now[most])} of rows)"


def _range(low: float, high: float) -> str:
    """Values between two edges."""
    if high == math.nextafter(low, math.inf):
        return f"values equal to {number(low)}"
    if math.isinf(low):
        return f"values below {number(high)}"
    return f"values of {number(low)} and more" if math.isinf(high) else f"values from {number(low)} to {number(high)}"


def _level(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del reference, current
    levels = planned.bins.levels if isinstance(planned.bins, LevelBins) else ()
    name = repr(levels[place]) if 0 <= place < len(levels) else "other levels"
    return f"{name} went from {_was(score)} to {percent(score.value)} of rows"


def _atom(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    index = reference.plan.index(planned.name)
    low, high = (float(x) for x in current.extremes[index])
    if low == high:
        return f"stuck: every value is {number(low)}"
    return f"{_interval(planned, place)} went from {_was(score)} to {percent(score.value)} of rows"


def _tail(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    index = reference.plan.index(planned.name)
    # The outermost bins hold the infinities, and nothing else.
    endless, before = (int(profile.bins(index)[-1 if place else 0]) for profile in (current, reference))
    if endless * 2 > score.value * current.rows:
        name = "infinite values" if place else "minus infinite values"
        return f"{name} went from {percent(before / max(reference.rows, 1))} to {percent(endless / current.rows)} of rows"
    least, greatest = (float(x) for x in reference.extremes[index])
    side = (
        f"high values (the reference's greatest is {number(greatest)})"
        if place
        else f"low values (the reference's least is {number(least)})"
    )
    return f"{side} went from {_was(score)} to {percent(score.value)} of rows"


def _dependence(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del current
    now, was = score.value, score.value - (score.effect or 0.0)
    if abs(now) < abs(was):
        way = "no longer moves with" if abs(now) < max(TOGETHER, abs(was) / 4) else "moves less with"
    elif abs(was) >= TOGETHER and now * was > 0:
        way = "moves more with"
    else:
        way = "now moves with" if now > 0 else "now moves against"
    subject = f"its level {planned.bins.levels[0]!r} " if isinstance(planned.bins, LevelBins) and planned.bins.levels else ""
    other = reference.plan.columns[place]
    level = f" = {other.bins.levels[0]!r}" if isinstance(other.bins, LevelBins) and other.bins.levels else ""
    return f"{subject}{way} {other.name}{level}: correlation {number(was)} to {number(now)}"


TOGETHER = 0.2
"""Columns with a smaller correlation than that are not said to move together."""


def _unseen(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del place
    found = current.unseen[reference.plan.index(planned.name)]
    often = sorted(found, key=lambda value: (-found[value], value))[:TEXTS_SHOWN]
    named = f": {', '.join(f'{value!r} ({found[value]:,})' for value in often)}" if often else ""
    return f"{percent(score.value)} of rows have levels the reference never had{named}"


def _odd(what: str) -> Callable[[Planned, Score, int, Profile, Profile], str]:
    def say(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
        del planned, place, reference, current
        return f"{what} went from {_was(score)} to {percent(score.value)} of rows"

    return say


def _was(score: Score) -> str:
    return percent(max(score.value - (score.effect or 0.0), 0.0))


def _interval(planned: Planned, place: int) -> str:
    bins = planned.bins
    if not isinstance(bins, NumberBins) or not 0 < place < len(bins.edges):
        return "values at the edge"
    return _range(bins.edges[place - 1], bins.edges[place])


def _duplicate(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del place, reference, current
    what = "an id that another row has" if planned.column.role is Role.ID else "the content of another row"
    return f"rows with {what} went from {_was(score)} to {percent(score.value)}"


def _volume(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del planned, place, reference
    usual = score.value / math.exp(score.effect or 0.0)
    return f"{current.rows:,} rows where about {usual:,.0f} are usual"


def _silence(planned: Planned, score: Score, place: int, reference: Profile, current: Profile) -> str:
    del planned, place, reference, current
    return f"no rows in the last {percent(score.value)} of the window"


SAYINGS: dict[str, Callable[[Planned, Score, int, Profile, Profile], str]] = {
    "shift": _shift,
    "spread": _spread,
    "psi": _psi,
    "level": _level,
    "atom": _atom,
    "tail": _tail,
    "dependence": _dependence,
    "unseen": _unseen,
    "null": _odd("nulls"),
    "nan": _odd("values that are not a number"),
    "wrong_type": _odd("values of the wrong type"),
    "absent": _odd("rows without the column"),
    "duplicate": _duplicate,
    "volume": _volume,
    "silence": _silence,
}
