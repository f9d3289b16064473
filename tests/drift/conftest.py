"""Raw rows, counted and put side by side: what every statistic is tried on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.drift.group import Group
from driftline.drift.pair import make_pair, stack, with_moments
from driftline.inference.facet import Ask
from driftline.inference.variation import Blocks
from driftline.profile import moments
from driftline.profile.bins import NumberBins, fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Profile
from driftline.profile.sample import Sample
from driftline.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.drift.pair import Pair

Rows = "NDArray[np.generic]"


def planned(name: str, rows: Rows) -> Planned:
    """Bins fixed on rows of floats, or of texts."""
    if rows.dtype.kind == "f":
        return Planned(Column(name=name, kind=Kind.NUMBER), fit_number_bins(rows))
    levels, counts = np.unique(rows, return_counts=True)
    return Planned(Column(name=name, kind=Kind.CATEGORY), fit_level_bins(dict(zip(levels.tolist(), counts.tolist(), strict=True))))


def counted(plan: Plan, table: dict[str, Rows], kept: int = 0) -> Profile:
    """Count a table of columns of equal length, without what no statistic looks at; keep the first rows as a sample."""
    profile = Profile.empty(plan)
    sample = np.empty((min(kept, len(next(iter(table.values())))), len(plan.columns)))
    for i, (planned, rows) in enumerate(zip(plan.columns, table.values(), strict=True)):
        if isinstance(planned.bins, NumberBins):
            finite = rows[np.isfinite(rows)]
            place = np.searchsorted(planned.bins.array, rows[~np.isnan(rows)], side="right")
            sample[:, i] = rows[: len(sample)]
            if finite.size:
                profile.sums[i] = moments.sums(moments.quantise(finite, planned.bins))
                profile.extremes[i] = finite.min(), finite.max()
        else:
            code = {level: c for c, level in enumerate(planned.bins.levels if planned.bins else ())}
            found, inverse = np.unique(rows, return_inverse=True)
            place = np.array([code.get(level, len(code)) for level in found.tolist()], dtype=np.intp)[inverse]
            sample[:, i] = place[: len(sample)]
        profile.counts[plan.slice(i)] = np.bincount(place, minlength=planned.width)
    keys = np.arange(len(sample), dtype=np.uint64)
    return replace(profile, rows=len(next(iter(table.values()))), sample=Sample(keys, sample))


class Drift:
    """Makes pairs and groups from raw rows."""

    def pair(self, reference: Rows | Sequence[Rows], *windows: Rows | Sequence[Rows]) -> Pair:
        """One column (or, from lists of columns of one kind, several) in a reference and in windows."""
        tables = [self._table(side) for side in (reference, *windows)]
        plan = Plan(tuple(planned(name, rows) for name, rows in tables[0].items()), sample=1)
        profiles = [counted(plan, table) for table in tables]
        places = range(len(plan.columns))
        pair = make_pair(stack(profiles[:1], places), stack(profiles[1:], places), plan, places)
        return with_moments(pair, profiles, places)

    def group(
        self, reference: Rows, *windows: Rows, blocks: int = 40, level: float = 0.01, confidence: float = 0.9, like_windows: bool = False
    ) -> Group:
        """One column with its reference in consecutive blocks."""
        tables = [self._table(side) for side in (reference, *windows)]
        plan = Plan(tuple(planned(name, rows) for name, rows in tables[0].items()), sample=1)
        profiles = [counted(plan, table) for table in tables]
        parts = [counted(plan, {"x0": part}) for part in np.array_split(reference, blocks)]
        return Group(
            pair=make_pair(stack(profiles[:1], [0]), stack(profiles[1:], [0]), plan, [0]),
            blocks=stack(parts, [0]),
            whole=stack(profiles[:1], [0])[:, 0],
            layout=Blocks(np.zeros(blocks, dtype=np.intp), np.zeros(len(windows), dtype=np.intp), like_windows=like_windows),
            ask=Ask(column=level, confidence=confidence),
        )

    def profiles(self, reference: Rows, *windows: Rows, blocks: int = 20, kept: int = 500) -> tuple[Profile, list[Profile], list[Profile]]:
        """Tables of several columns, rows × columns or lists of columns: the whole reference, its blocks, and windows."""
        tables = [self._table(list(side.T) if isinstance(side, np.ndarray) else side) for side in (reference, *windows)]
        plan = Plan(tuple(planned(name, rows) for name, rows in tables[0].items()), sample=kept)
        places = np.array_split(np.arange(len(tables[0]["x0"])), blocks)
        parts = [counted(plan, {name: rows[place] for name, rows in tables[0].items()}, kept) for place in places]
        return counted(plan, tables[0]), parts, [counted(plan, table, kept) for table in tables[1:]]

    def _table(self, side: Rows | Sequence[Rows]) -> dict[str, Rows]:
        return {f"x{i}": column for i, column in enumerate(side if isinstance(side, list | tuple) else [side])}


@pytest.fixture(scope="session")
def drift() -> Drift:
    """Makes pairs and groups from raw rows."""
    return Drift()


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260105)
