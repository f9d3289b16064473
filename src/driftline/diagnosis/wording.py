"""Numbers as the sentences of a diagnosis write them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driftline.verdicts.diagnosis import Diagnosis

ALMOST = 0.99
"""From here on a share is written with a decimal."""

WHOLE = 10_000
"""From here on a number is written with separators and without decimals."""


def figure(value: float) -> str:
    """Write a number with the four digits that tell one value from another.

    >>> figure(1.609344), figure(0.5), figure(86400.0), figure(-1.0)
    ('1.609', '0.5', '86,400', '-1')
    """
    return f"{value:,.0f}" if abs(value) >= WHOLE else f"{value:.4g}"


def rows(share: float) -> str:
    """Write a share of the rows.

    >>> rows(1.0), rows(0.3012), rows(0.00046)
    ('all rows', '30% of rows', '0.046% of rows')
    >>> rows(0.996)
    '99.6% of rows'
    """
    if share >= 0.9995 or share <= 0:  # noqa: PLR2004  99.95% reads as 100%
        return "all rows" if share > 0 else f"{share:.2g} of rows"
    # Two digits would write 99.6% as 1e+02.
    return f"{share * 100:.{3 if share > ALMOST else 2}g}% of rows"


def listed(names: tuple[str, ...] | list[str], most: int = 4) -> str:
    """Write a few names, and how many more there are.

    >>> listed(["a"]), listed(["a", "b"]), listed(list("abcdef"))
    ('a', 'a and b', 'a, b, c, d and 2 more')
    """
    shown, left = list(names[:most]), len(names) - most
    if left > 0:
        return f"{', '.join(shown)} and {left} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def placed(told: Diagnosis) -> Diagnosis:
    """Add to an explanation's sentence where the change lives, if that is known."""
    if not told.where:
        return told
    part = told.where[0]
    much = "all" if part.carries >= 0.995 else f"{part.carries:.0%}"  # noqa: PLR2004  99.5% reads as 100%
    return replace(told, sentence=f"{told.sentence}; {much} of it where {' and '.join(part.conditions)} ({rows(part.rows)})")
