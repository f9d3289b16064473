"""How heavy each row is that a model is trained on: a first reading of times and labels, before rows are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.decisions.sampling import Terms, heavy
from driftline.training.snapshot import EVERYTHING

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from driftline.release.rows import Labelled
    from driftline.training.snapshot import Cut, Wanted, Weigh

    Floats = NDArray[np.float64]


def weighing(rows: Labelled, wanted: Wanted, cut: Cut, way: str, changed: str) -> Weigh | None:
    """By one of the ways of `driftline.decisions.sampling`; eight bytes a row are held meanwhile.

    Args:
        rows: where rows come from.
        wanted: which of them are left to choose among.
        cut: times and windows of a batch's rows.
        way: the way to choose.
        changed: the window since which things are otherwise, by label; empty where they are not.

    Returns:
        None where all rows are alike.

    Raises:
        ConfigError: there is no such way.
    """
    if way == EVERYTHING:
        return None
    made, since = _times(rows, wanted, cut, changed)
    weights = heavy(way, made, Terms(now=np.inf, since=since))
    if not made.size or (weights == weights[0]).all():
        return None
    times, first = np.unique(made, return_index=True)
    # The mean of those that are kept is 1, and times that came after this reading weigh nothing.
    found = np.append(weights[first] / weights[weights > 0].mean(), 0.0)

    def weigh(batch: pa.RecordBatch, asked: NDArray[np.int64]) -> Floats:
        del batch
        places = np.minimum(np.searchsorted(times, asked), times.size - 1)
        return found[np.where(times[places] == asked, places, times.size)]

    return weigh


def _times(rows: Labelled, wanted: Wanted, cut: Cut, changed: str) -> tuple[Floats, float | None]:
    """When the rows were made that are left to choose among, and the first row of the window since which things are otherwise."""
    parts, since = [np.empty(0)], np.inf
    for batch in rows.source.batches([rows.time, rows.label]):
        times, codes, windows = cut(batch)
        keep = np.ones(batch.num_rows, dtype=np.bool_)
        for _, away in wanted.unwanted(batch, times, codes, windows):
            keep &= ~away
        parts.append(times[keep].astype(np.float64))
        first = times[np.array([window.label == changed for window in windows], dtype=np.bool_)[codes]]
        since = min(since, float(first.min())) if first.size else since
    return np.concatenate(parts), since if np.isfinite(since) else None
