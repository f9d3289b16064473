"""From faults and verdicts to causes: what a fault explains, of what kind the rest is, and what is most probable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.blame import blame
from driftline.diagnosis.blame import told as in_words
from driftline.diagnosis.naming import together
from driftline.diagnosis.risks import risks
from driftline.diagnosis.rowwise import SMALL, associated
from driftline.diagnosis.shifts import rest
from driftline.diagnosis.where import slices
from driftline.diagnosis.wording import listed
from driftline.schema import Role
from driftline.verdicts.diagnosis import EVERY_COLUMN, Change, Diagnosis
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.fault import Fault
    from driftline.verdicts.report import ColumnReport, WindowReport

OLD = 0.7
"""What was there before explains less of why a window is as it is; new causes of nearly the same confidence go first."""

LOCATED = 3
"""For so many causes it is asked where they live."""

MOVED = frozenset({Change.COVARIATE, Change.OUTPUT, Change.CONCEPT, Change.LABEL})
"""Changes of the world, of which it is asked what they do to the model's output."""

LARGEST = 5
"""So many of the largest parts are kept as evidence."""

OUTPUTS = frozenset({Role.PREDICTION, Role.SCORE})


def causes(case: Case, found: Sequence[Fault], window: WindowReport, before: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """The causes of a window's change, the most probable first.

    Args:
        case: the window.
        found: its faults.
        window: its verdicts.
        before: the causes of the window before it.
    """
    columns = {column.name: column for column in window.columns}
    drifted = [name for name, column in columns.items() if column.verdict is Verdict.DRIFTED]
    named = {name for fault in found for name in fault.columns}
    told: list[Diagnosis] = []
    for group in together(list(found)):
        fault = lasting(case, group, before)
        open_ones = [columns[name] for name in drifted if name not in named and not any(name in one.explains for one in told)]
        told.append(replace(fault, explains=_explained(case, fault, open_ones)))
    left = [columns[name] for name in drifted if name not in named and not any(name in one.explains for one in told)]
    left = [
        column for column in left if column.role not in {Role.ID, Role.TIMESTAMP} or not any(EVERY_COLUMN in one.columns for one in told)
    ]
    told += rest(case, left, window, faulty=bool(told))
    ranked = sorted(told, key=lambda one: -one.confidence * (1.0 if one.new else OLD))
    located = [replace(one, where=slices(case, one)) if place < LOCATED else one for place, one in enumerate(ranked)]
    return (*_with_blame(case, located, window), *risks(case, window))


def _with_blame(case: Case, told: list[Diagnosis], window: WindowReport) -> list[Diagnosis]:
    """Say of the first change of inputs or outputs, that is no fault, whose drift makes what of the prediction and the loss."""
    outputs = {column.name for column in window.columns if column.role in OUTPUTS and column.verdict is Verdict.DRIFTED}
    worse = any(one.decides and one.verdict is Verdict.DRIFTED for one in window.performance)
    at = next((place for place, one in enumerate(told) if one.change in MOVED), None)
    if at is None or not (outputs or worse):
        return told
    found = [one for one in (blame(case) if outputs else None, blame(case, "loss") if worse else None) if one is not None]
    if words := in_words(found):
        numbers = {f"{one.of}: {name}": part for one in found for name, part in (*one.parts[:LARGEST], ("rest", one.rest))}
        told[at] = replace(told[at], sentence=f"{told[at].sentence}; {words}", evidence={**told[at].evidence, **numbers})
    return told


def lasting(case: Case, group: Sequence[Fault], before: Sequence[Diagnosis]) -> Diagnosis:
    """One cause from faults that belong together; it goes on from the window before where that had the same."""
    first = group[0]
    columns = tuple(dict.fromkeys(name for fault in group for name in fault.columns))
    same = [one for one in before if one.change is Change.FAULT and one.kind == first.signature and set(one.columns) & set(columns)]
    others = f"; so it is in {listed(columns[len(first.columns) :])}" if len(group) > 1 else ""
    where = "" if first.columns == (EVERY_COLUMN,) else f"{listed(first.columns)}: "
    return Diagnosis(
        change=Change.FAULT,
        kind=first.signature,
        columns=columns,
        sentence=f"{where}{first.cause}{others}",
        remedy=first.remedy,
        confidence=first.confidence,
        share=first.share,
        interval=first.interval,
        evidence=first.evidence,
        since=same[0].since if same else case.window,
        new=not same,
        polluted=first.spoils,
        mark=first.mark,
    )


def _explained(case: Case, cause: Diagnosis, columns: Sequence[ColumnReport]) -> tuple[str, ...]:
    """Columns that drifted when the fault began, and follow from it.

    They do where the whole table is at fault, where they are what the model says, or where they go with a column that is
    at fault in the reference's rows.
    """
    begun = [column for column in columns if column.since == cause.since]
    if EVERY_COLUMN in cause.columns or cause.kind == "missing_partition":
        return tuple(column.name for column in begun)
    if not begun:
        return ()
    places = [case.plan.index(name) for name in cause.columns]
    goes_with = np.any([associated(case.rows.reference.codes, place) >= SMALL for place in places], axis=0)
    follows = not all(case.plan.columns[place].column.role in OUTPUTS for place in places)
    return tuple(column.name for column in begun if (follows and column.role in OUTPUTS) or goes_with[case.plan.index(column.name)])
