"""One segment's windows in order: each drifted one is diagnosed beside those in which nothing was wrong before it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.case import Case, Earlier
from driftline.diagnosis.causes import causes, lasting
from driftline.diagnosis.look import Look
from driftline.diagnosis.naming import faults, together
from driftline.diagnosis.quiet import BACK, FACTS, FALSE_ALARMS, OF_COLUMNS, Usual, repeats
from driftline.diagnosis.rowwise import Coding, Rows, Sampled, associated, coding
from driftline.diagnosis.side import Side, side
from driftline.diagnosis.unfinished import as_usual, narrowed, not_whole, stretch
from driftline.profile.profile import total as add_all
from driftline.schema import Kind, Role
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.fault import Fault
    from driftline.diagnosis.unfinished import Stretch
    from driftline.profile.profile import Profile
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import ColumnReport, Score, WindowReport

    Floats = NDArray[np.float64]

ENOUGH, MOST_RECENT = 1000, 8
"""A window is also held against the last one in which nothing was wrong with the column, or as many as have enough rows together."""

FEWEST_COUNTED = 5
"""With fewer windows nobody knows how much their number of rows varies."""

OUTPUTS = frozenset({Role.PREDICTION, Role.SCORE})


@dataclass(frozen=True, slots=True)
class History:
    """One segment's reference and windows, in order."""

    blocks: Sequence[Profile]
    windows: Sequence[WindowReport]
    profiles: Sequence[Profile]
    like_windows: bool
    attribution: str = "additive"


def walk(history: History, asked: Sequence[bool] | None = None) -> list[tuple[Diagnosis, ...]]:
    """Diagnose the windows that are asked about, all where that is None; of those that did not drift only facts are told."""
    known = Known.of(history.blocks)
    good: dict[int, list[int]] = {}
    told: list[tuple[Diagnosis, ...]] = []
    for w, whole in enumerate(history.windows):
        window = whole
        wrong = set[str]()
        causing: tuple[Diagnosis, ...] = ()
        if (window.verdict is Verdict.DRIFTED or _held(window)) and (asked is None or asked[w]):
            # A report makes its columns when they are looked at: here they are looked at often.
            window = replace(window, columns=tuple(window.columns))
            wrong, causing = _diagnosed(history, known, w, good, window, told[-1] if told else ())
        elif window.verdict is Verdict.DRIFTED:
            # Nobody knows what was wrong there: what drifted is no measure of what is usual.
            wrong = {column.name for column in window.columns if column.verdict is Verdict.DRIFTED}
        elif window.rows and window.segment is None and (asked is None or asked[w]):
            wrong, causing = _facts(history, known, w, good, told[-1] if told else ())
        told.append(causing)
        for place, name in enumerate(known.total.plan.names):
            if window.rows and name not in wrong:
                good.setdefault(place, []).append(w)
    return told


def _diagnosed(
    history: History, known: Known, w: int, good: Mapping[int, Sequence[int]], window: WindowReport, before: Sequence[Diagnosis]
) -> tuple[set[str], tuple[Diagnosis, ...]]:
    """One window's columns at fault, and its explanations."""
    part = stretch(window.window, history.profiles[w], history.blocks, first=w == 0, last=w == len(history.windows) - 1)
    # Where few rows come, the last of them may come a while before the end.
    if part is None or not window.unfinished:
        case = case_at(history, known, w, good, window)
        now, earlier = history.profiles[w], history.profiles[max(w - BACK, 0) : w]
        found = [fault for fault in faults(case) if known.usual.holds(fault, now, earlier)]
        found += _beside(history, known, w, good, case.changed)
        return {name for fault in found for name in fault.columns}, causes(case, found, window, before)
    return _of_part(history, part, w, good, window, before)


def _facts(
    history: History, known: Known, w: int, good: Mapping[int, Sequence[int]], before: Sequence[Diagnosis]
) -> tuple[set[str], tuple[Diagnosis, ...]]:
    """Likewise of a window in which nothing drifted: faults that change no distribution."""
    now, earlier = history.profiles[w], history.profiles[max(w - BACK, 0) : w]
    suspects = known.usual.suspects(now)
    if not suspects and not repeats(now, earlier) and not known.usual.knows(now):
        return set(), ()
    case = case_at(history, known, w, good, replace(history.windows[w], columns=()), suspects)
    found = [fault for fault in faults(case, FACTS, FALSE_ALARMS) if known.usual.holds(fault, now, earlier)]
    told = tuple(lasting(case, group, before) for group in together(found))
    return {name for fault in found for name in fault.columns}, told


