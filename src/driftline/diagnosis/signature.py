"""One way in which data is spoilt on its way, and how it shows in counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.fault import Fault
    from driftline.diagnosis.look import Look
    from driftline.schema import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is looked for, by which test, and how far it is trusted.

    Attributes:
        name: the word for it in reports.
        looks_for: what it looks for.
        kinds: kinds of columns it is asked about; empty where it is asked of the whole table.
        test: the test in short.
        threshold: when it is told.
        source: where test and threshold come from.
        trust: from 0 to 1, how rarely the world does the same by itself where the pattern fits.
        why: the reason for that.
        spoils: what the affected rows say is not so; else rows are lacking, or are new and true.
        first: it is of the schema or the number of rows, and goes before all that is of values.
        look: looks at one column.
        sweep: looks at the whole table.
    """

    name: str
    looks_for: str
    kinds: frozenset[Kind]
    test: str
    threshold: str
    source: str
    trust: float
    why: str
    spoils: bool = True
    first: bool = False
    look: Callable[[Case, Look], Fault | None] | None = field(default=None, repr=False)
    sweep: Callable[[Case], Iterator[Fault]] | None = field(default=None, repr=False)
