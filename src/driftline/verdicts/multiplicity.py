"""Many tests, one promise: which p-values may be believed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cut(p_values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """The level up to which Benjamini and Hochberg 1995 believe a window's p-values; 0 where they believe none.

    If nothing has changed, the probability of any rejection is at most `level` (for independent or
    positively dependent columns); where some have, at most that share of the rejections is false.

    Args:
        p_values: float64[C, W], one per column, already corrected for the column's own tests; NaN is no test.
        level: the share of the false-alarm budget that one window may spend.

    Returns:
        float64[W].

    >>> float(cut(np.array([[0.001], [0.02], [0.9]]), 0.05)[0])
    0.0333...
    """
    tests = np.isfinite(p_values).sum(0)
    ranked = np.sort(np.where(np.isfinite(p_values), p_values, np.inf), axis=0)
    place = np.arange(1, len(ranked) + 1)[:, None]
    passed = ranked <= level * place / np.maximum(tests, 1)
    believed = np.where(passed, place, 0).max(0, initial=0)
    return np.asarray(level * believed / np.maximum(tests, 1))
