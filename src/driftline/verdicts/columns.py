"""Column reports made from arrays when somebody looks: a thousand columns in ninety windows cost nothing until then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from driftline.schema import Role
from driftline.verdicts.evidence import NAMES
from driftline.verdicts.judge import CAUSES, MAIN, VERDICTS
from driftline.verdicts.report import Cause, ColumnReport, Concern, Score, Verdict
from driftline.verdicts.sentence import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from driftline.profile.plan import Planned
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.judge import Judgement
    from driftline.window import Window

FAULTS = frozenset({"tail", "unseen", "null", "nan", "wrong_type", "absent", "duplicate", "volume", "silence"})


@dataclass(frozen=True, slots=True)
class Extra:
    """A statistic that was asked for beside the judged ones: values, p-values and set thresholds, float64[C, W]."""

    name: str
    value: NDArray[np.float64]
    p_value: NDArray[np.float64]
    threshold: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns(Sequence[ColumnReport]):
    """The columns of one window, each made when it is asked for."""

    judgement: Judgement
    comparison: Comparison
    windows: tuple[Window, ...]
    extras: Mapping[str, Extra]
    window: int

    def __len__(self) -> int:
        return len(self.judgement.evidence.columns)

    @overload
    def __getitem__(self, index: int) -> ColumnReport: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ColumnReport, ...]: ...
    def __getitem__(self, index: int | slice) -> ColumnReport | tuple[ColumnReport, ...]:
        if isinstance(index, slice):
            return tuple(self._column(i) for i in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._column(index % len(self))

    def _column(self, c: int) -> ColumnReport:
        judgement, w = self.judgement, self.window
        planned = self.comparison.plan.columns[judgement.evidence.columns[c]]
        cause = CAUSES[judgement.cause[c, w]]
        worst = self._worst(c, cause)
        scores = self._scores(c)
        rests_on = next((score for score in scores if score.statistic == worst), None)
        since = int(judgement.since[c, w])
        needed = judgement.rows_needed[c, w]
        rows_needed = int(needed) if math.isfinite(needed) else None
        place = int(judgement.evidence.where[NAMES.index(worst), c, w]) if worst in NAMES else -1
        label = self.windows[since].label if since >= 0 else None
        return ColumnReport(
            name=planned.name,
            kind=planned.column.kind,
            role=planned.column.role,
            verdict=VERDICTS[judgement.verdict[c, w]],
            cause=cause,
            concern=_concern(planned.column.role, worst, cause),
            reason=self._reason(cause, planned, rests_on, place, label, rows_needed),
            seen=bool(judgement.seen[c, w]),
            since=label,
            worst=worst,
            weight=float(judgement.weight[c, w]),
            importance=planned.column.importance,
            rows_needed=rows_needed,
            scores=scores,
        )

    def _reason(
        self, cause: Cause, planned: Planned, rests_on: Score | None, place: int, since: str | None, rows_needed: int | None
    ) -> str:
        comparison, w = self.comparison, self.window
        if cause is Cause.AWAITED:
            return comparison.awaited[w]
        if cause is Cause.UNFINISHED:
            return f"not judged before the window is whole: {comparison.unfinished[w]}"
        reference = comparison.references[w if len(comparison.references) > 1 else 0]
        return reason(cause, planned, rests_on, place, reference, comparison.windows[w], since, rows_needed)

    def _worst(self, c: int, cause: Cause) -> str | None:
        if cause is Cause.BEYOND_THRESHOLD:
            return next(n for n, extra in self.extras.items() if _beyond(extra.value[c, self.window], extra.threshold[c, self.window]))
        if cause in {Cause.NO_CHANGE, Cause.TOO_FEW_ROWS, Cause.REFERENCE_TOO_SMALL, Cause.AWAITED}:
            return NAMES[MAIN]
        worst = int(self.judgement.worst[c, self.window])
        return NAMES[worst] if worst >= 0 else None

    def _scores(self, c: int) -> tuple[Score, ...]:
        extras = (self._extra(extra, c) for extra in self.extras.values())
        return (*self._judged(c), *(score for score in extras if score is not None))

    def _judged(self, c: int) -> Iterator[Score]:
        """The facets that apply to a column."""
        judgement, w = self.judgement, self.window
        # Taken out of the arrays at once: reports are asked for every column of every window.
        numbers = {name: found[:, c, w].tolist() for name, found in judgement.evidence.numbers.items()}
        floors, own = judgement.floors[:, c].tolist(), judgement.facet[:, c, w].tolist()
        for f, statistic in enumerate(NAMES):
            if not math.isfinite(numbers["value"][f]):
                continue
            found = {name: _finite(values[f]) for name, values in numbers.items()}
            low, high = found["low"], found["high"]
            yield Score(
                statistic=statistic,
                value=numbers["value"][f],
                threshold=found["threshold"],
                p_value=found["p_value"],
                effect=found["effect"],
                interval=None if low is None or high is None else (low, high),
                floor=floors[f],
                detectable=found["detectable"],
                verdict=VERDICTS[own[f]] if own[f] >= 0 else None,
            )

    def _extra(self, extra: Extra, c: int) -> Score | None:
        value = _finite(extra.value[c, self.window])
        if value is None:
            return None
        threshold = _finite(extra.threshold[c, self.window])
        verdict = None if threshold is None else Verdict.DRIFTED if _beyond(value, threshold) else Verdict.STABLE
        return Score(
            statistic=extra.name, value=value, threshold=threshold, p_value=_finite(extra.p_value[c, self.window]), verdict=verdict
        )


def _beyond(value: float, threshold: float) -> bool:
    return abs(value) > threshold


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _concern(role: Role, worst: str | None, cause: Cause) -> Concern:
    if worst in FAULTS or cause is Cause.MISSING_COLUMN:
        return Concern.FAULT
    if role in {Role.SCORE, Role.PREDICTION}:
        return Concern.PREDICTION
    return Concern.LABEL if role is Role.LABEL else Concern.INPUT
