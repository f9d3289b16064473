"""Words that decisions share: lists of names, dates, and how sure a loss is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.decisions.evidence import Loss

NAMED = 3
"""So many names are told; the others are counted."""

Z90 = 1.6448536269514722
"""Half the width of a 90% interval, in standard errors."""


def listed(names: Sequence[str]) -> str:
    """A few names.

    >>> listed(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def dated(at: datetime) -> str:
    """A day, with the hour where it is not midnight.

    >>> from datetime import datetime
    >>> dated(datetime(2026, 3, 1)), dated(datetime(2026, 3, 1, 7, 30))
    ('on 2026-03-01', 'on 2026-03-01 07:30')
    """
    return f"on {at:%Y-%m-%d %H:%M}" if (at.hour, at.minute) != (0, 0) else f"on {at:%Y-%m-%d}"


def sure(loss: Loss) -> float:
    """The probability that a loss is more than what matters, were its error normal: Φ((worsening − floor) / error)."""
    error = (loss.high - loss.low) / (2 * Z90)
    if error <= 0:
        return 1.0 if loss.worsening > loss.floor else 0.0
    return 0.5 * (1 + math.erf((loss.worsening - loss.floor) / error / math.sqrt(2)))
