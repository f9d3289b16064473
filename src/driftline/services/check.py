"""Check: counted windows and a monitor in, a report out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from driftline.diagnosis.wholeness import unfinished, without_verdict
from driftline.errors import DataError
from driftline.inference.variation import FEWEST_BLOCKS, Blocks
from driftline.profile.profile import total as add_all
from driftline.schema import Role
from driftline.services.narrow import one_thread
from driftline.verdicts.awaited import awaited, withhold
from driftline.verdicts.columns import Columns
from driftline.verdicts.comparison import Comparison
from driftline.verdicts.equity import FAIRNESS, fairness_of, groups_of
from driftline.verdicts.evidence import gather
from driftline.verdicts.extras import beyond, extras
from driftline.verdicts.extras import told as judged_by_hand
from driftline.verdicts.influence import with_influence
from driftline.verdicts.judge import CAUSES, INSTANT, judge
from driftline.verdicts.model import (
    OPERATIONS,
    PERFORMANCE,
    has_label,
    labels_of,
    operations_of,
    performance_of,
    strange_scores,
    unwatched,
    with_performance,
)
from driftline.verdicts.policy import Against
from driftline.verdicts.report import Cause, Finding, Report, Verdict, WindowReport
from driftline.verdicts.slices import worst_slices
from driftline.window import CALENDAR, WHOLE, Cadence, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.monitor import Monitor
    from driftline.performance.maturity import Delays
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import ColumnReport, LabelReport, MetricReport


LENGTHS = {
    Cadence.HOUR: timedelta(hours=1),
    Cadence.DAY: timedelta(days=1),
    Cadence.WEEK: timedelta(weeks=1),
    Cadence.MONTH: timedelta(days=30),
}

SLACK = timedelta(days=1)
"""By so much clocks and time zones may differ; rows of windows that begin later lie in the future."""

SEASON_REPEATS = 3
"""A season is believed only if the reference holds each of its slots this often."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of the reference or of the current data.

    `like_windows` says that the pieces of the reference were cut by the monitor's own windowing.
    """

    profiles: Mapping[tuple[str | None, Window], Profile]
    findings: tuple[Finding, ...] = ()
    like_windows: bool = False

    def segments(self) -> list[str | None]:
        """All rows first, then the segments by name."""
        return sorted({segment for segment, _ in self.profiles}, key=lambda s: (s is not None, s or ""))

    def of(self, segment: str | None) -> list[tuple[Window, Profile]]:
        """One segment's windows in order."""
        return sorted(((w, p) for (s, w), p in self.profiles.items() if s == segment), key=lambda item: item[0])


def check(
    reference: Counted, current: Counted, monitor: Monitor, created: datetime, delays: Delays | None = None, *, estimated: bool = True
) -> Report:
    """Judge every window of every segment against the reference.

    Args:
        reference: what is normal, as consecutive blocks.
        current: the windows to judge.
        monitor: how they are to be judged.
        created: now.
        delays: how late labels come, where that was learnt.
        estimated: estimate performance where labels have not come, which takes most of the time.

    Raises:
        DataError: nothing was counted in the reference.
    """
    if not any(profile.rows for profile in reference.profiles.values()):
        raise DataError("the reference has no rows", hint="give the data the model was trained on, or a sample of it")
    with one_thread():
        return _judged(reference, current, monitor, created, delays, estimated=estimated)


def _judged(reference: Counted, current: Counted, monitor: Monitor, created: datetime, delays: Delays | None, *, estimated: bool) -> Report:
    blocks = [profile for _, profile in reference.of(None)]
    monitor = replace(monitor, policy=with_influence(monitor.policy, blocks[0].plan, blocks))
    segments = [segment for segment in current.segments() if segment is None or reference.of(segment)]
    length = LENGTHS.get(monitor.windowing.cadence)
    level = monitor.policy.budget.per_window(length) / max(len(segments), 1)
    windows: list[WindowReport] = []
    profiles: list[Profile] = []
    for segment in segments:
        known = [profile for _, profile in reference.of(segment)]
        labels = labels_of(known, current.of(segment), created, delays, None if segment else current.profiles)
        judged, counted = _judge_segment(segment, reference, current, monitor, level, labels, created, estimated=estimated)
        windows += judged
        profiles += counted
    total = _total(reference.of(None))
    findings = (
        *reference.findings,
        *current.findings,
        *_strangers(reference, current),
        *_out_of_time(current, created),
        *unwatched(blocks[0].plan, monitor.task, monitor.policy.goal, labelled=any(map(has_label, blocks))),
        *strange_scores(total),
    )
    verdict = _overall(windows)
    return Report(
        monitor=monitor.name,
        created=created,
        verdict=verdict,
        reason=_summary(windows, verdict),
        since=_since(windows),
        promise=monitor.policy.budget.promise(length),
        reference=total,
        windows=tuple(windows),
        profiles=tuple(profiles),
        # What both readings of shared labels found is told once.
        findings=tuple(dict.fromkeys(findings)),
    )


