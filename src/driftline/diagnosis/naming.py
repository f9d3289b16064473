"""Naming the faults of a window: every signature is asked, and of what is found in one column the most credible is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.diagnosis.case import each
from driftline.diagnosis.signatures import FALSE_ALARMS, SIGNATURES
from driftline.verdicts.diagnosis import EVERY_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.fault import Fault
    from driftline.diagnosis.signature import Signature

LEAST = 0.5
"""What is less credible is rather wrong than right, and is not told."""

CREDIBLE = 0.7
"""A fault this credible needs no better one to be looked for."""


def faults(case: Case, asked: Sequence[Signature] = SIGNATURES, false_alarms: float = FALSE_ALARMS) -> list[Fault]:
    """The faults of a window, at most one in each column, the most credible first.

    Each test is made at the level of all divided by their number (Bonferroni), so that an unchanged column is accused
    with a probability of at most `false_alarms`.
    """
    level = false_alarms / len(asked)
    found = [
        (signature, replace(fault, confidence=min(fault.confidence * fault.explained * signature.trust, 1.0), spoils=signature.spoils))
        for signature in asked
        for fault in _asked(signature, case)
        if fault.p_value <= level
    ]
    return _most_credible([one for one in found if one[1].confidence >= LEAST])


def _asked(signature: Signature, case: Case) -> Iterator[Fault]:
    if signature.look is not None:
        yield from each(case, signature.kinds, signature.look)
    if signature.sweep is not None:
        yield from signature.sweep(case)


def _most_credible(found: list[tuple[Signature, Fault]]) -> list[Fault]:
    """At most one fault in each column; of the whole table each is told.

    What is credible of the schema or of the number of rows is told before anything of the values, which follows from it.
    """
    ranked = sorted(found, key=lambda one: (not (one[0].first and one[1].confidence >= CREDIBLE), -one[1].confidence))
    told: list[Fault] = []
    taken: set[str] = set()
    for _, fault in ranked:
        named = set(fault.columns) - {EVERY_COLUMN}
        if not named & taken:
            told.append(fault)
            taken |= named
    return sorted(told, key=lambda fault: -fault.confidence)


def together(found: list[Fault]) -> list[list[Fault]]:
    """Faults with a common cause: of one signature, in shares of the rows that may be one share. The most credible first."""
    groups: list[list[Fault]] = []
    for fault in found:
        for group in groups:
            first = group[0]
            overlap = fault.interval[0] <= first.interval[1] and first.interval[0] <= fault.interval[1]
            if fault.signature == first.signature and overlap and EVERY_COLUMN not in fault.columns:
                group.append(fault)
                break
        else:
            groups.append([fault])
    return groups
