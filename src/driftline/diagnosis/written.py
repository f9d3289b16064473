"""How finely numbers are written down, and whether they were multiplied after that: what tells another unit from dearer things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.atoms import on_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.look import Look
    from driftline.diagnosis.units import Unit

    Floats = NDArray[np.float64]

STEPS = 10.0 ** np.arange(3, -5, -1)
"""Numbers are written in such steps; what is finer shows nothing."""

NEARLY_ALL, FEW = 0.95, 0.5
"""Numbers are written in steps on which nearly all lie; where fewer than this lie on them they are not."""

FEWEST = 20
"""With fewer sampled values nothing is said."""


def multiplied(look: Look, unit: Unit) -> bool | None:
    """Whether the window's values were brought to a unit after they had been written down.

    Amounts in cents are whole cents whatever they come to; the same amounts times 1.609 are not, and are again once that is undone.

    Returns:
        True where values are written as the base's only when the unit is undone; False where they are as they are, and would not be
        when it is; None where both or neither is so, or the base is written in no steps.
    """
    base, now = (values[np.isfinite(values) & (values != 0)] for values in (look.base.values, look.now.values))
    if min(base.size, now.size) < FEWEST:
        return None
    step = next((step for step in STEPS if on_grid(base, step).mean() >= NEARLY_ALL), None)
    if step is None:
        return None
    kept, undone = (float(on_grid(values, step).mean()) for values in (now, (now - unit.offset) / unit.factor))
    if undone >= NEARLY_ALL and kept < FEW:
        return True
    return False if kept >= NEARLY_ALL and undone < FEW else None
