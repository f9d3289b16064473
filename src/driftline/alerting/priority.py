"""What an incident costs: how much worse the model does, times how many rows it sees, times what a row is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from driftline.alerting.evidence import drop, loss
from driftline.verdicts.health import VALUE
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import MetricReport, WindowReport


@dataclass(frozen=True, slots=True)
class Cost:
    """What goes on costs so much a day.

    Attributes:
        per_day: in the user's money where outcomes have a value, else rows a day times the loss in times of what matters; 0 where
            the model does as well as before, or nobody knows.
        money: whether it is money.
        effect: what it does to the model, in a sentence.
    """

    per_day: float = 0.0
    money: bool = False
    effect: str = ""


def cost(window: WindowReport) -> Cost:
    """What goes on in a window costs: realised where labels have come, else estimated where the estimate can be trusted."""
    decides = next((one for one in window.performance if one.decides), None)
    if decides is None:
        return Cost(effect="Performance is not watched, so what it does to the model is not known.")
    said = effect(decides)
    priced = next((one for one in window.performance if one.metric == VALUE and one.per_day is not None), None)
    if priced is not None and priced.per_day is not None and decides.verdict is not Verdict.STABLE:
        return Cost(max(0.0, -priced.per_day[0]), money=True, effect=said)
    if decides.verdict is Verdict.STABLE or drop(decides) is None:
        return Cost(effect=said)
    return Cost(max(0.0, loss(decides)) * rows_a_day(window), effect=said)


def effect(metric: MetricReport) -> str:
    """What happens to the model, by the metric that decides."""
    match metric.verdict:
        case Verdict.DRIFTED:
            return f"The model does worse: {metric.reason}."
        case Verdict.STABLE:
            return f"The model does as well as before: {metric.reason}."
        case _:
            if metric.estimate is not None and metric.estimate.trusted:
                return f"Labels do not tell yet; {metric.title} is estimated at {metric.estimate.value:.3g}."
            return f"Whether the model does worse is not known: {metric.reason}."


def rows_a_day(window: WindowReport) -> float:
    """The traffic; the window's rows where it lasts no known time."""
    start, end = window.window.start, window.window.end
    if isinstance(start, datetime) and isinstance(end, datetime) and end > start:
        return window.rows / ((end - start) / timedelta(days=1))
    return float(window.rows)
