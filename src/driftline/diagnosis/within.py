"""Rows in another unit that lie among the others: hundredths of degrees are degrees too, only many of them and near to nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.curve import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.curve import Curve

    Floats = NDArray[np.float64]

ENDS = 0.001
"""What lies beyond this share of the base on either side lies outside it (methods 8.2)."""

KNOTS = np.array([ENDS, 0.005, 0.01, 0.025, *(np.arange(1, PARTS) / PARTS), 0.975, 0.99, 0.995, 1 - ENDS])
"""Between these shares of its rows the base's density is taken for even."""

ANYTHING = 0.01
"""One value in a hundred may be anything."""

WIDELY = 10.0
"""Where nothing is known of a group of values, it may lie anywhere within so many of its own widths."""


def density(base: Curve, values: Floats, factor: float = 1.0, offset: float = 0.0) -> Floats:
    """The density of factor · base + offset at some values; 0 outside its middle 99.8%."""
    knots = np.unique(base.quantile(KNOTS))
    if knots.size <= 1:
        return np.zeros(values.size)
    back = (values - offset) / factor
    place = np.searchsorted(knots, back, side="right") - 1
    # Subnormal steps between knots would make a density of infinity.
    height = np.diff(base.at(knots)) / np.maximum(np.diff(knots), 1e-290) / abs(factor)
    inside = (place >= 0) & (place < height.size)
    return np.where(inside, height[np.clip(place, 0, height.size - 1)], 0.0)


def likelihood(base: Curve, values: Floats, factor: float, offset: float, share: float) -> float:
    """Log likelihood of values of which a share is in another unit and the others are as the base is."""
    if not values.size:
        return 0.0
    anything = ANYTHING / max(float(np.ptp(values)), 1e-12)
    mixed = (1 - share) * density(base, values) + share * density(base, values, factor, offset)
    return float(np.log((1 - ANYTHING) * mixed + anything).sum())


def group(base: Curve, values: Floats, ends: tuple[float, float], share: float) -> float:
    """Log likelihood of the same values, if the share is a new group of its own between two ends: normal, as wide as it is.

    Where its middle lies and how wide it is are learnt from it, to one part in the root of its number, and cost as much.
    """
    inside = values[(values >= ends[0]) & (values <= ends[1])]
    if inside.size < 2 or not np.ptp(inside) > 0:  # noqa: PLR2004  one value is no group
        return -math.inf
    middle, spread = float(np.median(inside)), float(np.subtract(*np.quantile(inside, [0.75, 0.25]))) / 1.349 or float(inside.std())
    anything = ANYTHING / max(float(np.ptp(values)), 1e-12)
    normal = np.exp(-(((values - middle) / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi))
    mixed = (1 - share) * density(base, values) + share * normal
    learnt = 2 * math.log(WIDELY * math.sqrt(inside.size))
    return float(np.log((1 - ANYTHING) * mixed + anything).sum()) - learnt
