"""Evidence written by hand, and comparisons of small tables counted by the definition."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.inference.facet import NUMBERS, Ask, Tally
from driftline.inference.variation import Blocks
from driftline.profile.bins import NumberBins, fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Profile, total
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role
from driftline.verdicts.comparison import Comparison
from driftline.verdicts.evidence import NAMES, SHARES, STREAM_FIELDS, STREAMS, Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Table = Mapping[str, NDArray[np.generic]]

NUMBER = Planned(Column(name="x", kind=Kind.NUMBER), NumberBins((-1.0, 0.0, 1.0, 2.0)))
DAY = 86_400.0


def cells(rows: NDArray[np.generic]) -> Cells:
    """Floats are numbers, None is null, all else is text."""
    nothing = np.zeros(rows.size, dtype=bool)
    if rows.dtype.kind == "f":
        return Cells(rows.astype(np.float64), [None] * rows.size, nothing, nothing)
    texts = rows.tolist()
    return Cells(np.zeros(rows.size), texts, np.array([text is None for text in texts], dtype=bool), nothing)


def planned(column: Column, rows: NDArray[np.generic]) -> Planned:
    """Bins fixed on rows; an id has none."""
    if column.role is Role.ID:
        return Planned(column, None)
    if rows.dtype.kind == "f":
        return Planned(column, fit_number_bins(rows.astype(np.float64)))
    levels, counts = np.unique(rows[rows != None], return_counts=True)  # noqa: E711  elementwise
    return Planned(column, fit_level_bins(dict(zip(levels.tolist(), counts.tolist(), strict=True))))


class Workshop:
    """Makes what a judge looks at."""

    def plan(self, reference: Table, columns: Mapping[str, Column] | None = None) -> Plan:
        """Bins for every column of a table: floats are numbers, the rest categories, unless `columns` says otherwise."""
        usual = {n: Column(name=n, kind=Kind.NUMBER if rows.dtype.kind == "f" else Kind.CATEGORY) for n, rows in reference.items()}
        return Plan(tuple(planned((columns or {}).get(name, usual[name]), rows) for name, rows in reference.items()))

    def counted(self, plan: Plan, table: Table) -> Profile:
        """Count a table by the definition."""
        return count(plan, {name: cells(rows) for name, rows in table.items()}, len(next(iter(table.values()))))

    def compare(
        self, reference: Table, *windows: Table, blocks: int = 10, like_windows: bool = False, columns: Mapping[str, Column] | None = None
    ) -> Comparison:
        """Hold windows against a reference in consecutive blocks; a window is a day."""
        plan = self.plan(reference, columns)
        places = np.array_split(np.arange(len(next(iter(reference.values())))), blocks)
        parts = [self.counted(plan, {name: rows[place] for name, rows in reference.items()}) for place in places]
        whole = total(parts)
        return Comparison(
            total=whole,
            blocks=parts,
            references=[whole],
            windows=[self.counted(plan, window) for window in windows],
            layout=Blocks(np.zeros(blocks, dtype=np.intp), np.zeros(len(windows), dtype=np.intp), like_windows=like_windows),
            ends=DAY * np.arange(1.0, len(windows) + 1),
            block_ends=DAY * np.arange(1.0 - blocks, 1.0),
            length=DAY,
        )

    def blank(
        self, columns: Sequence[Planned] = (NUMBER,), rows: Sequence[int] = (1000,), reference: int = 100_000, blocks: int = 0
    ) -> tuple[Evidence, Comparison]:
        """Evidence that says nothing yet, of windows with so many rows, all in the first bin."""
        plan = Plan(tuple(columns))

        def profile(size: int) -> Profile:
            empty = Profile.empty(plan)
            empty.counts[list(plan.offsets[:-1])] = size
            return replace(empty, rows=size)

        shape = (len(columns), len(rows))
        evidence = Evidence(
            columns=tuple(range(len(columns))),
            numbers={name: np.full((len(NAMES), *shape), np.nan) for name in NUMBERS},
            where=np.full((len(NAMES), *shape), -1, dtype=np.intp),
            streams={name: np.full((len(STREAMS), *shape), np.nan) for name in STREAM_FIELDS},
            rehearsals={name: np.full((shape[0], blocks), np.nan) for name in STREAMS},
            tallies={name: {field.name: np.full(shape, np.nan) for field in fields(Tally)} for name in SHARES},
            ask=Ask(column=0.01, confidence=0.9),
            ordered=np.ones(shape[0], dtype=bool),
        )
        none = np.array([], dtype=np.float64)
        layout = Blocks(np.zeros(0, dtype=np.intp), np.zeros(len(rows), dtype=np.intp), like_windows=False)
        whole = profile(reference)
        return evidence, Comparison(whole, [], [whole], [profile(size) for size in rows], layout, none, none)

    def say(self, evidence: Evidence, facet: str, size: tuple[float, float, float], p: float, at: tuple[int, int] = (0, 0)) -> None:
        """Write down what a facet shows in column and window `at`: an effect with its interval (low, effect, high), and its p-value."""
        low, effect, high = size
        said = {"value": effect, "effect": effect, "low": low, "high": high, "p_value": p, "threshold": 0.01, "detectable": 0.01}
        for name, number in said.items():
            evidence.numbers[name][NAMES.index(facet), *at] = number

    def stream(self, evidence: Evidence, name: str, linear: Sequence[float], error: float, base: float = 0.0) -> None:
        """Write down a stream of deviations of the first column."""
        for field, values in {"linear": linear, "error": error, "base_error": base, "skew_up": 0.0, "skew_down": 0.0}.items():
            evidence.streams[field][STREAMS.index(name), 0] = values


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    """Makes what a judge looks at."""
    return Workshop()


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260105)