def _judge_segment(
    segment: str | None,
    reference: Counted,
    current: Counted,
    monitor: Monitor,
    level: float,
    labels: Sequence[LabelReport | None],
    now: datetime,
    *,
    estimated: bool,
) -> tuple[list[WindowReport], list[Profile]]:
    blocks, pieces = reference.of(segment), current.of(segment)
    if not pieces:
        return [], []
    windows, counted = tuple(w for w, _ in pieces), [p for _, p in pieces]
    comparison = _compared(blocks, pieces, reference, monitor, labels, now)
    policy = monitor.policy
    performance = performance_of(comparison, windows, policy, level * PERFORMANCE, estimated=estimated, sampled=segment is None)
    operations = operations_of(comparison, windows, policy, level * OPERATIONS)
    fairness = _fairness(reference, current, monitor, comparison, windows, level * FAIRNESS) if segment is None else []
    slices = worst_slices(comparison, windows, performance, current.profiles) if segment is None else {}
    spent = (PERFORMANCE if performance else 0) + (OPERATIONS if operations else 0) + (FAIRNESS if fairness else 0)
    drift = level * (1 - spent)
    evidence = withhold(gather(comparison, drift * INSTANT, policy.confidence), comparison)
    asked = extras(comparison, policy)
    judgement = judge(evidence, comparison, policy, drift, beyond(asked), judged_by_hand(asked))
    judgement = without_verdict(judgement, comparison, windows)
    shown = {extra.name: extra for extra in asked.values()}
    clock = np.array([place == comparison.plan.with_role(Role.TIMESTAMP) for place in evidence.columns], dtype=bool)
    reports = []
    for w, window in enumerate(windows):
        columns = Columns(judgement, comparison, windows, shown, w)
        # Columns that are only checked for presence never settle, and keep no window from being stable.
        # Neither does a label that is still to come, nor the number of rows where more are.
        told = ~np.isin(judgement.cause[:, w], [CAUSES.index(Cause.NOT_COUNTED), CAUSES.index(Cause.AWAITED)])
        told &= ~(clock & (judgement.cause[:, w] == CAUSES.index(Cause.UNFINISHED)))
        metrics, upkeep, gaps = (one[w] if one else () for one in (performance, operations, fairness))
        worse = next((one for one in (*metrics, *upkeep, *gaps) if one.decides and one.verdict is Verdict.DRIFTED), None)
        verdict = Verdict.DRIFTED if worse else _window_verdict(judgement.verdict[told, w], counted[w].rows)
        reason = _window_reason(np.where(told, judgement.verdict[:, w], 0), judgement.weight[:, w], columns, counted[w].rows)
        reason = with_performance(reason, worse, metrics, labels[w], drifted=bool((judgement.verdict[told, w] == 2).any()))  # noqa: PLR2004  the place of drifted
        reason += f"; the window is unfinished: {lack}" if (lack := comparison.unfinished.get(w)) else ""
        reports.append(
            WindowReport(
                window=window,
                segment=segment,
                rows=counted[w].rows,
                verdict=verdict,
                reason=reason,
                columns=columns,
                performance=metrics,
                operations=upkeep,
                fairness=gaps,
                slices=slices.get(w, ()),
                labels=labels[w],
                unfinished=comparison.unfinished.get(w, ""),
            )
        )
    return reports, counted


