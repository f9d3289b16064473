"""In which order columns are shown, and which of their statistics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from driftline.reports.ledger import VERDICTS
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.reports.ledger import Ledger
    from driftline.reports.outline import Outline

MISSING = ("null", "absent")
"""Statistics whose drift means that values went missing."""


def most_urgent_first(brief: Outline, book: Ledger) -> list[int]:
    """The ledger's columns: those that drifted by urgency, then the others in the report's order."""
    urgent = [story.told.name for story in brief.stories if story.segment == book.segment]
    place = {name: i for i, name in enumerate(urgent)}
    return sorted(range(len(book.names)), key=lambda row: (place.get(book.names[row], len(place)), row))


def most_telling_statistic(book: Ledger, column: int) -> str | None:
    """The statistic on which most of a column's drifted verdicts rest; of the last verdict, where none drifted."""
    given = [c for c in book.columns[column] if c is not None and c.worst is not None]
    drifted = Counter(c.worst for c in given if c.verdict is Verdict.DRIFTED)
    if drifted:
        return drifted.most_common(1)[0][0]
    return given[-1].worst if given else next(iter(book.scores[column]), None)


def changed_in_missing(book: Ledger) -> list[int]:
    """Columns in which the share of missing values drifted, those with the largest change first."""
    drifted = VERDICTS.index(Verdict.DRIFTED)
    largest: dict[int, float] = {}
    for row, said in enumerate(book.said):
        for statistic in MISSING:
            hit = said.get(statistic, np.empty(0, dtype=np.uint8)) == drifted
            if hit.any():
                value = float(np.nanmax(np.abs(book.scores[row][statistic][hit, 0]), initial=0.0))
                largest[row] = max(largest.get(row, 0.0), value)
    return sorted(largest, key=lambda row: (-largest[row], row))
