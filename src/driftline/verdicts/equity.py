"""How equally a model treats the groups of a segment: gaps between them, window by window, against the limits that were set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from driftline.performance.fairness import GAPS, gap
from driftline.profile.outcome import total_outcome
from driftline.schema import Task
from driftline.verdicts.gauge import Gauge, Standard, judge_windows
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.performance.interval import Value
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import MetricReport
    from driftline.window import Window

    Groups = Mapping[str, OutcomeCounts]

FAIRNESS = 0.1
"""The share of the budget that is spent on gaps, where limits were set."""

WITHOUT_LABELS = "demographic_parity"
"""Gaps whose names begin so ask only for what was said."""


GONE = frozenset({"other", "null"})
"""Rows that are gathered under these are no group of people."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit itself, as a reading without error: what a gap is held against."""

    value: float
    error: float = 0.0
    rows: int = 0
    why: str = ""

    @property
    def low(self) -> float:
        """The limit."""
        return self.value

    @property
    def high(self) -> float:
        """The limit."""
        return self.value


def fairness_of(
    outcome: Outcome | None,
    limits: Mapping[str, float],
    by: Mapping[str, tuple[Groups, Sequence[Groups]]],
    windows: Sequence[tuple[str, int]],
    late: Mapping[int, str],
    *,
    level: float,
    confidence: float,
) -> list[tuple[MetricReport, ...]]:
    """Judge each window by each gap in each segment; nothing where no limit was set, or the model is not a binary one.

    A gap is beyond its limit where the near end of its interval is, at the level; windows are also looked at together with
    those before them, so that small groups are told of in time.

    Args:
        outcome: how predictions and labels were counted.
        limits: by kind of gap (`GAPS`), the largest gap or the smallest ratio.
        by: by the segment's column, the groups' counts in the reference and in each window.
        windows: what each is called, and its rows.
        late: windows of which more labels are to come, and why nothing is concluded from those that came.
        level: probability of a false alarm that one window may spend on all gaps together.
        confidence: level of the interval that decides.
    """
    asked = [(kind, column) for kind in limits for column in by]
    if outcome is None or outcome.task is not Task.BINARY or not asked:
        return []
    found: list[list[MetricReport]] = [[] for _ in windows]
    for kind, column in asked:
        reference, groups = by[column]
        better = "higher" if GAPS[kind].quotient else "lower"
        title, read = f"{GAPS[kind].title} between groups of {column}", partial(_read, kind, outcome)
        counted = _said if kind.startswith(WITHOUT_LABELS) else _labelled
        gauge = Gauge(f"{kind}:{column}", title, better, read, _joined, counted, share=True)
        standard, usual = Standard(gauge, Limit(limits[kind]), 1.0, 0.0, decides=True), _read(kind, outcome, reference)
        told = judge_windows(
            [standard],
            groups,
            [label for label, _ in windows],
            [rows for _, rows in windows],
            level=level / len(asked),
            confidence=confidence,
        )
        for w, (one,) in enumerate(told):
            why = late.get(w, "") if not kind.startswith(WITHOUT_LABELS) else ""
            found[w].append(_told(one, limits[kind], usual, _ends(kind, outcome, groups[w]), why))
    return [tuple(reports) for reports in found]


def groups_of(
    columns: Sequence[str],
    reference: Mapping[tuple[str | None, Window], Profile],
    current: Mapping[tuple[str | None, Window], Profile],
    windows: Sequence[Window],
) -> dict[str, tuple[Groups, list[Groups]]]:
    """By the segments' column, the groups' counts in the reference and in each window."""
    by: dict[str, tuple[Groups, list[Groups]]] = {}
    for column in columns:
        before, now = outcomes_by_group(reference, column), outcomes_by_group(current, column)
        usual = {group: total_outcome(list(counts.values())) for group, counts in before.items()}
        by[column] = usual, [{group: counts[window] for group, counts in now.items() if window in counts} for window in windows]
    return by


def outcomes_by_group(profiles: Mapping[tuple[str | None, Window], Profile], column: str) -> dict[str, dict[Window, OutcomeCounts]]:
    """The counts of each group of a segment's column, by window; rows without a value of their own are in none."""
    found: dict[str, dict[Window, OutcomeCounts]] = {}
    for (segment, window), profile in profiles.items():
        group = (segment or "").removeprefix(f"{column}=")
        if segment not in {None, group} and group not in GONE and profile.outcome is not None:
            found.setdefault(group, {})[window] = profile.outcome
    return found


def _read(kind: str, outcome: Outcome, groups: Groups) -> Value:
    return gap(kind, outcome, groups).value


def _ends(kind: str, outcome: Outcome, groups: Groups) -> str:
    """The groups that are furthest apart."""
    found = gap(kind, outcome, groups)
    return f", least for {found.least} and greatest for {found.greatest}" if found.greatest else ""


def _joined(spans: Sequence[Groups]) -> Groups:
    names = dict.fromkeys(name for groups in spans for name in groups)
    return {name: total_outcome([groups[name] for groups in spans if name in groups]) for name in names}


def _labelled(groups: Groups) -> int:
    return sum(int(counts.labelled) for counts in groups.values())


def _said(groups: Groups) -> int:
    """Rows with a prediction, labelled or not."""
    return sum(int(counts.table[:-1].sum()) for counts in groups.values())


def _told(one: MetricReport, limit: float, usual: Value, ends: str, late: str) -> MetricReport:
    """The report in the words of limits: the gauge took the limit for the reference."""
    reference = None if usual.why else usual.value
    worse = None if one.value is None or reference is None else (reference - one.value if one.better == "higher" else one.value - reference)
    told = replace(one, reference=reference, worsening=worse, worsening_interval=None, threshold=limit, detectable=None)
    told = replace(told, floor=0.0 if reference is None else abs(limit - reference))
    if late:
        return replace(told, verdict=Verdict.INCONCLUSIVE, cause=Cause.AWAITED, since=None, reason=late)
    if one.value is None or one.interval is None:
        return told
    accepted = f"at {'least' if one.better == 'higher' else 'most'} {limit:.3g} is accepted"
    was = "" if reference is None else f"; it was {reference:.3g} in the reference"
    said = f"{one.title} is {one.value:.3g} ({one.interval[0]:.3g} to {one.interval[1]:.3g}){ends}, and {accepted}{was}"
    if one.verdict is Verdict.DRIFTED:
        return replace(told, cause=Cause.BEYOND_THRESHOLD, reason=said)
    return replace(told, reason=said)