def _compared(
    blocks: Sequence[tuple[Window, Profile]],
    pieces: Sequence[tuple[Window, Profile]],
    reference: Counted,
    monitor: Monitor,
    labels: Sequence[LabelReport | None],
    now: datetime,
) -> Comparison:
    """What is held against what."""
    windows, counted = [w for w, _ in pieces], [p for _, p in pieces]
    layout = _layout([w for w, _ in blocks], windows, monitor, like_windows=reference.like_windows)
    total = _total(blocks)
    return Comparison(
        total=total,
        blocks=[p for _, p in blocks],
        references=_references(total, blocks, pieces, monitor),
        windows=counted,
        layout=layout,
        ends=_ends(windows),
        block_ends=_ends([w for w, _ in blocks]),
        length=length.total_seconds() if (length := LENGTHS.get(monitor.windowing.cadence)) else None,
        awaited=awaited(windows, labels),
        telling=frozenset(w for w, one in enumerate(labels) if one is not None and one.telling),
        ranking=frozenset(w for w, one in enumerate(labels) if one is not None and one.ranking),
        unfinished=unfinished(windows, counted, [p for _, p in blocks], now),
    )


def _fairness(
    reference: Counted, current: Counted, monitor: Monitor, comparison: Comparison, windows: Sequence[Window], level: float
) -> list[tuple[MetricReport, ...]]:
    """Gaps between the groups of each column that is named for segments."""
    goal = monitor.policy.goal
    columns = monitor.hints.segments if goal.fairness else ()
    by = groups_of(columns, reference.profiles, current.profiles, windows)
    called = [(window.label, profile.rows) for window, profile in zip(windows, comparison.windows, strict=True)]
    outcome, confidence = comparison.total.plan.outcome, monitor.policy.confidence
    return fairness_of(outcome, goal.fairness, by, called, comparison.awaited, level=level, confidence=confidence)


def _ends(windows: Sequence[Window]) -> NDArray[np.float64]:
    return np.array([window.end.timestamp() if isinstance(window.end, datetime) else np.nan for window in windows])


def _total(pieces: Sequence[tuple[Window, Profile]]) -> Profile:
    return add_all([profile for _, profile in pieces])


def _layout(blocks: Sequence[Window], windows: Sequence[Window], monitor: Monitor, *, like_windows: bool) -> Blocks:
    """Give blocks and windows their slots in the finest season that the reference repeats often enough."""
    zone = ZoneInfo(monitor.windowing.timezone)
    flat = Blocks(np.zeros(len(blocks), dtype=np.intp), np.zeros(len(windows), dtype=np.intp), like_windows=like_windows)
    if not like_windows or monitor.windowing.cadence not in CALENDAR:
        return flat
    for season in SEASONS.get(monitor.windowing.cadence, ()):
        slots = _slots(blocks, season, zone)
        counts = np.bincount(slots)
        if (counts[counts > 0] >= SEASON_REPEATS).all() and (counts > 0).sum() > 1:
            return Blocks(slots, _slots(windows, season, zone), like_windows=True)
    return flat


def _slots(windows: Sequence[Window], season: str, zone: ZoneInfo) -> NDArray[np.intp]:
    def slot(window: Window) -> int:
        start = window.start.astimezone(zone) if window.start and not isinstance(window.start, int) else None
        if start is None:
            return 0
        return {
            "hour of week": start.weekday() * 24 + start.hour,
            "hour": start.hour,
            "weekday": start.weekday(),
            "month": start.month - 1,
        }[season]

    return np.array([slot(window) for window in windows], dtype=np.intp)


SEASONS = {Cadence.HOUR: ("hour of week", "hour"), Cadence.DAY: ("weekday",), Cadence.MONTH: ("month",)}
"""Seasons to try for each cadence, the finest first."""


def _references(
    total: Profile, blocks: Sequence[tuple[Window, Profile]], pieces: Sequence[tuple[Window, Profile]], monitor: Monitor
) -> list[Profile]:
    """The reference of each window; one for all where windows are held against the reference itself."""
    policy = monitor.policy
    match policy.against:
        case Against.REFERENCE:
            return [total]
        case Against.PREVIOUS | Against.TRAILING:
            depth = 1 if policy.against is Against.PREVIOUS else policy.trailing
            return [_total(pieces[max(0, w - depth) : w]) if w else total for w in range(len(pieces))]
    zone = ZoneInfo(monitor.windowing.timezone)
    season = "weekday" if policy.against is Against.SAME_WEEKDAY else "hour"
    slots, wanted = _slots([w for w, _ in blocks], season, zone), _slots([w for w, _ in pieces], season, zone)
    same = {slot: [block for block, s in zip(blocks, slots, strict=True) if s == slot] for slot in set(wanted.tolist())}
    return [_total(same[slot]) if same[slot] else total for slot in wanted.tolist()]


