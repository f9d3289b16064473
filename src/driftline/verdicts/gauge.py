"""Judging a number that has an error: is it worse than in the reference by as much as matters, and since when."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import special

from driftline.inference.significance import POWER_Z, normal_quantile
from driftline.inference.variation import FEWEST_BLOCKS
from driftline.verdicts.report import Cause, MetricReport, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SPANS = (1, 2, 4, 8)
"""A window is judged by itself and together with those before it, so that small lasting losses show too."""

Z95 = 1.959964
"""Readings carry intervals of 95%."""

WILDEST = 5.0
"""One odd window of the reference counts as at most so many standard errors away."""

FEW_UNREAD = 0.01
"""Rows that cannot be read are spoken of where they are more than so large a part of those with labels."""

MOST_UNREAD = 0.5
"""Where more than so large a part of the rows with labels cannot be read, the rest say nothing of the model."""

LEAST = 1e-9
"""Standard errors are at least this, so that a number that never varied is compared as a number."""


class Reading(Protocol):
    """A number with its standard error and 95% interval; `why` says why there is none, and is empty where there is one."""

    @property
    def value(self) -> float:
        """The number."""
        ...

    @property
    def error(self) -> float:
        """Its standard error."""
        ...

    @property
    def low(self) -> float:
        """Where its interval begins."""
        ...

    @property
    def high(self) -> float:
        """Where its interval ends."""
        ...

    @property
    def rows(self) -> int:
        """The rows it rests on."""
        ...

    @property
    def why(self) -> str:
        """Why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that can be read from counts of any stretch of windows.

    Attributes:
        name: what it is called in settings and reports.
        title: what people call it.
        better: "higher", "lower", or "either" for a number that should stay as it is.
        read: from counts to the number.
        joined: adds the counts of several windows.
        known: how many rows say something of it.
        missing: what is said where none does.
        of: what its reading counts as rows.
        share: it lies between 0 and 1 and varies as a share does, more in the middle than at the ends.
        unread: how many of the known rows could not be read, and are left out of the number.
    """

    name: str
    title: str
    better: str
    read: Callable[[Any], Reading]
    joined: Callable[[Sequence[Any]], Any]
    known: Callable[[Any], int]
    missing: str = "no row has a label yet"
    share: bool = False
    of: str = "rows"
    unread: Callable[[Any], int] = lambda _: 0


@dataclass(frozen=True, slots=True)
class Standard:
    """What the reference says of one number.

    Attributes:
        value: the number over the whole reference.
        spread: how much more than by chance the reference's own windows vary: a factor of the standard error, at least 1.
        floor: the smallest worsening that matters.
        decides: the window's verdict rests on it.
    """

    gauge: Gauge
    value: Reading
    spread: float
    floor: float
    decides: bool


def facing(reading: Reading, other: float) -> float:
    """The standard error on the side on which another number lies; intervals near the end of a scale are lopsided."""
    end = reading.high if other > reading.value else reading.low
    return max(abs(end - reading.value) / Z95, LEAST)


def chance(reading: Reading, usual: Reading) -> float:
    """The standard error of a window's reading, were the model as it was.

    It is no smaller than the reference's own, scaled to the window's rows: a window without a single hard case among few
    knows nothing of how hard they are.
    """
    scaled = usual.error * math.sqrt(usual.rows / reading.rows) if reading.rows else math.inf
    return max(facing(reading, usual.value), scaled)


def spread(blocks: Sequence[Reading], total: Reading) -> float:
    """How much more the reference's windows vary than by chance.

    The upper 90% bound of the variance ratio: with few windows little is known of it, and more is granted.
    """
    known = [one for one in blocks if not one.why and one.error > 0]
    if len(known) < FEWEST_BLOCKS or total.why:
        return 1.0
    deviations = np.array([abs(one.value - total.value) / chance(one, total) for one in known])
    ratio = float((np.minimum(deviations, WILDEST) ** 2).sum())
    return math.sqrt(max(1.0, ratio / float(special.chdtri(len(known) - 1, 0.9))))


def judge_windows(
    standards: Sequence[Standard],
    windows: Sequence[Any],
    labels: Sequence[str],
    rows: Sequence[int],
    *,
    level: float,
    confidence: float,
) -> list[tuple[MetricReport, ...]]:
    """Judge each window by each number; those that decide also together with the windows before.

    Args:
        standards: what the reference says.
        windows: each window's counts, in order.
        labels: what the windows are called.
        rows: each window's rows.
        level: probability of a false alarm that one window may spend.
        confidence: level of the interval that decides.
    """
    found: list[tuple[MetricReport, ...]] = []
    onsets: dict[str, int | None] = {}
    for w, counts in enumerate(windows):
        reports = []
        for one in standards:
            spans = [span for span in (SPANS if one.decides else (1,)) if span <= w + 1]
            judged = [_judged(one, windows[w + 1 - span : w + 1], level / len(spans), confidence) for span in spans]
            told, onset = _told(judged, one.floor), w
            if one.decides:
                told, onset = _going_on(one, judged, told, windows[: w + 1], onsets.get(one.gauge.name), (level, confidence))
            worse = told.verdict is Verdict.DRIFTED
            onsets[one.gauge.name] = onset if worse else None
            reports.append(_report(one, judged[0], told, counts, rows[w], since=labels[onset] if worse else None))
        found.append(tuple(reports))
    return found


def _told(judged: Sequence[_Judged], floor: float) -> _Judged:
    """The shortest run of windows that shows a loss, else the shortest that shows there is none, else the window itself.

    A longer run shows a loss only while no shorter one denies it: what is over is over.
    """
    for place, one in enumerate(judged):
        if one.verdict is Verdict.DRIFTED and not any(_denies(shorter, floor) for shorter in judged[:place]):
            return one
    own = judged[0]
    calm = [one for one in judged if one.verdict is Verdict.STABLE]
    return calm[0] if calm and not own.value.why and own.worsening < floor else own


def _denies(judged: _Judged, most: float) -> bool:
    """Whether a run of windows shows that the loss is smaller than that."""
    return not judged.value.why and judged.interval[1] < most


def _going_on(
    standard: Standard, judged: Sequence[_Judged], told: _Judged, windows: Sequence[Any], before: int | None, levels: tuple[float, float]
) -> tuple[_Judged, int]:
    """What is told of the last window after a loss that was shown before, and the window in which the present run of loss began.

    A loss once shown lasts while all windows since it began together still show it, and the newest ones do not deny it.
    """
    w = len(windows) - 1
    if told.verdict is Verdict.DRIFTED:
        first = w + 1 - told.span
        return told, first if before is None else min(before, first)
    if before is None or told.verdict is Verdict.STABLE:
        return told, w
    lasting = _judged(standard, windows[before:], *levels)
    over = any(_denies(one, max(standard.floor, lasting.interval[0])) for one in judged)
    if over or lasting.value.why or lasting.interval[0] <= standard.floor:
        return told, w
    return replace(lasting, verdict=Verdict.DRIFTED), before


@dataclass(frozen=True, slots=True)
class _Judged:
    """One metric over one span of windows."""

    span: int
    value: Reading
    worsening: float
    error: float
    interval: tuple[float, float]
    p_value: float
    threshold: float
    detectable: float
    verdict: Verdict
    level: float


def _judged(standard: Standard, span: Sequence[Any], level: float, confidence: float) -> _Judged:
    value = standard.gauge.read(span[0] if len(span) == 1 else standard.gauge.joined(span))
    sign = _sign(standard, value)
    worsening = sign * (value.value - standard.value.value)
    own = chance(value, standard.value) * standard.spread
    error = math.hypot(own, facing(standard.value, value.value))
    half = float(normal_quantile((1 - confidence) / 2)) * error
    strict = float(normal_quantile(level))
    p_value = float(special.ndtr(-worsening / error))
    low, high = worsening - half, worsening + half
    beyond = max(standard.floor + half, strict * error)
    verdict = Verdict.INCONCLUSIVE
    if not value.why and not standard.value.why:
        if worsening >= beyond:
            verdict = Verdict.DRIFTED
        elif high < standard.floor:
            verdict = Verdict.STABLE
    threshold = standard.value.value + sign * beyond
    shown = _detectable(standard, value, half / error, strict, (own, error))
    return _Judged(len(span), value, worsening, error, (low, high), p_value, threshold, shown, verdict, level)


def _sign(standard: Standard, value: Reading) -> float:
    """In which direction the number gets worse; away from the reference where neither is better."""
    if standard.gauge.better == "either":
        return 1.0 if value.value >= standard.value.value else -1.0
    return 1.0 if standard.gauge.better == "lower" else -1.0


def _detectable(standard: Standard, value: Reading, z: float, strict: float, errors: tuple[float, float]) -> float:
    """The smallest worsening that would be found four times in five; a share's error is that which it would have there."""
    sign = _sign(standard, value)
    own, there = errors
    found = math.nan
    for _ in range(3):
        found = max(standard.floor + z * there, strict * there) + POWER_Z * there
        worse = standard.value.value + sign * found
        if not (standard.gauge.share and 0 < worse < 1 and 0 < value.value < 1):
            return found
        there = math.hypot(own * math.sqrt(worse * (1 - worse) / (value.value * (1 - value.value))), standard.value.error)
    return found


