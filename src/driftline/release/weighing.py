"""How heavy each row is that a model is trained on: a first reading of the rows, before they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.decisions.sampling import EVERYTHING, IMPORTANCE, Terms, heavy
from driftline.errors import DataError
from driftline.training.recency import recency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.release.rows import Labelled
    from driftline.training.snapshot import Cut, Wanted, Weigh

    Floats = NDArray[np.float64]


def weighing(rows: Labelled, wanted: Wanted, cut: Cut, way: str, changed: str) -> Weigh | None:
    """By one of the ways of `driftline.decisions.sampling`; sixteen bytes a row are held meanwhile, by importance the features.

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
        PluginError: it is by importance, and scikit-learn is not installed.
    """
    if way == EVERYTHING:
        return None
    features = rows.features if way == IMPORTANCE else ()
    table, made, since = _read(rows, wanted, cut, changed, features)
    likely = recency(table, features, made, since) if way == IMPORTANCE else None
    weights = heavy(way, made, Terms(now=np.inf, since=since, recency=likely))
    if not made.size or (weights == weights[0]).all():
        return None
    weights /= weights[weights > 0].mean()
    begun = 0

    def weigh(batch: pa.RecordBatch, times: NDArray[np.int64]) -> Floats:
        nonlocal begun
        span = slice(begun, begun + batch.num_rows)
        begun = span.stop
        if not np.array_equal(made[span], times):
            raise DataError("rows came or went while they were read twice, to be weighed and to be written", hint="do it again")
        return weights[span]

    return weigh


def _read(rows: Labelled, wanted: Wanted, cut: Cut, changed: str, features: Sequence[str]) -> tuple[pa.Table, Floats, float | None]:
    """Features and times of the rows that are left to choose among, and the first time in the window since which things are otherwise."""
    times: list[Floats] = [np.empty(0)]
    parts, since = [], np.inf
    for batch in rows.source.batches(list(dict.fromkeys([rows.time, rows.label, *features]))):
        at, codes, windows = cut(batch)
        keep = np.ones(batch.num_rows, dtype=np.bool_)
        for _, away in wanted.unwanted(batch, at, codes, windows):
            keep &= ~away
        times.append(at[keep].astype(np.float64))
        parts.append(pa.Table.from_batches([batch]).select(list(features)).filter(pa.array(keep)))
        first = at[np.array([window.label == changed for window in windows], dtype=np.bool_)[codes]]
        since = min(since, float(first.min())) if first.size else since
    table = pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({})
    return table, np.concatenate(times), since if np.isfinite(since) else None
