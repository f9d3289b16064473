"""What is said of columns that no longer go together, each by itself as before: asked where the setting `together` says how."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.shifts import CREDIBLE, REMEDIES, named
from driftline.diagnosis.together import FEWEST, LEVEL, MEASURES, drawn, scores, together
from driftline.diagnosis.wording import listed
from driftline.schema import Kind, Role
from driftline.verdicts.diagnosis import FLEETING, Change, Diagnosis
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.together import Together
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import ColumnReport, WindowReport

    Floats = NDArray[np.float64]

MOST_BLOCKS = 10
"""So many blocks of the reference are held against the rest of it."""

INPUTS = frozenset({Role.FEATURE, Role.SEGMENT})


def with_unmoved(
    told: tuple[Diagnosis, ...],
    measure: str,
    window: WindowReport,
    now: Profile,
    blocks: Sequence[Profile],
    rng: np.random.Generator,
    before: Sequence[Diagnosis] = (),
) -> tuple[Diagnosis, ...]:
    """A window's explanations, and whether its inputs that did not drift go together otherwise than in the reference.

    It is said where chance makes it rarely, and no block of the reference is as far from the rest of it.

    Args:
        told: what is known of the window already.
        measure: the name of one of `MEASURES`.
        window: its report.
        now: its profile.
        blocks: the reference's.
        rng: dice.
        before: what was told of the window before.
    """
    if window.unfinished:
        # Columns may go together otherwise in the evening: what a part of a window shows says nothing of all of it.
        return told
    places = [now.plan.index(column.name) for column in window.columns if _as_before(column)]
    parts = [block.sample.values[:, places] for block in blocks]
    found = together(measure, np.concatenate(parts), now.sample.values[:, places], rng)
    if found is None or found.p_value > LEVEL:
        return told
    usual = _usual(measure, parts, rng)
    if found.value <= usual:
        return told
    names = [now.plan.names[place] for place in places]
    one = _said(measure, found, usual, names, window.window.label, before)
    known = next((at for at, other in enumerate(told) if other.change is Change.DEPENDENCE), None)
    if known is None:
        return (*told, one)
    # Two correlations that changed are told of already: this speaks for it too.
    both = replace(told[known], evidence={**told[known].evidence, **one.evidence}, sentence=f"{told[known].sentence}; {one.sentence}")
    return (*told[:known], both, *told[known + 1 :])


def _as_before(column: ColumnReport) -> bool:
    """Whether a column is an input whose own distribution is as it was; instants never are."""
    if column.role not in INPUTS or column.kind is Kind.TIMESTAMP:
        return False
    return not any(score.verdict is Verdict.DRIFTED and score.statistic != "dependence" for score in column.scores)


def _usual(measure: str, parts: Sequence[Floats], rng: np.random.Generator) -> float:
    """The farthest that a block of the reference is from the rest of it; minus infinity where no block has enough rows."""
    farthest = -np.inf
    for at, part in list(enumerate(parts))[-MOST_BLOCKS:]:
        rest = np.concatenate([other for place, other in enumerate(parts) if place != at] or [part[:0]])
        if min(len(part), len(rest)) < FEWEST:
            continue
        pair = [scores(drawn(rows, rng), rng) for rows in (rest, part)]
        side = np.repeat([0.0, 1.0], [len(rows) for rows in pair])
        farthest = max(farthest, float(MEASURES[measure].values(np.concatenate(pair), side[:, None], rng)[0]))
    return farthest


def _said(measure: str, found: Together, usual: float, names: Sequence[str], label: str, before: Sequence[Diagnosis]) -> Diagnosis:
    columns = tuple(names[at] for at in found.carriers())
    unit = MEASURES[measure].unit
    earlier = next((one for one in before if one.change is Change.DEPENDENCE), None)
    at_most = f", in the reference at most {usual:.3g}" if np.isfinite(usual) else ""
    carried = {f"carried by {name}": float(found.carried[names.index(name)]) for name in columns}
    return Diagnosis(
        change=Change.DEPENDENCE,
        kind=named(Change.DEPENDENCE),
        columns=columns,
        since=earlier.since if earlier else label,
        new=earlier is None,
        confidence=FLEETING if earlier is None else CREDIBLE[Change.DEPENDENCE],
        sentence=f"the inputs no longer go together as they did, each by itself as before: {unit} {found.value:.3g}{at_most} "
        f"(p = {found.p_value:.2g} by {measure}), most of it in {listed(columns)}",
        remedy=REMEDIES[Change.DEPENDENCE],
        evidence={unit: found.value, **({"usual": usual} if at_most else {}), "p": found.p_value, **carried},
    )
