"""How much each row looks like the newest: what rows are weighed by where they are to count by importance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.training.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEWEST, FEWEST = 0.25, 50
"""So much of the rows is the newest where nothing changed; with fewer on either side nobody can say what the newest look like."""


def recency(rows: pa.Table, features: Sequence[str], made: Floats, since: float | None) -> Floats:
    """How likely each row is, by its features, to be one of the newest rather than of the older ones; a half where nothing can tell.

    Trees learn it on every second row and are asked about the others, so that none is weighed by what was learnt from itself
    (Bickel, Brückner and Scheffer 2009). The newest are those since the change, or the newest quarter.

    Args:
        rows: those that a model may be trained on, in the order of time or of what they came in.
        features: the columns that are asked.
        made: float64[rows], when each was made, in seconds since 1970.
        since: when things changed, in seconds since 1970; None where they did not.

    Raises:
        PluginError: scikit-learn is not installed.
    """
    told = np.full(made.size, 0.5)
    newest = made >= (np.quantile(made, 1 - NEWEST) if since is None else since) if made.size else np.zeros(0, dtype=np.bool_)
    if not features or min(newest.sum(), (~newest).sum()) < FEWEST:
        return told
    trees, halves = StandIn(tuple(features), classifies=True), [np.arange(half, made.size, 2) for half in (0, 1)]
    for learnt, asked in (halves, halves[::-1]):
        truth = newest[learnt].astype(np.float64)
        # Both sides weigh alike: how many there are of each is no matter of what they look like.
        heavy = np.where(truth > 0, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
        told[asked] = trees.scores(rows.take(pa.array(learnt)), truth, heavy, rows.take(pa.array(asked)))
    return told
