"""What another model says, written as the model in service wrote it: scores, and the predictions that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome

    Floats = NDArray[np.float64]


def in_columns(outcome: Outcome, said: Floats, threshold: float) -> dict[str, pa.Array]:
    """The columns a model fills, by name.

    Args:
        outcome: how outcomes are counted.
        said: float64[rows], scores of the positive class, or predicted numbers; NaN where nothing was said.
        threshold: the score from which on a binary model says yes.
    """
    nothing = np.isnan(said)
    numbers = pa.array(said, mask=nothing)
    if outcome.task is Task.REGRESSION:
        return {} if outcome.prediction is None else {outcome.prediction: numbers}
    found = dict.fromkeys(outcome.scores[:1], numbers)
    if outcome.prediction is not None:
        classes = pa.array(outcome.classes)
        found[outcome.prediction] = classes.take(pa.array((said >= threshold).astype(np.intp), mask=nothing))
    return found


def cut_of(outcome: Outcome, rows: pa.Table) -> float:
    """The score from which on the model in service says yes: as it was told, or as its scores and predictions show.

    Where a score and a prediction do not go together, the cut that errs least by count.
    """
    names = (outcome.scores[0] if outcome.scores else None, outcome.prediction)
    if None in names or not set(names) <= set(rows.column_names):
        return outcome.threshold
    scores = np.asarray(pc.cast(rows[names[0]], pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    yes = pc.is_in(pc.cast(rows[names[1]], pa.string()), pa.array([outcome.classes[1], f"{outcome.classes[1]}.0"]))
    said, there = np.asarray(pc.fill_null(yes, fill_value=False).to_numpy(), dtype=bool), ~np.isnan(scores)
    order = np.argsort(scores[there], kind="stable")
    ranked, told = scores[there][order], said[there][order]
    # With the cut before place k, yeses before it and noes from it on are wrong.
    wrong = np.concatenate([[0], np.cumsum(told)]) + (~told).sum() - np.concatenate([[0], np.cumsum(~told)])
    place = int(np.argmin(wrong))
    return float(ranked[place]) if 0 < place < ranked.size else outcome.threshold
