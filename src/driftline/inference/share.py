"""The facet of a share: how often something happened in the reference and in each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.facet import Ask, Facet, Tally
from driftline.inference.significance import POWER_Z, normal_quantile, share_interval, share_p

if TYPE_CHECKING:
    from numpy.typing import NDArray


def share_facet(
    name: str,
    hits: NDArray[np.float64],
    rows: NDArray[np.float64],
    ref_hits: NDArray[np.float64],
    ref_rows: NDArray[np.float64],
    design: NDArray[np.float64] | float,
    ask: Ask,
    looks: NDArray[np.float64] | float = 1.0,
) -> Facet:
    """A share in the reference against a share in each window; all arrays C × W. `looks` bins were looked at to choose this one."""
    level = ask.level(name) / 2 / looks
    z_alpha = normal_quantile(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        q, p = hits / rows, ref_hits / ref_rows
        pooled = np.clip((hits + ref_hits) / (rows + ref_rows), 0.5 / (rows + ref_rows), 1 - 0.5 / (rows + ref_rows))
        error = np.sqrt(pooled * (1 - pooled) * design * (1 / rows + 1 / ref_rows))
        # Where the reference has none, a few rows in a row decide, not a standard error.
        few = np.log(level) / np.log(rows / (rows + ref_rows)) * design / rows
    low, high = share_interval(hits, rows, ref_hits, ref_rows, normal_quantile((1 - ask.confidence) / 2 / looks), design)
    p_value = np.minimum(share_p(hits, rows, ref_hits, ref_rows, design) * looks, 1.0)
    return Facet(
        name=name,
        tally=Tally(*np.broadcast_arrays(hits, rows, ref_hits, ref_rows, np.asarray(design, dtype=np.float64))),
        value=q,
        effect=q - p,
        low=low,
        high=high,
        p_value=p_value,
        threshold=np.minimum(p + np.maximum(z_alpha * error, few), 1.0),
        detectable=np.minimum(np.maximum((z_alpha + POWER_Z) * error, few), 1.0),
    )
