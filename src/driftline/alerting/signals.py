"""What a window says that somebody may have to hear of: one signal for each thing that can be wrong, with its tier."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.verdicts.report import ColumnReport, MetricReport, WindowReport


class Tier(IntEnum):
    """How urgent it is."""

    DIGEST = 0
    """Shown, and told with the next message; nobody is called."""
    LOOK = 1
    """Look into it."""
    RETRAIN = 2
    """The model does worse: get ready to retrain, or to repair."""
    PAGE = 3
    """Somebody has to get up: errors, a feed that is dead, performance far below what it was."""


FAR = 3.0
"""A loss of so many times the smallest that matters pages."""

TIERS = {Concern.FAULT: Tier.RETRAIN, Concern.PREDICTION: Tier.LOOK, Concern.LABEL: Tier.LOOK, Concern.INPUT: Tier.DIGEST}
"""The tier of what drifted, where performance does not say more. A data fault is urgent: who trains on it makes things worse."""

FEED = frozenset({"absent", "volume", "silence"})
"""Statistics that tell of a feed that is dead; they page."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that can be wrong, and what this window says of it.

    Attributes:
        key: what tells it from the others, from window to window: segment, kind and name.
        concern: what it is about.
        name: the column or the metric.
        tier: how urgent it is if it is so.
        weight: how far it is from what is usual, in times of what matters.
        since: label of the window in which it began, as far as is known.
        sentence: what happened.
        todo: what to do about it; empty for what its concern suggests.
        lasts: windows that have to show it before it fires; None for what holds for all.
        importance: how much the model leans on it, 0 to 1; 0 where nobody knows. Signals of one kind are ranked by it, then by weight.
        bad: how bad it is, in a few words; empty where the sentence has to tell.
    """

    key: tuple[str, str, str]
    concern: Concern
    name: str
    tier: Tier
    verdict: Verdict
    weight: float
    since: str | None
    sentence: str
    todo: str = ""
    lasts: int | None = None
    importance: float = 0.0
    bad: str = ""


def signals(window: WindowReport) -> Iterator[Signal]:
    """Everything a window says, whether it is wrong, well or not to be told."""
    segment = window.segment or ""
    for metric in (*window.performance, *window.operations, *window.fairness):
        if metric.decides:
            yield _of_metric(metric, segment)
    harmless = kept(window)
    for column in window.columns:
        yield _of_column(column, segment, harmless=harmless)


def kept(window: WindowReport) -> bool:
    """Whether it is shown that the model does as well as before; what moves then is harmless."""
    return any(one.decides and one.verdict is Verdict.STABLE for one in window.performance)


def _of_metric(metric: MetricReport, segment: str) -> Signal:
    worse = metric.worsening or 0.0
    weight = worse / metric.floor if metric.floor else worse
    tier = Tier.PAGE if weight >= FAR else Tier.RETRAIN
    key = (segment, "performance", metric.metric)
    known = metric.value is not None and metric.reference is not None
    bad = f"{metric.reference:.3g} → {metric.value:.3g}" if known else ""
    return Signal(key, Concern.PERFORMANCE, metric.title, tier, metric.verdict, weight, metric.since, metric.reason, bad=bad)


def _of_column(column: ColumnReport, segment: str, *, harmless: bool) -> Signal:
    tier = Tier.PAGE if column.worst in FEED else TIERS[column.concern]
    if harmless and tier is Tier.LOOK:
        tier = Tier.DIGEST
    sentence = f"{column.name}: {column.reason}"
    # A column has one alert whatever it is about: a shift that turns out to be a fault is still the same story.
    key = (segment, "column", column.name)
    importance = column.importance or 0.0
    return Signal(key, column.concern, column.name, tier, column.verdict, column.weight, column.since, sentence, importance=importance)
