"""Rows without a value that the column should have, and values far outside all that it ever had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import design, two_shares
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.wording import figure, rows
from driftline.profile.bins import NumberBins
from driftline.profile.profile import Odd
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Floats, Look

LEAST_SHARE = 0.001
"""A smaller share is not told."""

FACETS = {"null_burst": "null", "infinite_values": "nan", "type_change": "wrong_type", "missing_column": "absent"}
"""The facet of the verdict whose floor says how many rows matter."""

FAR = 1.0
"""Values are far outside where they lie beyond the base's range by more than this many of its widths: tails do not jump."""

FEWEST = 3
"""So many sampled values must lie far outside."""


def null_burst(case: Case, look: Look) -> Fault | None:
    """More rows without a value than before: null, or not a number."""
    return _more(
        case,
        look,
        "null_burst",
        (Odd.NULL, Odd.NAN),
        "{share} have no value, where {was} had none: a source that did not answer, or a join that found nothing",
        "find the source or the join that lost the values, and load the window again; do not impute before it is known",
    )


def infinite_values(case: Case, look: Look) -> Fault | None:
    """More values that are infinite: the outermost bins hold those and nothing else."""
    if not isinstance(look.planned.bins, NumberBins):
        return None
    ends = [0, -1]
    hits, before = (float(part.counts[ends].sum()) for part in (look.now, look.base))
    return _grown(
        case,
        look,
        "infinite_values",
        (hits, before, look.blocks[:, ends].sum(1)),
        "{share} have an infinite value, where {was} had: a division by zero, or an overflow",
        "find the division or the logarithm that the column is made by, and say what it gives where there is nothing to divide by",
    )


def type_change(case: Case, look: Look) -> Fault | None:
    """More values that are not of the column's type."""
    return _more(
        case,
        look,
        "type_change",
        (Odd.WRONG_TYPE,),
        "{share} have values that are no {kind}, where {was} had: a type or a number format changed upstream",
        "find the cast or the format (decimal commas, units within the text), and deliver the column as a {kind} again",
    )


def missing_column(case: Case, look: Look) -> Fault | None:
    """Rows in which the whole column is not there."""
    return _more(
        case,
        look,
        "missing_column",
        (Odd.ABSENT,),
        "the column is not there in {share}: it was dropped or renamed upstream, or a file has another layout",
        "deliver the column again, or, if it has another name now, map the name",
    )


def _more(case: Case, look: Look, signature: str, odd: tuple[Odd, ...], cause: str, remedy: str) -> Fault | None:
    """A fault where the share of rows without a value of such kinds has grown."""
    kinds = list(odd)
    hits, before = (float(part.odd[kinds].sum()) for part in (look.now, look.base))
    return _grown(case, look, signature, (hits, before, look.odd[:, kinds].sum(1)), cause, remedy)


def _grown(case: Case, look: Look, signature: str, found: tuple[float, float, Floats], cause: str, remedy: str) -> Fault | None:
    """A fault where a share of rows has grown: so many now, so many in the base, and in each block of the reference."""
    if not look.now.rows or not look.base.rows:
        return None
    hits, before, each = found
    share, was = hits / look.now.rows, before / look.base.rows
    if share - was < max(LEAST_SHARE, case.floor(look.place, FACETS[signature])):
        return None
    p_value, (low, high) = two_shares(hits, look.now.rows, before, look.base.rows, design(each, look.odd[:, -1]))
    words = {"share": rows(share), "was": rows(was) if was else "none", "kind": look.planned.column.kind.value}
    return Fault(
        signature=signature,
        columns=(look.name,),
        window=case.window,
        share=share - was,
        interval=(max(low, 0.0), high),
        evidence={"is": share, "was": was, "explained": 1.0},
        p_value=p_value,
        confidence=1.0,
        cause=cause.format(**words),
        remedy=remedy.format(**words),
        mark=Mark(look.place, np.nan, np.nan),
    )


def range_violation(case: Case, look: Look) -> Fault | None:
    """Values far beyond all that the base had, as no tail goes on."""
    if look.curves is None:
        return None
    base, now = look.curves
    low, high = look.base.extremes
    if low == high:
        # What never varied has no range.
        return None
    width = max(high - low, abs(high), abs(low), 1e-12) * FAR
    values = look.now.values
    above, below = values > high + width, values < low - width
    side = above if above.sum() >= below.sum() else below
    if side.sum() < FEWEST:
        return None
    ends = np.array([high + width]) if side is above else np.array([low - width])
    share = float(1 - now.at(ends)[0] if side is above else now.at(ends)[0])
    rows_told = min(now.rows, float(look.now.sampled)) if share * now.rows > side.sum() else now.rows
    p_value, interval = two_shares(share * rows_told, rows_told, 0.5, base.rows)
    if share < LEAST_SHARE:
        return None
    seen = values[side]
    mark = Mark(look.place, float(ends[0]), np.inf) if side is above else Mark(look.place, -np.inf, float(ends[0]))
    return Fault(
        signature="range_violation",
        columns=(look.name,),
        window=case.window,
        share=share,
        interval=(max(interval[0], 0.0), interval[1]),
        evidence={"from": float(seen.min()), "to": float(seen.max()), "least": low, "greatest": high, "explained": 1.0},
        p_value=p_value,
        confidence=1.0,
        cause=f"{rows(share)} have values from {figure(seen.min())} to {figure(seen.max())}, far outside {figure(low)} to {figure(high)}",
        remedy="ask the source what these values mean (a code, another unit, garbage), and keep them from the model until it is known",
        mark=mark,
    )
