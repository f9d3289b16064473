"""A column's counts as shares of rows, in few enough bins to look at: the same bins for the reference and every window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import LARGEST, LevelBins, NumberBins
from driftline.profile.profile import Odd
from driftline.reports.axis import Axis, axis_for, label_of
from driftline.reports.wording import clean
from driftline.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile

LEVELS_SHOWN = 20
DISCRETE = 20
"""At most this many distinct numbers are shown as bars of their own."""

ODD_WORDS = {Odd.NULL: "null", Odd.NAN: "not a number", Odd.WRONG_TYPE: "of the wrong type", Odd.ABSENT: "column absent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Shares of rows: row 0 is the reference, then one row per window; NaN where a window has no rows.

    Attributes:
        axis: the axis of the ordered bins; None where there are only bars.
        body: float64[1 + windows, axis.bins], shares in the ordered bins.
        labels: what each bar stands for: a level, a point mass, null, what lies outside the view.
        bars: float64[1 + windows, len(labels)], shares in the bars; body and bars sum to 1.
    """

    axis: Axis | None
    body: NDArray[np.float64]
    labels: tuple[str, ...]
    bars: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Fine bins between bounds, with their shares: lower, upper, float64[1 + windows, bins]."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    shares: NDArray[np.float64]

    @property
    def atoms(self) -> NDArray[np.bool_]:
        """Which bins hold a single value."""
        return np.asarray(self.upper == np.nextafter(self.lower, math.inf))


def histogram(profiles: Sequence[Profile], name: str) -> Histogram:
    """Gather the shares of one column; `profiles[0]` is the reference. Empty for what is no column of the plan.

    Every share is exact where a bin's edge lies on an edge of the fine bins; between those, the rows
    of a fine bin are spread evenly over it.
    """
    column = place(profiles[0], name)
    if column is None:
        nothing = np.empty((len(profiles), 0))
        return Histogram(axis=None, body=nothing, labels=(), bars=nothing)
    planned = profiles[0].plan.columns[column]
    rows = np.array([[float(profile.rows)] for profile in profiles])
    rows[rows == 0] = math.nan
    shares = np.array([profile.bins(column) for profile in profiles]) / rows
    odd = np.array([profile.odd[column] for profile in profiles]) / rows
    match planned.bins:
        case NumberBins() as bins:
            axis, body, named = _of_numbers(bins, shares, planned.column.kind)
        case LevelBins() as bins:
            axis, body, named = None, shares[:, :0], _of_levels(bins, shares)
        case None:
            axis, body, named = None, shares[:, :0], [("any value", shares[:, 0])]
    named += [(word, odd[:, kind]) for kind, word in ODD_WORDS.items() if np.nansum(odd[:, kind]) > 0]
    bars = np.array([share for _, share in named]).T if named else shares[:, :0]
    return Histogram(axis=axis, body=body, labels=tuple(label for label, _ in named), bars=bars)


def number_histogram(edges: NDArray[np.float64], counts: NDArray[np.int64]) -> Histogram:
    """Gather counts in plain bins between inner edges; row 0 is the reference. Shape of `counts`: rows × (edges + 1)."""
    bins = NumberBins((-LARGEST, *edges.tolist(), math.inf))
    total = counts.sum(axis=1, keepdims=True).astype(float)
    total[total == 0] = math.nan
    # Such bins hold nothing endless: their first and last bin are open.
    axis, body, named = _of_numbers(bins, np.pad(counts, ((0, 0), (1, 1))) / total, Kind.NUMBER)
    bars = np.array([share for _, share in named]).T if named else body[:, :0]
    return Histogram(axis=axis, body=body, labels=tuple(label for label, _ in named), bars=bars)


def place(profile: Profile, name: str) -> int | None:
    """Where a column stands in the plan; None for what is judged but is no column, such as the rows as a whole."""
    return next((i for i, planned in enumerate(profile.plan.columns) if planned.name == name), None)


Named = list[tuple[str, "NDArray[np.float64]"]]


