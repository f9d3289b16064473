"""All that a decision rests on, as plain values: what is stored, and what a decision can be made from again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.decisions.decision import Gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """Data that did not arrive as it was.

    Attributes:
        kind: what happened to it, as the diagnosis calls it.
        columns: where.
        since: label of the first window in which it was seen.
        lasts: it is there in the newest window, too.
        share: share of the newest spoilt window's rows; None where that is not known.
        sentence: what was found.
        remedy: what to do about it.
        confidence: from 0 to 1.
    """

    kind: str
    columns: tuple[str, ...]
    since: str
    lasts: bool
    share: float | None
    sentence: str
    remedy: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A model that does worse.

    Attributes:
        metric: the metric that decides.
        title: what people call it.
        since: label of the window since which it is worse.
        worsening: how much worse, in the metric's units.
        low: the lower end of its interval.
        high: the upper end.
        floor: the smallest worsening that matters.
        rows: labelled rows that it rests on.
        sentence: that in words.
        ranks: the metric looks only at the order of scores, which no recalibration changes.
        estimated: it rests on an estimate, not on labels.
        spoilt: it is seen only in windows whose data is spoilt.
    """

    metric: str
    title: str
    since: str
    worsening: float
    low: float
    high: float
    floor: float
    rows: int
    sentence: str
    ranks: bool = False
    estimated: bool = False
    spoilt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How much of the truth is known about the time since a change.

    Attributes:
        rows: rows since then in windows that are not spoilt.
        labelled: how many of them have a label.
        rarer: how many have a label of the rarer class; all labelled ones where there are no classes.
        began: when that time began; None where windows have no time.
        first: when the loss began that this one goes on from, the model not having been shown to be well in between; None likewise.
        skew: in what labelled rows differ from the others; empty where they do not.
    """

    rows: int = 0
    labelled: int = 0
    rarer: int = 0
    began: datetime | None = None
    first: datetime | None = None
    skew: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheap:
    """A remedy that costs nothing but a setting.

    Attributes:
        kind: "recalibrate", "recalibrate by a logistic curve" or "move the threshold to" so much.
        what: what it improves.
        gain: by how much, per row.
        restores: the share of the loss that it brings back.
        sentence: that in words.
    """

    kind: str
    what: str
    gain: Gain
    restores: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was done before.

    Attributes:
        trained: when the model in service was trained; None where nobody knows.
        retrains: when retraining was begun, in order.
        answered: for each of them, label of the window since which things had changed; empty for a retraining by schedule.
        deployed: when the model in service went into service; None where nobody knows.
        previous: there is an earlier model that could be put back.
    """

    trained: datetime | None = None
    retrains: tuple[datetime, ...] = ()
    answered: tuple[str, ...] = ()
    deployed: datetime | None = None
    previous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known when a decision is made.

    Attributes:
        monitor: the monitor's name.
        now: when.
        window: label of the newest window; None where there is none.
        windows: labels of all windows, in order.
        spoilt: data faults, those that last first.
        polluted: labels of windows that must not be trained on.
        loss: the model does worse; None where that was not shown.
        settled: the model was shown to do as well as before: label of the newest such window; None where that was not shown.
        healthy: what was shown, in words.
        known: labels since the loss, or since the last retraining.
        inputs: inputs that drift in the newest window.
        predictions: what the model says drifts in the newest window.
        labels: labels drift, in windows in which they are all there.
        broken: errors, latencies, or a feed that is dead, in words; empty where there is nothing.
        unexplained: a change that nobody has a cause for, in words.
        unequal: a gap between groups of rows is beyond its limit, in words; empty where none is.
        cheap: cheap remedies that were tried on labelled rows.
        worth: what the loss costs over the horizon, where it is known what the model's answers are worth.
        past: what was done before.
    """

    monitor: str
    now: datetime
    window: str | None = None
    windows: tuple[str, ...] = ()
    spoilt: tuple[Spoilt, ...] = ()
    polluted: tuple[str, ...] = ()
    loss: Loss | None = None
    settled: str | None = None
    healthy: str = ""
    known: Known = field(default_factory=Known)
    inputs: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    broken: str = ""
    unexplained: str = ""
    unequal: str = ""
    cheap: tuple[Cheap, ...] = ()
    worth: Gain | None = None
    past: Past = field(default_factory=Past)
