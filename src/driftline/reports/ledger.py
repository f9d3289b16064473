"""One segment of a report as tables, columns × windows: what the heat map and the pages of the report are filled from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.reports.outline import windows_of
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile
    from driftline.verdicts.report import ColumnReport, Report, Score, WindowReport

FIELDS = ("value", "threshold", "p_value", "effect", "low", "high", "floor", "detectable")
"""What is kept of each score, in this order."""

DOUBLINGS = 6
"""The heat map's deepest colour: an effect 2^6 times the smallest one that matters, or more."""

UNSAID = 255
"""Code of a verdict that was not given."""

VERDICTS = tuple(Verdict)
GAPS = 3
"""Windows are drawn at their place in time, unless that would make the picture so many times wider than they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything one segment's figures and tables show, in one pass over its windows.

    Attributes:
        windows: the segment's windows in the order of time; `profiles` are theirs.
        slots: where each window stands on the axis of time, from 0; gaps are windows without rows.
        names: the columns, in the order in which the report has them.
        heat: float64[columns, windows], see `heat`; NaN where nothing was said.
        verdicts: uint8[columns, windows], places in `VERDICTS`; `UNSAID` where nothing was said.
        scores: for each column and statistic float64[windows, FIELDS].
        said: for each statistic's score its own verdict, uint8[windows].
        columns: for each column its report in each window, without its scores; None where it has none.
    """

    segment: str | None
    windows: tuple[WindowReport, ...]
    profiles: tuple[Profile, ...]
    slots: tuple[int, ...]
    names: tuple[str, ...]
    heat: NDArray[np.float64]
    verdicts: NDArray[np.uint8]
    scores: tuple[Mapping[str, NDArray[np.float64]], ...]
    said: tuple[Mapping[str, NDArray[np.uint8]], ...]
    columns: tuple[tuple[ColumnReport | None, ...], ...]

    @property
    def width(self) -> int:
        """How many slots the axis of time has."""
        return self.slots[-1] + 1 if self.slots else 0

    def labels(self) -> tuple[str, ...]:
        """The windows' labels."""
        return tuple(window.window.label for window in self.windows)


@dataclass(frozen=True, slots=True)
class Row:
    """One column's tables while they are filled."""

    columns: list[ColumnReport | None]
    heat: NDArray[np.float64]
    scores: dict[str, NDArray[np.float64]]
    said: dict[str, NDArray[np.uint8]]

    @classmethod
    def of(cls, windows: int) -> Row:
        """A row in which nothing was said yet."""
        return cls([None] * windows, np.full(windows, math.nan), {}, {})

    def enter(self, at: int, column: ColumnReport) -> None:
        """Note what one window says of the column; the scores are kept as numbers only."""
        self.columns[at] = replace(column, scores=())
        self.heat[at] = heat(column)
        for score in column.scores:
            if score.statistic not in self.scores:
                self.scores[score.statistic] = np.full((len(self.columns), len(FIELDS)), math.nan)
                self.said[score.statistic] = np.full(len(self.columns), UNSAID, dtype=np.uint8)
            low, high = score.interval or (None, None)
            kept = (score.value, score.threshold, score.p_value, score.effect, low, high, score.floor, score.detectable)
            self.scores[score.statistic][at] = kept
            self.said[score.statistic][at] = _code(score.verdict)


def ledger(report: Report, segment: str | None = None, *, only: Sequence[str] | None = None) -> Ledger:
    """Tabulate one segment of a report; `only` keeps the columns of these names."""
    places = windows_of(report, segment)
    windows = tuple(report.windows[i] for i in places)
    wanted = None if only is None else set(only)
    rows: dict[str, Row] = {}
    for at, window in enumerate(windows):
        for column in window.columns:
            if wanted is not None and column.name not in wanted:
                continue
            if column.name not in rows:
                rows[column.name] = Row.of(len(windows))
            rows[column.name].enter(at, column)
    shape = (len(rows), len(windows))
    codes = [[UNSAID if column is None else _code(column.verdict) for column in row.columns] for row in rows.values()]
    return Ledger(
        segment=segment,
        windows=windows,
        profiles=tuple(report.profiles[i] for i in places),
        slots=slots([window.window.index for window in windows]),
        names=tuple(rows),
        heat=np.array([row.heat for row in rows.values()]).reshape(shape),
        verdicts=np.array(codes, dtype=np.uint8).reshape(shape),
        scores=tuple(row.scores for row in rows.values()),
        said=tuple(row.said for row in rows.values()),
        columns=tuple(tuple(row.columns) for row in rows.values()),
    )


def slots(indexes: Sequence[int]) -> tuple[int, ...]:
    """Where windows stand on the axis of time.

    >>> slots([100, 101, 103]), slots([1, 1_000_000])
    ((0, 1, 3), (0, 1))
    """
    gaps = [index - indexes[0] for index in indexes]
    apart = len(set(gaps)) == len(gaps) and gaps and gaps[-1] < GAPS * len(gaps)
    return tuple(gaps) if apart else tuple(range(len(gaps)))


def heat(column: ColumnReport) -> float:
    """How strongly a cell of the heat map is coloured, in steps of 0.01.

    0 to 1: stable, the effect as a part of the smallest one that matters; 1.5: inconclusive; 2 to 3: drifted, the
    logarithm of the effect in those units.
    """
    ratio = strength(column)
    match column.verdict:
        case Verdict.STABLE:
            return round(min(ratio, 1.0) * 0.95, 2)
        case Verdict.INCONCLUSIVE:
            return 1.5
        case _:
            return round(2.0 + min(math.log2(max(ratio, 1.0)) / DOUBLINGS, 1.0), 2)


def strength(column: ColumnReport) -> float:
    """How many times the smallest effect that matters the effect is which the verdict rests on."""
    score = worst_score(column)
    if score is None or score.effect is None or score.floor is None or math.isnan(score.effect):
        return 1.0 if column.verdict is Verdict.DRIFTED else 0.0
    if not score.floor:
        return math.inf if score.effect else 0.0
    return abs(score.effect) / score.floor


def worst_score(column: ColumnReport) -> Score | None:
    """The score that the verdict rests on."""
    return next((score for score in column.scores if score.statistic == column.worst), None)


def _code(verdict: Verdict | None) -> int:
    return UNSAID if verdict is None else VERDICTS.index(verdict)