def _of_levels(bins: LevelBins, shares: NDArray[np.float64]) -> Named:
    """The levels that were ever most frequent, in the reference's order, then the others and the unseen."""
    peak = np.nanmax(np.nan_to_num(shares[:, :-1]), axis=0, initial=0.0)
    shown = np.sort(np.argsort(-peak, kind="stable")[:LEVELS_SHOWN])
    named: Named = [(clean(bins.levels[i], 40) or "(empty text)", shares[:, i]) for i in shown]
    if others := len(bins.levels) - len(shown):
        named.append((f"{others:,} other levels", shares[:, :-1].sum(axis=1) - shares[:, shown].sum(axis=1)))
    if np.nansum(shares[:, -1]) > 0:
        named.append(("rare or unseen" if bins.open else "unseen", shares[:, -1]))
    return named


def _of_numbers(bins: NumberBins, shares: NDArray[np.float64], kind: Kind) -> tuple[Axis | None, NDArray[np.float64], Named]:
    edges = bins.array
    finite = np.flatnonzero((edges[:-1] > -LARGEST) & (edges[1:] < math.inf))
    infinite: Named = [(word, shares[:, i]) for word, i in (("-∞", 0), ("+∞", -1)) if np.nansum(shares[:, i]) > 0]
    if not finite.size:
        return None, shares[:, :0], [("any value", shares[:, 1:-1].sum(axis=1)), *infinite]
    pieces = Pieces(edges[finite], edges[finite + 1], shares[:, finite + 1])
    below, above = shares[:, 1 : finite[0] + 1].sum(axis=1), shares[:, finite[-1] + 2 : -1].sum(axis=1)
    between = pieces.shares[:, ~pieces.atoms]
    few = 0 < pieces.atoms.sum() <= DISCRETE and between[0].sum() < 0.005  # noqa: PLR2004  1 reference row in 200
    if few:
        named = [(label_of(v, kind), s) for v, s in zip(pieces.lower[pieces.atoms], pieces.shares[:, pieces.atoms].T, strict=True)]
        named += _present("between those", between.sum(axis=1))
        outside = _present(f"below {label_of(pieces.lower[0], kind)}", below) + _present(f"above {label_of(pieces.lower[-1], kind)}", above)
        return None, shares[:, :0], [*named, *outside, *infinite]
    axis = axis_for(pieces.lower, pieces.upper, np.nan_to_num(pieces.shares[0]), kind)
    masses, named = _point_masses(pieces, axis, kind)
    spread = axis.spread(pieces.lower, pieces.upper) * ~masses[:, None]
    body = pieces.shares @ spread[:, 1:-1]
    below, above = below + pieces.shares @ spread[:, 0], above + pieces.shares @ spread[:, -1]
    outside = _present(f"below {axis.label(0)}", below) + _present(f"above {axis.label(axis.bins)}", above)
    return axis, body, [*named, *outside, *infinite]


def _point_masses(pieces: Pieces, axis: Axis, kind: Kind) -> tuple[NDArray[np.bool_], Named]:
    """Values so frequent that they would dwarf every bin, and those that have no place on the axis."""
    peak = np.nanmax(np.nan_to_num(pieces.shares), axis=0)
    heavy = 0.25 if axis.whole else 0.06
    taken = pieces.atoms & ((peak >= heavy) | ((axis.place(pieces.lower) < 0) & (peak >= 0.01)))  # noqa: PLR2004  1%
    taken[np.argsort(-peak, kind="stable")[LEVELS_SHOWN:]] = False
    return taken, [(f"exactly {label_of(pieces.lower[i], kind)}", pieces.shares[:, i]) for i in np.flatnonzero(taken)]


def _present(label: str, share: NDArray[np.float64]) -> Named:
    # Spreading rows over bins leaves a rounding error of some 1e-17.
    return [(label, share)] if np.nanmax(np.nan_to_num(share)) > 1e-9 else []  # noqa: PLR2004  as said


def unseen_values(profile: Profile, column: int, most: int = 8) -> tuple[tuple[str, int], ...]:
    """Values outside the reference's levels that were kept, the most frequent first, and their rows."""
    kept = sorted(profile.unseen[column].items(), key=lambda item: (-item[1], item[0]))
    return tuple((clean(value, 60) or "(empty text)", count) for value, count in kept[:most])
