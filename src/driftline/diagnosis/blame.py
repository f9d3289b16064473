"""What each column's drift does to what the model says, or to how wrong it is: parts that add up to the whole change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.attribution import ATTRIBUTIONS, Asked, shares
from driftline.errors import DriftlineError, PluginError
from driftline.profile.bins import NumberBins
from driftline.schema import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.rowwise import Sampled

    Floats = NDArray[np.float64]

MOST_COLUMNS = 40
"""So many inputs, those that moved most, are given a part; the others count among the rest."""

TOLD, NAMED = 0.1, 3
"""Columns that make a tenth of a change are named, at most three."""

FEWEST = 100
"""With fewer sampled rows on either side nothing is said."""


@dataclass(frozen=True, slots=True)
class Blame:
    """The change of a mean, in parts.

    Attributes:
        of: the column whose mean changed, or "loss".
        before: the mean in the reference's sampled rows.
        now: the mean in the window's.
        parts: columns and what their drift alone makes of the change, the largest first.
        rest: what is left: the model, or the relation, is another one; or columns that were not asked.
    """

    of: str
    before: float
    now: float
    parts: tuple[tuple[str, float], ...]
    rest: float

    @property
    def change(self) -> float:
        """The whole change, which the parts and the rest add up to."""
        return self.now - self.before


def blame(case: Case, of: str = "prediction") -> Blame | None:
    """Split the change of the mean prediction, or of the mean loss, over the columns that drifted.

    How they are split, the case's `attribution` says; without more ado by an additive model, exactly.

    Args:
        case: the window.
        of: "prediction", or "loss": the absolute difference between label and prediction or score.

    Returns:
        None where the model says no number, or too few rows were sampled.
    """
    before, now = (_target(case, side, of) for side in (case.rows.reference, case.rows.now))
    if before is None or now is None:
        return None
    known, seen = np.isfinite(before), np.isfinite(now)
    columns = [place for place, planned in enumerate(case.plan.columns) if planned.column.role in {Role.FEATURE, Role.SEGMENT}]
    if min(known.sum(), seen.sum()) < FEWEST or not columns:
        return None
    then, since = case.rows.reference.codes[known], case.rows.now.codes[seen]
    moved = np.abs(shares(since) - shares(then)).sum(1)
    chosen = sorted(columns, key=lambda place: -moved[place])[:MOST_COLUMNS]
    names = tuple(case.plan.names[place] for place in chosen)
    rows = case.rows.reference.values[known][:, chosen], case.rows.now.values[seen][:, chosen]
    found = _parts(case.attribution, Asked(names, rows[0], before[known], rows[1], (then[:, chosen], since[:, chosen])))
    ranked = sorted(zip(names, found.tolist(), strict=True), key=lambda part: -abs(part[1]))
    means = float(before[known].mean()), float(now[seen].mean())
    return Blame(_name(case) if of == "prediction" else of, *means, tuple(ranked), means[1] - means[0] - float(found.sum()))


def _parts(name: str, asked: Asked) -> Floats:
    """The columns' parts, as the way that was chosen has them.

    Raises:
        PluginError: a guest's way fails, or gives something else than a part for each column.
    """
    way = ATTRIBUTIONS[name]
    try:
        found = np.asarray(way.parts(asked), dtype=np.float64)
    except DriftlineError:
        raise
    except Exception as error:
        raise PluginError(f"the attribution {name!r} fails: {error}", hint="ask the author of the package that offers it") from error
    if found.shape != (len(asked.names),):
        raise PluginError(
            f"the attribution {name!r} gives {found.size} parts for {len(asked.names)} columns", hint="a part for each column"
        )
    return found


def _output(case: Case) -> int | None:
    """Place of what the model says as a number: its score, else its prediction."""
    for role in (Role.SCORE, Role.PREDICTION):
        place = case.plan.with_role(role)
        if place is not None and isinstance(case.plan.columns[place].bins, NumberBins):
            return place
    return None


def _name(case: Case) -> str:
    place = _output(case)
    return "prediction" if place is None else case.plan.names[place]


def _target(case: Case, rows: Sampled, of: str) -> Floats | None:
    place = _output(case)
    if place is None:
        return None
    said = rows.values[:, place]
    if of == "prediction":
        return said
    label = case.plan.with_role(Role.LABEL)
    if label is None or not isinstance(case.plan.columns[label].bins, NumberBins):
        return None
    return np.asarray(np.abs(rows.values[:, label] - said))


def told(found: Sequence[Blame]) -> str:
    """The parts in words: of each change that is worth it, who makes most of it."""
    said = []
    for one in found:
        shares = [(name, part / one.change) for name, part in one.parts if one.change and part / one.change >= TOLD][:NAMED]
        if shares:
            makers = ", ".join(f"{name} makes {share:.0%}" for name, share in shares)
            said.append(f"of the change of the mean {one.of} from {one.before:.3g} to {one.now:.3g}, {makers}")
    return "; ".join(said)
