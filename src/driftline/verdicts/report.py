"""What a check found: windows, their columns, the scores behind each verdict, and the sentence that says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.profile.profile import Profile
    from driftline.schema import Kind, Role
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
    MISSING_COLUMN = "the column is missing"
    EMPTY_WINDOW = "the window is empty"


class Concern(StrEnum):
    """What a change is about, in the order in which somebody should be woken."""

    FAULT = "data fault"
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
