"""Fairness and slices: gaps between groups by Fairlearn's definitions, and the segments that fare worst."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy import special

from driftline.errors import ConfigError, near_miss
from driftline.performance.classification import false_positive_rate, positive_rate, precision, recall
from driftline.performance.interval import Value, critical, difference, unknown
from driftline.performance.metric import measure, metric_of
from driftline.performance.question import Question
from driftline.profile.moments import add_limbs
from driftline.profile.outcome import OutcomeCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class GapKind:
    """A way to say how unequally a binary model treats groups.

    Attributes:
        name: the word by which it is chosen, Fairlearn's where it has one.
        title: its full name.
        rates: what is compared between groups; of several, the one that differs most counts.
        quotient: the least rate over the greatest (1 is equal) instead of the greatest less the least (0 is equal).
        formula: the formula as people write it.
        source: where it comes from.
    """

    name: str
    title: str
    rates: tuple[Callable[[Question], Value], ...]
    quotient: bool = False
    formula: str
    source: str


_TABLE = [
    GapKind(name="demographic_parity_difference", title="gap in the share predicted positive", rates=(positive_rate,),
            formula="max − min of P(said = 1)", source="Dwork et al. 2012; Fairlearn"),
    GapKind(name="demographic_parity_ratio", title="ratio of the shares predicted positive", rates=(positive_rate,), quotient=True,
            formula="min / max of P(said = 1)", source="the four-fifths rule of 29 CFR 1607.4; Fairlearn"),
    GapKind(name="equalized_odds_difference", title="gap in the rates of true or false positives", rates=(recall, false_positive_rate),
            formula="the larger of max − min of P(said = 1 | came = 1) and of P(said = 1 | came = 0)",
            source="Hardt et al. 2016; Fairlearn"),
    GapKind(name="equalized_odds_ratio", title="ratio of the rates of true or false positives", rates=(recall, false_positive_rate),
            quotient=True, formula="the smaller of min / max of P(said = 1 | came = 1) and of P(said = 1 | came = 0)",
            source="Hardt et al. 2016; Fairlearn"),
    GapKind(name="equal_opportunity_difference", title="gap in recall", rates=(recall,),
            formula="max − min of P(said = 1 | came = 1)", source="Hardt et al. 2016; Fairlearn"),
    GapKind(name="equal_opportunity_ratio", title="ratio of recalls", rates=(recall,), quotient=True,
            formula="min / max of P(said = 1 | came = 1)", source="Hardt et al. 2016; Fairlearn"),
    GapKind(name="predictive_parity_difference", title="gap in precision", rates=(precision,),
            formula="max − min of P(came = 1 | said = 1)", source="Chouldechova 2017"),
    GapKind(name="predictive_parity_ratio", title="ratio of precisions", rates=(precision,), quotient=True,
            formula="min / max of P(came = 1 | said = 1)", source="Chouldechova 2017"),
]  # fmt: skip

GAPS: dict[str, GapKind] = {kind.name: kind for kind in _TABLE}


@dataclass(frozen=True, slots=True)
class Gap:
    """How far groups are apart.

    Attributes:
        value: the gap, with its interval; its rows are those of all groups.
        greatest: the group with the greatest rate, of the rates that differ most.
        least: the group with the least.
        left_out: groups of which nothing can be said.
    """

    value: Value
    greatest: str = ""
    least: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment beside the rest of the rows.

    Attributes:
        name: the segment's.
        value: the metric in it.
        rest: the metric in all other rows.
        gap: the one less the other.
        p_value: two-sided, of the two being equal; NaN where one is not known.
        adjusted: the same after Benjamini and Hochberg 1995, over all segments that were asked.
    """

    name: str
    value: Value
    rest: Value
    gap: Value
    p_value: float
    adjusted: float


