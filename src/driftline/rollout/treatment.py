"""How a challenger treats groups, and on which columns it leans: claims beside how often it is right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from driftline.inference.significance import normal_quantile
from driftline.performance.fairness import GAPS, gap
from driftline.profile.outcome import Outcome as Kinds
from driftline.profile.outcome import OutcomeCounts
from driftline.rollout.claims import Check, Outcome
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.rollout.trial import Trial

BINARY = Kinds(task=Task.BINARY, label="label", prediction="decision", classes=("0", "1"))
UNKNOWN = 2
"""The code of what is not known."""

PARTS, FEWEST_COLUMNS = 20, 3
"""The error of an agreement is learnt by leaving out so many parts of the rows, one after another."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """How far each answer moves when a column says what it said of another row.

    Attributes:
        columns: their names.
        champion: float64[columns, n], how far the champion's scores moved.
        challenger: likewise.
    """

    columns: tuple[str, ...]
    champion: NDArray[np.float64]
    challenger: NDArray[np.float64]


def fair(trial: Trial, by: str, kind: str, limit: float, level: float) -> Check:
    """A gap between the groups of a segment is at most the limit, a ratio at least: the challenger's own, whatever the champion's is.

    Args:
        trial: rows that both answered, with labels of 0 and 1.
        by: the name of the segment.
        kind: one of `driftline.performance.fairness.GAPS`.
        limit: the largest gap, or the smallest ratio.
        level: one-sided error.
    """
    name, codes = f"fairness: {kind} by {by}", trial.segments[by]
    if trial.challenger.decision is None:
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: the models do not decide", limit=limit)
    groups = {str(code): _counts(trial.take(codes == code)) for code in np.unique(codes)}
    found = gap(kind, BINARY, groups, 1 - 2 * level)
    value = found.value
    if not value.known:
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: {value.why}", rows=value.rows, limit=limit)
    good, bad = (value.low >= limit, value.high < limit) if GAPS[kind].quotient else (value.high <= limit, value.low > limit)
    outcome = Outcome.PASS if good else Outcome.FAIL if bad else Outcome.INCONCLUSIVE
    said = {Outcome.PASS: "is within", Outcome.FAIL: "is beyond"}.get(outcome, "may be beyond")
    span = f"{value.value:.4g} ({value.low:.4g} to {value.high:.4g}), between {found.greatest} and {found.least}"
    return Check(name, outcome, f"{name} {said} its limit of {limit:.4g}: {span}", value.value, value.low, value.high, limit, value.rows)


def _counts(part: Trial) -> OutcomeCounts:
    empty = OutcomeCounts.empty(BINARY)
    said = part.challenger.decision
    table = empty.table.copy()
    if said is not None:
        rows, columns = (np.where((one < 0) | (one > 1), UNKNOWN, one).astype(np.intp) for one in (said, part.label))
        np.add.at(table, (rows, columns), 1)
    return OutcomeCounts(table, empty.scores, empty.sums, empty.measures, empty.measured)


def like_minded(leaning: Leaning, limit: float, level: float) -> Check:
    """Both models lean on the columns in the same order: the rank correlation of what moves their answers is at least the limit.

    Importance is the mean change of a score when a column is exchanged between rows (Breiman 2001, without labels, as Fisher et al.
    2019); Spearman's correlation of the two orders, its error by a jackknife over parts of the rows on Fisher's scale.
    """
    name, columns, rows = "explanation", len(leaning.columns), leaning.champion.shape[1]
    if columns < FEWEST_COLUMNS or rows < 2 * PARTS:
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: {columns} columns and {rows} rows are too few", rows=rows, limit=limit)
    whole = _agreement(leaning, np.ones(rows, dtype=np.bool_))
    if not math.isfinite(whole):
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: the scores of a model never move", rows=rows, limit=limit)
    part = np.arange(rows) % PARTS
    without = np.array([_agreement(leaning, part != one) for one in range(PARTS)])
    held = [float(np.arctanh(np.clip(one, -0.999, 0.999))) for one in (whole, *without)]
    error = math.sqrt((PARTS - 1) / PARTS * float(((np.array(held[1:]) - np.mean(held[1:])) ** 2).sum()))
    half = float(normal_quantile(level)) * error
    low, high = math.tanh(held[0] - half), math.tanh(held[0] + half)
    outcome = Outcome.PASS if low >= limit else Outcome.FAIL if high < limit else Outcome.INCONCLUSIVE
    first = [leaning.columns[int(np.argmax(side.mean(axis=1)))] for side in (leaning.champion, leaning.challenger)]
    leans = f"the champion leans most on {first[0]}, the challenger on {first[1]}"
    sentence = f"{name}: the orders of columns agree by {whole:.3g} ({low:.3g} to {high:.3g}), where {limit:.3g} is asked; {leans}"
    return Check(name, outcome, sentence, whole, low, high, limit, rows)


def _agreement(leaning: Leaning, which: NDArray[np.bool_]) -> float:
    means = [side[:, which].mean(axis=1) for side in (leaning.champion, leaning.challenger)]
    if any(np.ptp(one) == 0 for one in means):
        return math.nan
    return float(scipy.stats.spearmanr(*means).statistic)
