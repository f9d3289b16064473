"""Windows that are not whole yet: of what depends on the rows they lack, nothing is concluded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.diagnosis.look import Look
from driftline.diagnosis.side import side
from driftline.diagnosis.unfinished import as_usual, narrowed, stretch
from driftline.schema import Role
from driftline.verdicts.columns import FAULTS
from driftline.verdicts.evidence import NAMES
from driftline.verdicts.judge import CAUSES, VERDICTS
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.diagnosis.unfinished import Stretch
    from driftline.profile.profile import Profile
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.judge import Judgement
    from driftline.window import Window

PLAINLY = 1e-3
"""Rows are plainly missing where chance would leave the rest of a window empty less often than this."""

DOUBT = 0.01
"""A sample tells how many rows usually lie in the rest: it is taken for fewer than they are but so often (Clopper and Pearson 1934)."""

DRIFTED, OPEN = VERDICTS.index(Verdict.DRIFTED), VERDICTS.index(Verdict.INCONCLUSIVE)
BY_TIME = [NAMES.index(name) for name in ("volume", "silence")]
"""What is said of the number of rows and of when they stop."""

LASTING = [place for place, name in enumerate(NAMES) if name in FAULTS - {"tail", "volume", "silence"}]
"""Faults that rows which are still to come cannot undo."""


def unfinished(windows: Sequence[Window], counted: Sequence[Profile], blocks: Sequence[Profile], now: datetime) -> dict[int, str]:
    """The places of the windows that are not whole, and why that is believed.

    The last one, whose time is not over or whose last rows are plainly not there, and likewise the first, where data begins within it.
    """
    found = {}
    for w in sorted({0, len(windows) - 1}) if windows else ():
        window, last = windows[w], w == len(windows) - 1
        if last and isinstance(window.start, datetime) and isinstance(window.end, datetime) and window.start <= now < window.end:
            found[w] = "its time is not over"
        elif (part := part_of(windows, counted, blocks, w)) is not None and _plainly(part, counted[w].rows):
            found[w] = "its last rows are not there" if part.high < np.inf else "its first rows are not there"
    return found


def _plainly(part: Stretch, rows: int) -> bool:
    """Whether chance would hardly leave the rest of the window empty, by the least share of rows that may usually lie there."""
    if not part.sampled:
        return True
    known = part.sampled / part.usually
    missing = float(special.betaincinv(known - part.sampled, part.sampled + 1, DOUBT))
    return bool((1 - missing) ** rows < PLAINLY)


def part_of(windows: Sequence[Window], counted: Sequence[Profile], blocks: Sequence[Profile], w: int) -> Stretch | None:
    """The part of a window that has rows; None where that is all of it."""
    return stretch(windows[w], counted[w], blocks, first=w == 0, last=w == len(windows) - 1)


def without_verdict(judgement: Judgement, comparison: Comparison, windows: Sequence[Window]) -> Judgement:
    """Take back what depends on the rows that are still missing.

    That is the number of rows and when they stop, and the columns that drifted but are as in the same part of the reference's
    windows. Where too little of the reference lies in that part to tell, only faults that no further row undoes stay.
    """
    if not comparison.unfinished:
        return judgement
    verdict, cause, facet = judgement.verdict.copy(), judgement.cause.copy(), judgement.facet.copy()
    since, seen, weight = judgement.since.copy(), judgement.seen.copy(), judgement.weight.copy()
    clock = np.array([comparison.plan.columns[i].column.role is Role.TIMESTAMP for i in judgement.evidence.columns], dtype=bool)
    for w in comparison.unfinished:
        by_time = facet[BY_TIME, :, w]
        facet[BY_TIME, :, w] = np.where(by_time >= 0, OPEN, by_time)
        held = clock & (by_time >= 0).any(0) & ~(facet[:, :, w] == DRIFTED).any(0)
        drifted = np.flatnonzero((verdict[:, w] == DRIFTED) & ~clock).tolist()
        held[_explained(judgement, comparison, windows, w, drifted)] = True
        verdict[held, w], cause[held, w] = OPEN, CAUSES.index(Cause.UNFINISHED)
        facet[:, held, w] = np.minimum(facet[:, held, w], OPEN)
        seen[held, w], weight[held, w], since[held, w] = False, 0.0, -1
        # What seems to have begun in such a window began in the next one, as far as is known.
        since[held] = np.where(since[held] == w, w + 1, since[held])
    return replace(judgement, verdict=verdict, cause=cause, facet=facet, since=since, seen=seen, weight=weight)


def _explained(judgement: Judgement, comparison: Comparison, windows: Sequence[Window], w: int, drifted: Sequence[int]) -> list[int]:
    """Of the columns that drifted in a window, those that the rows it lacks explain. Places among the judged ones."""
    part = part_of(windows, comparison.windows, comparison.blocks, w)
    if part is None or not drifted:
        return []
    if not part.comparable:
        lasting = (judgement.facet[LASTING, :, w] == DRIFTED).any(0)
        return [c for c in drifted if not lasting[c]]
    # What the whole window beside it shows as well does not come of rows that are missing here.
    beside = w - 1 if part.high < np.inf else w + 1
    if 0 <= beside < len(windows) and beside not in comparison.unfinished:
        drifted = [c for c in drifted if judgement.verdict[c, beside] != DRIFTED]
    places = [judgement.evidence.columns[c] for c in drifted]
    blocks = [narrowed(block, part, places) for block in comparison.blocks]
    now = comparison.windows[w]
    return [c for c, place in zip(drifted, places, strict=True) if as_usual([_look(place, blocks, now)])]


def _look(place: int, blocks: Sequence[Profile], now: Profile) -> Look:
    """One column of a window beside the same part of the reference's windows."""
    bins = np.stack([block.bins(place) for block in blocks]).astype(np.float64)
    odd = np.stack([[*block.odd[place], block.rows] for block in blocks]).astype(np.float64)
    return Look(now.plan.columns[place], place, side(blocks, place), side([now], place), bins, odd)