def gap(name: str, outcome: Outcome, groups: Mapping[str, OutcomeCounts], confidence: float = 0.95) -> Gap:
    """How far a binary model's groups are apart.

    The interval takes the groups as independent. Its far end is the furthest that any pair may be apart; its near end the
    furthest that some pair must be, at a level divided by the number of pairs (Bonferroni), for the pair was chosen.

    Args:
        name: one of `GAPS`.
        outcome: how predictions and labels were counted.
        groups: the counts of each group's rows.
        confidence: of the interval.

    Raises:
        ConfigError: there is no such gap, or the model is not a binary one.
    """
    if name not in GAPS:
        raise ConfigError(f"there is no gap between groups called {name!r}", hint=near_miss(name, GAPS))
    if len(outcome.classes) != 2:  # noqa: PLR2004  negative and positive
        raise ConfigError(f"{name} is for binary models, and this is a {outcome.task.value} one", hint="leave fairness out")
    kind = GAPS[name]
    asked = {group: [rate(Question(outcome, counts, confidence)) for rate in kind.rates] for group, counts in groups.items()}
    known = [group for group, rates in asked.items() if all(rate.known for rate in rates)]
    left_out = tuple(group for group in groups if group not in known)
    if len(known) <= 1:
        return Gap(unknown(_too_few(asked, known)), left_out=left_out)
    looks = len(kind.rates) * len(known) * (len(known) - 1) / 2
    strict = 1 - (1 - confidence) / looks
    pairs = [
        _Pairs.of([asked[group][i] for group in known], [rate(Question(outcome, groups[group], strict)) for group in known], kind.quotient)
        for i, rate in enumerate(kind.rates)
    ]
    best = min(pairs, key=lambda one: one.value) if kind.quotient else max(pairs, key=lambda one: one.value)
    if kind.quotient:
        low, high = min(one.far for one in pairs), min(1.0, *(one.near for one in pairs))
    else:
        low, high = max(0.0, *(one.near for one in pairs)), max(one.far for one in pairs)
    rows = sum(rates[0].rows for group, rates in asked.items() if group in known)
    value = Value(best.value, best.error, max(min(low, best.value), 0.0), min(max(high, best.value), 1.0), rows)
    return Gap(value, known[best.greatest], known[best.least], left_out)


def _too_few(asked: Mapping[str, list[Value]], known: list[str]) -> str:
    missing = [f"{group}: {rate.why}" for group, rates in asked.items() for rate in rates if not rate.known]
    return f"{len(known)} of {len(asked)} groups can be compared" + (f" ({missing[0]})" if missing else "")


@dataclass(frozen=True, slots=True)
class _Pairs:
    """One rate in all pairs of groups: the value of the widest, and its interval's near and far end."""

    value: float
    error: float
    near: float
    far: float
    greatest: int
    least: int

    @classmethod
    def of(cls, usual: list[Value], strict: list[Value], quotient: bool) -> _Pairs:  # noqa: FBT001  a gap's own property
        rates = np.array([rate.value for rate in usual])
        greatest, least = int(rates.argmax()), int(rates.argmin())
        most, few = usual[greatest], usual[least]
        if quotient:
            far = float(np.nanmin(_quotients(usual)[0]))
            near = float(np.nanmin(_quotients(strict)[1]))
            value = few.value / most.value if most.value > 0 else 1.0
            error = math.hypot(few.error, value * most.error) / most.value if most.value > 0 else math.nan
        else:
            far, near = float(_differences(usual)[1].max()), float(_differences(strict)[0].max())
            value, error = most.value - few.value, math.hypot(most.error, few.error)
        return cls(value, error, near, far, greatest, least)


def _ends(rates: list[Value]) -> tuple[NDArray[np.float64], ...]:
    """Values, lower and upper ends, down and along: pairs are rows less (or over) columns."""
    value, low, high = (np.array([getattr(rate, name) for rate in rates]) for name in ("value", "low", "high"))
    return value[:, None], low[:, None], high[:, None], value[None, :], low[None, :], high[None, :]