def _beside(history: History, known: Known, w: int, good: Mapping[int, Sequence[int]], asked: Sequence[int]) -> list[Fault]:
    """Likewise of the columns that did not drift in a window in which others did."""
    now, earlier = history.profiles[w], history.profiles[max(w - BACK, 0) : w]
    suspects = [place for place in known.usual.suspects(now) if place not in asked]
    if not suspects:
        return []
    case = case_at(history, known, w, good, replace(history.windows[w], columns=()), suspects)
    return [fault for fault in faults(case, OF_COLUMNS, FALSE_ALARMS) if known.usual.holds(fault, now, earlier)]


def _of_part(
    history: History, part: Stretch, w: int, good: Mapping[int, Sequence[int]], window: WindowReport, before: Sequence[Diagnosis]
) -> tuple[set[str], tuple[Diagnosis, ...]]:
    """Likewise of a window that is not whole: only what is unlike the same part of others counts."""
    drifted = {column.name for column in window.columns if column.verdict is Verdict.DRIFTED or _withheld(column)}
    later = part.high < np.inf
    if not part.comparable:
        return drifted, (not_whole(window.window.label, (), later=later),)
    case = _part_case(history, part, w, good, window)
    withheld = {column.name for column in window.columns if _withheld(column)}
    usual = [
        name
        for place, looks in case.looks.items()
        if (name := case.plan.names[place]) in drifted and (place == part.column or (name in withheld and as_usual(looks)))
    ]
    left = replace(window, columns=tuple(column for column in window.columns if column.name not in usual))
    found = [fault for fault in faults(case) if not set(fault.columns) & set(usual)]
    worse = any(one.verdict is Verdict.DRIFTED for one in window.performance)
    told = causes(case, found, left, before) if found or worse or drifted.difference(usual) else ()
    return {name for fault in found for name in fault.columns}, (*told, not_whole(window.window.label, usual, later=later))


def _part_case(history: History, part: Stretch, w: int, good: Mapping[int, Sequence[int]], window: WindowReport) -> Case:
    """A window that is not whole beside the sampled rows in the same part of the reference's and of earlier windows."""
    earlier = [narrowed(profile, part) for profile in history.profiles[:w]]
    like = replace(history, blocks=[narrowed(block, part) for block in history.blocks], profiles=[*earlier, history.profiles[w]])
    case = case_at(like, Known.of(like.blocks), w, good, window)
    usual = _usual_rows(history, dict(case.table), w)
    # How many rows a whole window has says nothing yet.
    return replace(case, table={}, earlier=_earlier(history, w), usual_rows=None if usual is None else usual * part.usually)


@dataclass(frozen=True, slots=True)
class Known:
    """What is made of the reference once, or when it is first asked for."""

    blocks: Sequence[Profile]
    total: Profile
    codes: Coding
    rows: Sampled
    usual: Usual
    ties: dict[int, Floats] = field(default_factory=dict)
    columns: dict[int, tuple[Side, Floats, Floats]] = field(default_factory=dict)

    @classmethod
    def of(cls, blocks: Sequence[Profile]) -> Known:
        """Add the reference up, and code its sampled rows."""
        total = add_all(blocks)
        codes = coding(total.plan, total)
        return cls(blocks, total, codes, codes.of(blocks), Usual.of(blocks))

    def goes_with(self, place: int) -> Floats:
        """How closely every column but the model's outputs goes with one."""
        if place not in self.ties:
            inputs = np.array([planned.column.role not in OUTPUTS for planned in self.total.plan.columns], dtype=bool)
            self.ties[place] = associated(self.rows.codes, place) * inputs
        return self.ties[place]

    def column(self, place: int) -> tuple[Side, Floats, Floats]:
        """One column of the reference: the whole, its bins in each block, and its rows without a value in each."""
        if place not in self.columns:
            bins = np.stack([block.bins(place) for block in self.blocks]).astype(np.float64)
            odd = np.stack([[*block.odd[place], block.rows] for block in self.blocks]).astype(np.float64)
            self.columns[place] = side([self.total], place, self.blocks), bins, odd
        return self.columns[place]