def blocks_enough(windows: int) -> bool:
    """Whether a reference cut like the windows has enough pieces to learn from; else it is cut into runs of rows."""
    return windows >= FEWEST_BLOCKS


def _strangers(reference: Counted, current: Counted) -> tuple[Finding, ...]:
    """Segments that the reference never had cannot be judged; say so."""
    return tuple(
        Finding(
            where=str(segment),
            what="this segment is not in the reference and was not judged",
            rows=sum(p.rows for _, p in current.of(segment)),
        )
        for segment in current.segments()
        if segment is not None and not reference.of(segment)
    )


def _out_of_time(current: Counted, created: datetime) -> Iterator[Finding]:
    """Rows of a time that has not come, or of the year in which clocks begin, are judged like others, but somebody should know."""
    dated = [(w, w.start, p.rows) for w, p in current.of(None) if isinstance(w.start, datetime) and p.rows]
    future = f"that lie in the future, seen from {created.isoformat(timespec='minutes')}"
    for found, times, hint in (
        ([one for one in dated if one[1] > created + SLACK], future, "check the unit and the time zone of the time column"),
        ([one for one in dated if one[1].year <= 1970], "in 1970", "write a day as 2026-12-31: 20261231 counts seconds"),  # noqa: PLR2004  the year
    ):
        if rows := sum(one[2] for one in found):
            yield Finding(where=f"window {found[0][0].label}", what=f"{rows:,} rows have times {times}", rows=rows, hint=hint)


def _window_verdict(verdicts: NDArray[np.int8], rows: int) -> Verdict:
    if not rows or not verdicts.size:
        return Verdict.INCONCLUSIVE
    if (verdicts == 2).any():  # noqa: PLR2004  the place of drifted
        return Verdict.DRIFTED
    return Verdict.STABLE if (verdicts == 0).all() else Verdict.INCONCLUSIVE


def _window_reason(verdicts: NDArray[np.int8], weights: NDArray[np.float64], columns: Sequence[ColumnReport], rows: int) -> str:
    if not rows:
        return "the window has no rows"
    drifted = np.flatnonzero(verdicts == 2)  # noqa: PLR2004  the place of drifted
    if drifted.size:
        worst = columns[int(drifted[weights[drifted].argmax()])]
        others = f" (and {drifted.size - 1} more)" if drifted.size > 1 else ""
        return f"{worst.name}: {worst.reason}{others}"
    undecided = int((verdicts == 1).sum())
    if undecided:
        seen = f"{rows:,} row{'' if rows == 1 else 's'}"
        return f"{undecided} of {len(verdicts)} columns cannot be told from {seen}; no change was shown in the others"
    return f"none of {len(verdicts)} columns changed by as much as matters"


def _overall(windows: Sequence[WindowReport]) -> Verdict:
    found = {report.verdict for report in windows if report.rows}
    if Verdict.DRIFTED in found:
        return Verdict.DRIFTED
    return Verdict.STABLE if found == {Verdict.STABLE} else Verdict.INCONCLUSIVE


def _summary(windows: Sequence[WindowReport], verdict: Verdict) -> str:
    if not windows:
        return "there is nothing to judge: the current data has no rows"
    told = [report for report in windows if report.verdict is verdict]
    newest = max(report.window for report in told)
    last = next(report for report in told if report.window == newest)
    if len(windows) == 1 or verdict is Verdict.STABLE:
        return last.reason
    if verdict is Verdict.INCONCLUSIVE:
        return f"{len(told)} of {len(windows)} windows are inconclusive: {last.reason}"
    still = "still in the last one" if newest == max(report.window for report in windows) else f"last in {newest.label}"
    return f"{len(told)} of {len(windows)} windows drifted, {still}: {last.reason}"


def _since(windows: Sequence[WindowReport]) -> str | None:
    """Label of the first window of the last unbroken run of drifted windows, of all rows where they drifted.

    One window of everything has no before: nothing can be said of when it began.
    """
    if all(report.window == WHOLE for report in windows):
        return None
    whole = [report for report in windows if report.segment is None]
    drifted = [report.verdict is Verdict.DRIFTED for report in whole]
    if True not in drifted:
        first = min((report.window for report in windows if report.verdict is Verdict.DRIFTED), default=None)
        return first.label if first else None
    end = len(drifted) - 1 - drifted[::-1].index(True)
    start = end
    while start and drifted[start - 1]:
        start -= 1
    return whole[start].window.label