def _differences(rates: list[Value]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of each group less each other (Newcombe 1998, method 10)."""
    x, low_x, high_x, y, low_y, high_y = _ends(rates)
    ends = x - y - np.hypot(x - low_x, high_y - y), x - y + np.hypot(high_x - x, y - low_y)
    for end in ends:
        np.fill_diagonal(end, -np.inf)
    return ends


def _quotients(rates: list[Value]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of each group over each other (Donner and Zou 2012, MOVER-R)."""
    x, low_x, high_x, y, low_y, high_y = _ends(rates)
    with np.errstate(invalid="ignore", divide="ignore"):
        low = (x * y - np.sqrt(np.maximum((x * y) ** 2 - low_x * (2 * x - low_x) * high_y * (2 * y - high_y), 0.0))) / (
            high_y * (2 * y - high_y)
        )
        high = (x * y + np.sqrt(np.maximum((x * y) ** 2 - high_x * (2 * x - high_x) * low_y * (2 * y - low_y), 0.0))) / (
            low_y * (2 * y - low_y)
        )
    # A rate that may be twice what was counted says nothing of how small the ratio is; one that may be 0 nothing of how large.
    low = np.where(high_y < 2 * y, np.maximum(low, 0.0), 0.0)
    high = np.where(low_y > 0, high, np.inf)
    for end in (low, high):
        np.fill_diagonal(end, np.nan)
    return low, high


def worst_segments(
    name: str,
    outcome: Outcome,
    whole: OutcomeCounts,
    segments: Mapping[str, OutcomeCounts],
    confidence: float = 0.95,
    *,
    rests: Mapping[str, OutcomeCounts] | None = None,
) -> tuple[Segment, ...]:
    """Each segment's metric beside that of all other rows, first those that are surely worst.

    Segments may overlap. They are sorted by how much worse they are at least (the near end of the gap's interval), so that
    a few unlucky rows do not lead the list. P-values come from the intervals' sides that face each other.

    Args:
        name: the metric's.
        outcome: how predictions and labels were counted.
        whole: the counts of all rows.
        segments: the counts of each segment's.
        confidence: of the intervals.
        rests: the counts of all other rows, by segment; without them the whole less the segment. Segments without one are left out.

    Raises:
        ConfigError: the metric does not fit the model.
    """
    better = metric_of(name).better
    found = []
    for segment, counts in segments.items():
        if rests is not None and segment not in rests:
            continue
        value = measure(name, outcome, counts, confidence)
        rest = measure(name, outcome, less(whole, counts) if rests is None else rests[segment], confidence)
        apart = difference(value, rest)
        found.append((segment, value, rest, apart, _equal_p(value, rest, confidence) if apart.known else math.nan))
    adjusted = np.array([p for *_, p in found], dtype=np.float64)
    asked = ~np.isnan(adjusted)
    if asked.any():
        adjusted[asked] = scipy.stats.false_discovery_control(adjusted[asked])
    table = [Segment(*one, float(p)) for one, p in zip(found, adjusted, strict=True)]
    return tuple(sorted(table, key=lambda one: _at_least(one.gap, better), reverse=True))


def _at_least(apart: Value, better: str) -> float:
    """How much worse than the rest a segment is at least."""
    if not apart.known:
        return -math.inf
    worse = {"higher": -apart.high, "lower": apart.low}
    return worse.get(better, max(apart.low, -apart.high))


def _equal_p(one: Value, other: Value, confidence: float) -> float:
    apart = one.value - other.value
    sides = (one.value - one.low, other.high - other.value) if apart > 0 else (one.high - one.value, other.value - other.low)
    error = math.hypot(*sides) / critical(confidence)
    if error <= 0:
        return 1.0 if apart == 0 else 0.0
    return float(2 * special.ndtr(-abs(apart) / error))


def less(whole: OutcomeCounts, part: OutcomeCounts) -> OutcomeCounts:
    """The counts of the rows that are not in a part of them."""
    return OutcomeCounts(
        table=whole.table - part.table,
        scores=tuple(one - other for one, other in zip(whole.scores, part.scores, strict=True)),
        sums=tuple(one - other for one, other in zip(whole.sums, part.sums, strict=True)),
        measures=add_limbs(whole.measures, -part.measures),
        measured=whole.measured - part.measured,
    )