def _report(
    standard: Standard,
    own: _Judged,
    told: _Judged,
    counts: Any,
    rows: int,
    *,
    since: str | None,
) -> MetricReport:
    worse = told.verdict is Verdict.DRIFTED
    undefined = bool(own.value.why or standard.value.why)
    known_rows = standard.gauge.known(counts)
    cause = _cause(told, known_rows, undefined=undefined and not worse)
    known = not own.value.why
    compared = known and not standard.value.why
    return MetricReport(
        metric=standard.gauge.name,
        title=standard.gauge.title,
        better=standard.gauge.better,
        decides=standard.decides,
        verdict=told.verdict,
        cause=cause,
        reason=_sentence(standard, told, cause) + _without(standard.gauge.unread(counts), known_rows),
        since=since,
        rows=known_rows,
        coverage=known_rows / rows if rows else 0.0,
        value=own.value.value if known else None,
        interval=(own.value.low, own.value.high) if known else None,
        estimate=None,
        reference=None if standard.value.why else standard.value.value,
        worsening=own.worsening if compared else None,
        worsening_interval=own.interval if compared else None,
        p_value=own.p_value if compared else None,
        floor=standard.floor,
        threshold=own.threshold if compared else None,
        detectable=own.detectable if compared else None,
        rows_needed=_rows_needed(standard, own, known_rows) if compared and told.verdict is Verdict.INCONCLUSIVE else None,
    )