def case_at(
    history: History,
    known: Known,
    w: int,
    good: Mapping[int, Sequence[int]],
    made: WindowReport | None = None,
    suspects: Sequence[int] = (),
) -> Case:
    """Everything that a diagnosis of one window may look at.

    Args:
        history: the windows.
        known: their reference.
        w: which window.
        good: by place of a column, the windows before in which nothing was wrong with it.
        made: the window's report, where its columns are made already.
        suspects: places of columns to ask about beside those that drifted.
    """
    plan, now, window = known.total.plan, history.profiles[w], made or history.windows[w]
    columns = list(window.columns)
    asked = [*(plan.index(column.name) for column in columns if _asked(column)), *suspects]
    table = _table_scores(columns)
    before = _recent(history, list(range(w)))
    bases = (known.rows, known.codes.of(before)) if before else (known.rows,)
    return Case(
        plan=plan,
        window=window.window.label,
        total=known.total,
        blocks=tuple(history.blocks),
        now=now,
        earlier=_earlier(history, w),
        before=tuple(profile for profile in history.profiles[:w] if profile.rows),
        ever=frozenset(plan.index(column.name) for column in columns if column.since == history.windows[0].window.label),
        changed=tuple(asked),
        looks={place: _looks(history, known, w, place, good.get(place, [])) for place in asked},
        rows=Rows(known.codes.of([now]), bases),
        codes=known.codes,
        ties={place: known.goes_with(place) for place in asked},
        usual_rows=_usual_rows(history, table, w),
        varies=_varies(history, w),
        attribution=history.attribution,
        table=table,
        floors={(plan.index(c.name), score.statistic): score.floor or 0.0 for c in columns if _asked(c) for score in c.scores},
    )


def _recent(history: History, good: Sequence[int]) -> list[Profile]:
    """The last good window, or as many as have enough rows together."""
    found: list[Profile] = []
    for w in reversed(good[-MOST_RECENT:]):
        found.append(history.profiles[w])
        if sum(profile.rows for profile in found) >= ENOUGH:
            break
    return found


def _earlier(history: History, w: int) -> Earlier:
    parts = [profile.sample.keys for profile in history.profiles[:w]]
    return Earlier(
        labels=tuple(window.window.label for window in history.windows[:w]),
        profiles=tuple(history.profiles[:w]),
        keys=np.concatenate([np.empty(0, dtype=np.uint64), *parts]),
        windows=np.repeat(np.arange(w), [part.size for part in parts]),
    )


def _asked(column: ColumnReport) -> bool:
    """Only columns that changed by as much as matters are asked about; and the clock, whose hours no verdict looks at."""
    return column.verdict is Verdict.DRIFTED or column.kind is Kind.TIMESTAMP or _withheld(column)


def _withheld(column: ColumnReport) -> bool:
    """What such a column shows is no verdict only because its window is not whole."""
    return column.cause is Cause.UNFINISHED and column.role is not Role.TIMESTAMP


def _held(window: WindowReport) -> bool:
    return bool(window.unfinished) and any(_withheld(column) for column in window.columns)


def _looks(history: History, known: Known, w: int, place: int, good: Sequence[int]) -> tuple[Look, ...]:
    base, blocks, odd = known.column(place)
    bases = [base]
    if recent := _recent(history, good):
        bases.append(side(recent, place))
    now = side([history.profiles[w]], place)
    return tuple(Look(known.total.plan.columns[place], place, base, now, blocks, odd) for base in bases)


def _table_scores(columns: Sequence[ColumnReport]) -> dict[str, Score]:
    """What was judged of the number of rows and of silence, where there is a time to judge them by."""
    by_time = [column for column in columns if column.role is Role.TIMESTAMP]
    return {score.statistic: score for column in by_time for score in column.scores if score.statistic in {"volume", "silence"}}


def _usual_rows(history: History, table: dict[str, Score], w: int) -> float | None:
    """How many rows such a window usually has: by its season where that is judged, else by other windows; None where rows cut them."""
    if (volume := table.get("volume")) is not None:
        return volume.value / float(np.exp(volume.effect or 0.0))
    if isinstance(history.windows[w].window.start, int):
        return None
    others = history.blocks if history.like_windows else [profile for profile in history.profiles[:w] if profile.rows]
    return float(np.median([profile.rows for profile in others])) if others else None


def _varies(history: History, w: int) -> float:
    """By how much the number of rows goes up and down from window to window, as a share; 0 where too few are known."""
    others = history.blocks if history.like_windows else history.profiles[:w]
    counted = np.array([profile.rows for profile in others if profile.rows], dtype=np.float64)
    if counted.size < FEWEST_COUNTED:
        return 0.0
    # Half the spread of the middle two thirds: one broken window says nothing of all the others.
    return float(np.subtract(*np.quantile(np.log(counted), [5 / 6, 1 / 6]))) / 2
