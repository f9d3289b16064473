"""What a check found: windows, their columns, the scores behind each verdict, and the sentence that says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.performance.concept import Change
    from driftline.profile.profile import Profile
    from driftline.schema import Kind, Role
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.window import Window


class Verdict(StrEnum):
    """The three things that can be said. Inconclusive is never success."""

    STABLE = "stable"
    DRIFTED = "drifted"
    INCONCLUSIVE = "inconclusive"


class Cause(StrEnum):
    """Why a verdict is what it is."""

    NO_CHANGE = "no change that matters"
    CHANGED = "changed"
    SLOW_CHANGE = "changed slowly"
    BEYOND_THRESHOLD = "beyond the threshold that was set"
    BELOW_FLOOR = "changed less than matters"
    TOO_FEW_ROWS = "too few rows"
    REFERENCE_TOO_SMALL = "the reference is too small"
    NO_REFERENCE_VALUES = "the reference has no values"
    NOT_COUNTED = "values of this kind are not counted"
    WORSE = "worse than in the reference"
    FORESEEN = "estimated to be worse than in the reference"
    NO_LABELS = "no labels yet"
    AWAITED = "labels are still to come"
    UNFINISHED = "the window is unfinished"
    UNDEFINED = "the metric is not defined here"
    MISSING_COLUMN = "the column is missing"
    EMPTY_WINDOW = "the window is empty"


class Concern(StrEnum):
    """What a change is about, in the order in which somebody should be woken."""

    FAULT = "data fault"
    PERFORMANCE = "performance"
    PREDICTION = "prediction drift"
    LABEL = "label drift"
    INPUT = "input drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One statistic of one column in one window, and what may be concluded from it.

    Attributes:
        statistic: the statistic's name.
        value: its value in these counts, as convention has it.
        threshold: the value from which it would be called changed at this sample size.
        p_value: probability of a value as large if nothing had changed; None where there is no test.
        effect: the change in the statistic's own units, freed of the part that noise alone produces.
        interval: confidence interval of the effect.
        floor: the smallest effect that matters.
        detectable: the smallest effect this sample could have shown (with probability 0.8).
        verdict: what this statistic alone says.
    """

    statistic: str
    value: float
    threshold: float | None = None
    p_value: float | None = None
    effect: float | None = None
    interval: tuple[float, float] | None = None
    floor: float | None = None
    detectable: float | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReport:
    """What is said of one column in one window.

    Attributes:
        seen: a change was shown, whether or not it is large enough to matter.
        since: label of the window in which the change seems to have begun; None if nothing changed.
        worst: name of the statistic the verdict rests on; None where nothing was judged.
        weight: by what drifted columns are ranked: effect over floor times importance.
        rows_needed: rows per window that would settle an inconclusive verdict; None if unknown.
    """

    name: str
    kind: Kind
    role: Role
    verdict: Verdict
    cause: Cause
    concern: Concern
    reason: str
    seen: bool
    since: str | None
    worst: str | None
    weight: float
    importance: float | None
    rows_needed: int | None
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How close estimates of earlier windows came to what was then realised.

    Attributes:
        windows: so many earlier windows have both.
        error: mean distance of the two, in the metric's units.
        held: in so many the realised value lay in the estimate's interval.
    """

    windows: int
    error: float
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a metric must be where labels have not come.

    Attributes:
        value: the estimate.
        interval: where the metric of these rows lies, once all labels are known (95%); None where that is not known.
        method: how it was estimated.
        trusted: whether what the method needs was found to hold.
        why: what speaks against trusting it; empty where nothing does.
        worse: it is worse than the reference by more than chance and more than matters.
        record: how earlier estimates did; None where no earlier window has both.
        labels_needed: labels that would show, four times in five, that the relation of inputs and labels has changed by as much as
            matters; None where that is not known.
    """

    value: float
    interval: tuple[float, float] | None
    method: str
    trusted: bool
    why: str = ""
    worse: bool = False
    record: TrackRecord | None = None
    labels_needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReport:
    """How well the model did in one window by one metric, and whether that is worse than in the reference.

    Attributes:
        metric: the metric's name.
        title: what people call it.
        better: "higher", "lower", or "either" for a number that should stay as it is.
        decides: the window's verdict rests on it.
        verdict: drifted where it is worse by more than matters.
        cause: why.
        reason: that in a sentence.
        since: label of the window since which it is worse; None where it is not.
        rows: rows with a label.
        coverage: share of the window's rows that have a label.
        value: the metric where labels have come; None without labels, or where it is not defined.
        interval: its 95% confidence interval.
        estimate: what it must be over all rows of the window; None where that was not estimated.
        reference: the metric in the reference.
        worsening: how much worse than the reference, in the metric's units; negative where it is better.
        worsening_interval: its confidence interval, which decides.
        p_value: probability of so great a worsening if the model did as well as in the reference.
        floor: the smallest worsening that matters.
        threshold: the value beyond which it would be called worse at this sample size.
        detectable: the smallest worsening these labels could have shown (with probability 0.8).
        rows_needed: labelled rows that would settle an inconclusive verdict; None if unknown.
        per_day: for the value of decisions, what the change since the reference is worth a day, and its interval; None for others.
        change: what inputs and their relation to labels did to it since the reference; None where that was not asked or cannot be told.
    """

    metric: str
    title: str
    better: str
    decides: bool
    verdict: Verdict
    cause: Cause
    reason: str
    since: str | None
    rows: int
    coverage: float
    value: float | None
    interval: tuple[float, float] | None
    estimate: Estimate | None
    reference: float | None
    worsening: float | None
    worsening_interval: tuple[float, float] | None
    p_value: float | None
    floor: float
    threshold: float | None
    detectable: float | None
    rows_needed: int | None
    per_day: tuple[float, float, float] | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReport:
    """How much of a window's truth is known, and whether what is known is like the rest.

    Attributes:
        labelled: rows with a label.
        coverage: their share of the window's rows.
        expected: the coverage that is usual at the window's age; None where nobody knows how late labels come.
        maturity: the labels that have come, as a share of those that will ever come; None likewise.
        provisional: what is computed from them may change for no other reason than that labels come.
        mature_on: when nearly all of them are expected; None where nobody knows.
        reason: that in a sentence.
        skewed: rows with a label differ from those without one by more than chance and more than a little.
        skew: in what they differ, in a sentence; empty where there is nothing to say.
        selected: they are so unlike all rows, and were not in the reference, that nothing is concluded from them.
        telling: although more will come, those that came are like the rest, and the model is judged by them.
        ranking: of each class they are like the rest, and the model is judged by them in what does not depend on how many
            there are of each.
    """

    labelled: int
    coverage: float
    expected: float | None
    maturity: float | None
    provisional: bool
    mature_on: datetime | None
    reason: str
    skewed: bool = False
    skew: str = ""
    selected: bool = False
    telling: bool = False
    ranking: bool = False

    @property
    def settled(self) -> bool:
        """What is computed from them is final, and speaks for all rows."""
        return not self.provisional and not self.selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """How well the model did in one segment of a window, beside all of its other rows.

    Attributes:
        segment: the segment's name.
        metric: the metric's name.
        title: what people call it.
        rows: of the segment, those with a label (for ranking: queries).
        value: the metric in it.
        interval: its 95% interval.
        rest: the metric in all other rows.
        worse: by how much it does worse than they; negative where it does better.
        worse_interval: the 95% interval of that.
        p_value: two-sided, of no difference, after Benjamini and Hochberg over the window's segments.
        surely: it does worse by more than chance allows among so many segments.
    """

    segment: str
    metric: str
    title: str
    rows: int
    value: float
    interval: tuple[float, float]
    rest: float
    worse: float
    worse_interval: tuple[float, float]
    p_value: float
    surely: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowReport:
    """What is said of one window (of one segment, where there are segments)."""

    window: Window
    segment: str | None
    rows: int
    verdict: Verdict
    reason: str
    columns: Sequence[ColumnReport]
    """One per column of the plan that is judged, in the plan's order; made when looked at."""
    performance: tuple[MetricReport, ...] = ()
    """One per metric, that which decides first; empty where outcomes are not counted."""
    operations: tuple[MetricReport, ...] = ()
    """Errors and latencies, where columns tell of them."""
    fairness: tuple[MetricReport, ...] = ()
    """Gaps between the groups of a segment, where limits were set; only of all rows."""
    slices: tuple[Slice, ...] = ()
    """Its segments beside the rest of it, the worst first; only of all rows of the newest windows with labels."""
    labels: LabelReport | None = None
    """How far the window's labels have come; None where outcomes are not counted."""
    diagnosis: Sequence[Diagnosis] = ()
    """Why it drifted, the most probable first; empty where it did not. Worked out when looked at."""
    unfinished: str = ""
    """Why it is not whole: its time is not over, or rows of it are plainly missing; empty where it is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiReport:
    """A business figure beside the model.

    Attributes:
        name: what it is called.
        metric: the metric it is laid beside, that which decides; empty where none does.
        windows: labels of the windows of all rows, in order.
        values: the figure in each of them; None where the series says nothing of it.
        correlation: with the metric where labels have come; None where that cannot be told.
        interval: its 95% interval.
        sentence: that in words.
    """

    name: str
    metric: str
    windows: tuple[str, ...]
    values: tuple[float | None, ...]
    correlation: float | None
    interval: tuple[float, float] | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about the data itself that a person should know: a broken line, a late row, a lost file."""

    where: str
    what: str
    rows: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one check found.

    `windows[i]` was judged from `profiles[i]`, which holds the counts that figures are drawn from;
    `reference` holds the reference's.
    """

    monitor: str
    created: datetime
    verdict: Verdict
    reason: str
    since: str | None
    promise: str
    reference: Profile
    windows: tuple[WindowReport, ...]
    profiles: tuple[Profile, ...]
    findings: tuple[Finding, ...] = ()
    kpis: tuple[KpiReport, ...] = ()
    """Business figures, where series of them were brought."""