def _cause(told: _Judged, known: int, *, undefined: bool) -> Cause:
    if undefined:
        return Cause.UNDEFINED if known else Cause.NO_LABELS
    if told.verdict is Verdict.DRIFTED:
        return Cause.WORSE
    return Cause.NO_CHANGE if told.verdict is Verdict.STABLE else Cause.TOO_FEW_ROWS


def _sentence(standard: Standard, told: _Judged, cause: Cause) -> str:
    title, value, usual = standard.gauge.title, told.value, standard.value
    if cause is Cause.NO_LABELS:
        return f"{standard.gauge.missing}, so {title} is not known"
    if cause is Cause.UNDEFINED:
        return f"{title} cannot be told: {value.why or f'in the reference, {usual.why}'}"
    span = f" over {told.span} windows" if told.span > 1 else ""
    said = f"{title} is {value.value:.3g} ({value.low:.3g} to {value.high:.3g}){span} on {value.rows:,} {standard.gauge.of}"
    low, high = told.interval
    if cause is Cause.WORSE:
        return (
            f"{said}; it was {usual.value:.3g}: worse by {told.worsening:.3g} ({low:.3g} to {high:.3g}), and {standard.floor:.3g} matters"
        )
    if cause is Cause.NO_CHANGE:
        return f"{said}, and was {usual.value:.3g}: no worsening of {standard.floor:.3g}, which would matter"
    could = f"these {standard.gauge.of} could show a worsening of {told.detectable:.3g}, and {standard.floor:.3g} matters"
    return f"{said}, and was {usual.value:.3g}; {could}"


def _without(unread: int, known: int) -> str:
    """What is said of rows that are left out, where they are more than a few, and not so many that nothing is told at all."""
    if not FEW_UNREAD * known < unread <= MOST_UNREAD * known:
        return ""
    return f"; {unread:,} of {known:,} rows with labels have no answer that can be read, and are left out"


def _rows_needed(standard: Standard, own: _Judged, known: int) -> int | None:
    """How many rows would bring the interval to one side of the floor, if the worsening stays what it is."""
    gap = abs(own.worsening - standard.floor)
    half = (own.interval[1] - own.interval[0]) / 2
    own_part = half**2 - (half * standard.value.error / own.error) ** 2
    left = gap**2 - (half * standard.value.error / own.error) ** 2
    rows = known if standard.gauge.of != "rows" else own.value.rows
    return math.ceil(rows * own_part / left) if left > 0 and own_part > 0 else None
