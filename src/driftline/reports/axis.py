"""The axis of a histogram: equal steps on a plain, logarithmic or whole-number scale, over the reference's central range."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from driftline.reports.wording import graded, number
from driftline.schema import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 56
"""About this many bins at most; steps are rounded, which makes them fewer."""

TAIL = 0.005
"""Share of the reference that may lie beyond each end of the view when its range is much wider than its bulk."""

BULKS = 4.0
"""The view ends so many times the middle half's width beyond the middle half, however heavy the tails."""

DECADES = 2.0
"""A positive column whose bulk spans more powers of ten than this is shown on a logarithmic axis."""

WHOLE_NUMBERS = 8
"""So many point masses, all whole, make a column of whole numbers."""

TICKS = 6
WIDEST = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """`bins` equal steps from `start` to `stop`; both are powers of ten where `log`.

    With `whole`, the bin that begins at 2.5 holds the whole numbers from 3 on.
    """

    kind: Kind
    start: float
    stop: float
    bins: int
    log: bool = False
    whole: bool = False

    def edge(self, i: int) -> float:
        """The value at which bin `i` begins."""
        at = self.start + (self.stop - self.start) * i / self.bins
        return 10.0**at if self.log else at

    def label(self, i: int) -> str:
        """Write the edge at which bin `i` begins."""
        edge = self.edge(i)
        if self.whole:
            return number(math.ceil(edge) - (i == self.bins))
        return label_of(edge, self.kind) if self.log else label_of(edge, self.kind, self.step)

    def cell(self, i: int) -> str:
        """Write what bin `i` holds."""
        if not self.whole:
            return f"{self.label(i)} to {self.label(i + 1)}"
        first, last = math.ceil(self.edge(i)), math.ceil(self.edge(i + 1)) - 1
        return number(first) if first == last else f"{number(first)} to {number(last)}"

    @property
    def step(self) -> float:
        """How wide a bin is, in powers of ten where `log`."""
        return (self.stop - self.start) / self.bins

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where values lie, counted in bins: 0 is the start, `bins` the stop, -inf what a logarithm cannot show."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scaled = np.where(values > 0, np.log10(np.where(values > 0, values, 1.0)), -math.inf) if self.log else values
        return (scaled - self.start) / (self.stop - self.start) * self.bins

    def spread(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
        """How the rows of each fine bin are spread: below the view, over its bins, above it. Shape: fine × (bins + 2)."""
        if self.whole:
            lower, upper = np.ceil(lower) - 0.5, np.ceil(upper) - 0.5
        left, right = self.place(lower)[:, None], self.place(upper)[:, None]
        edges = np.arange(self.bins + 1.0)[None, :]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            part = np.clip((edges - left) / (right - left), 0.0, 1.0)
            # A point mass has no width to spread over; a billionth of a bin is none.
            part = np.where(right - left > 1e-9, part, edges > left)  # noqa: PLR2004  as said
        # A fine bin that begins where the logarithm ends lies below the view, all of it but its last point.
        part = np.where(np.isneginf(left) & np.isfinite(right), edges >= right, part)
        return np.diff(part, axis=1, prepend=0.0, append=1.0)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Round values on the axis: where (in bins, 0 the middle of the first) and what is written there."""
        values, step = self._round_values()
        places = self.place(np.array(values)) - 0.5
        shown = [(float(p), v) for p, v in zip(places, values, strict=True) if 0 <= p + 0.5 <= self.bins]
        return tuple((round(p, 3), label_of(v, self.kind, step)) for p, v in shown)

    def _round_values(self) -> tuple[list[float], float | None]:
        if self.log:
            wide = self.stop - self.start > 3  # noqa: PLR2004  decades
            powers = range(math.floor(self.start), min(math.ceil(self.stop), 307) + 1)
            every = max(1, len(powers) // TICKS)
            return [m * 10.0**power for power in powers[::every] for m in ((1,) if wide else (1, 2, 5))], None
        if self.kind is Kind.TIMESTAMP:
            return [self.start + (self.stop - self.start) * i / (TICKS - 2) for i in range(TICKS - 1)], None
        step = nice_step((self.stop - self.start) / TICKS)
        step = max(step, 1.0) if self.whole else step
        first = math.ceil(self.start / step - 1e-9)
        return [i * step for i in range(first, first + 2 * TICKS + 2)], step


def axis_for(lower: NDArray[np.float64], upper: NDArray[np.float64], shares: NDArray[np.float64], kind: Kind) -> Axis:
    """Choose the view of a column from the reference's fine bins and their shares."""
    atoms = upper == np.nextafter(lower, math.inf)
    low, high = _view(lower, upper, shares)
    bins = int(np.clip(lower.size, 6, BINS))
    if kind is Kind.NUMBER and _whole(lower, atoms):
        first, last = math.ceil(low), math.ceil(high) - 1
        step = max(1, math.ceil((last - first + 1) / BINS))
        bins = math.ceil((last - first + 1) / step)
        return Axis(kind=kind, start=first - 0.5, stop=first - 0.5 + bins * step, bins=bins, whole=True)
    # A point mass at 0 keeps no column from a logarithmic axis: it is shown beside it.
    positive = lower > 0
    if kind is Kind.NUMBER and shares[~positive & ~atoms].sum() <= TAIL and shares[positive].sum() > 0:
        near, bulk, far = _quantiles(lower[positive], upper[positive], shares[positive], (TAIL, 0.05, 1 - TAIL))
        if bulk > 0 and math.log10(far / bulk) > DECADES:
            near = max(near, bulk / 10**DECADES)
            return Axis(kind=kind, start=math.log10(near), stop=math.log10(far), bins=bins, log=True)
    if kind is Kind.TIMESTAMP:
        return Axis(kind=kind, start=low, stop=high, bins=bins)
    width = nice_step((high - low) / bins)
    first = math.floor(low / width + 1e-9)
    last = max(math.ceil(high / width - 1e-9), first + 1)
    return Axis(kind=kind, start=first * width, stop=last * width, bins=last - first)


def nice_step(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten.

    >>> nice_step(0.13), nice_step(3.0), nice_step(70.0)
    (0.2, 5.0, 100.0)
    """
    step = max(step, 10.0**sys.float_info.min_10_exp)  # smaller ones have few digits, or are none
    power = 10.0 ** math.floor(math.log10(step))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= step * (1 - 1e-9))


def label_of(value: float, kind: Kind, step: float | None = None) -> str:
    """Write a value of a column: a number, to the digit that `step` changes, or an instant in seconds since 1970.

    >>> label_of(1000.25, Kind.NUMBER), label_of(1000.25, Kind.NUMBER, 0.05), label_of(86400.0, Kind.TIMESTAMP)
    ('1,000', '1,000.25', '1970-01-02')
    """
    if kind is not Kind.TIMESTAMP:
        return number(value) if step is None else graded(value, step)
    try:
        at = datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return number(value)
    return f"{at:%Y-%m-%d}" if at.hour == at.minute == 0 else f"{at:%Y-%m-%d %H:%M}"


def _whole(lower: NDArray[np.float64], atoms: NDArray[np.bool_]) -> bool:
    """Whether a column seems to hold whole numbers: its fine bins begin at whole numbers or just after a point mass."""
    after = np.r_[False, atoms[:-1]]
    return bool(atoms.sum() >= WHOLE_NUMBERS and np.all((lower == np.rint(lower)) | after) and np.abs(lower).max() < 1e9)  # noqa: PLR2004  larger ones are ids


def _view(lower: NDArray[np.float64], upper: NDArray[np.float64], shares: NDArray[np.float64]) -> tuple[float, float]:
    """The part of the range that is worth looking at: all of it, unless the tails are long."""
    near, left, right, far = _quantiles(lower, upper, shares, (TAIL, 0.25, 0.75, 1 - TAIL))
    low, high = float(lower[0]), float(upper[-1])
    if near - low > 0.5 * (far - near):
        low = near
    if high - far > 0.5 * (far - near):
        high = far
    if (half := right - left) > 1e-9 * (far - near):
        low, high = max(low, left - BULKS * half), min(high, right + BULKS * half)
    # A view must have steps that a double can tell apart, and a width that it can hold.
    low, high = min(max(low, -WIDEST), WIDEST), min(high, WIDEST)
    return (low, high) if high - low > max(1e-9 * max(abs(low), abs(high)), 1 / WIDEST) else (low, low + (abs(low) or 1.0))


def _quantiles(
    lower: NDArray[np.float64], upper: NDArray[np.float64], shares: NDArray[np.float64], at: tuple[float, ...]
) -> tuple[float, ...]:
    """Edges of the fine bins that hold these quantiles: the lower edge below the median, the upper one above."""
    heads = np.cumsum(shares) / (shares.sum() or 1.0)
    places = [int(np.searchsorted(heads, q).clip(0, lower.size - 1)) for q in at]
    return tuple(float(lower[p] if q < 0.5 else upper[p]) for p, q in zip(places, at, strict=True))  # noqa: PLR2004  the median
