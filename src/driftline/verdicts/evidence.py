"""Everything that is judged about all columns in all windows, as arrays: facet × column × window."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from driftline.drift import cells, location, omnibus
from driftline.drift.dependence import dependence
from driftline.drift.group import Group
from driftline.drift.pair import make_pair, stack
from driftline.inference.facet import NUMBERS, Ask, Facet, Tally
from driftline.profile.bins import LevelBins
from driftline.quality.odd import FACETS, odd_facets
from driftline.quality.table import duplicate, silence, volume
from driftline.schema import WATCHED_ROLES, Kind, Role
from driftline.verdicts.comparison import COMPARED_KINDS, Comparison, judged_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from driftline.profile.plan import Plan, Planned

NAMES = ("shift", "spread", "psi", "level", "atom", "tail", "dependence", "unseen", *FACETS, "duplicate", "volume", "silence")
"""The judged facets, in the order in which they are shown."""

STREAMS = ("shift", "spread")
"""Facets that the sequential detector follows, upwards and downwards."""

SHARES = ("unseen", *FACETS)
"""Shares that mean the same in every window, so that neighbouring windows' counts add."""

STREAM_FIELDS = ("linear", "error", "base_error", "skew_up", "skew_down")

MOST_CELLS = 2_000_000
"""Columns are compared in parts of about this many cells, so that memory does not grow with their number."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facets of all judged columns.

    Attributes:
        columns: places in the plan of the judged columns.
        numbers: for each of `NUMBERS`, float64[F, C, W] in the order of `NAMES`; NaN where a facet does not apply.
        where: int[F, C, W], the bin a change is in, for dependence the other column's place in the plan; -1 where none is.
        rehearsals: for each of `STREAMS`, float64[C, K], how the reference's own blocks deviate; NaN where unknown.
        streams: for each of `STREAM_FIELDS`, float64[S, C, W] in the order of `STREAMS`.
        tallies: for each of `SHARES`, counts behind the share, float64[C, W]; NaN where the facet does not apply.
        ordered: bool[C], columns counted in ordered bins.
        ask: the levels that were asked for.
    """

    columns: tuple[int, ...]
    numbers: dict[str, NDArray[np.float64]]
    where: NDArray[np.intp]
    streams: dict[str, NDArray[np.float64]]
    rehearsals: dict[str, NDArray[np.float64]]
    tallies: dict[str, dict[str, NDArray[np.float64]]]
    ask: Ask
    ordered: NDArray[np.bool_]


def gather(comparison: Comparison, level: float, confidence: float) -> Evidence:
    """Compare every judged column of every window.

    Args:
        comparison: what is compared.
        level: probability of a false alarm that all instant tests of one window may have together.
        confidence: of the two-sided intervals.
    """
    columns = judged_columns(comparison)
    shape = (len(NAMES), len(columns), len(comparison.windows))
    ask = Ask(column=level / max(len(columns), 1), confidence=confidence)
    evidence = Evidence(
        columns=columns,
        numbers={name: np.full(shape, np.nan) for name in NUMBERS},
        where=np.full(shape, -1, dtype=np.intp),
        rehearsals={name: np.full((len(columns), len(comparison.blocks)), np.nan) for name in STREAMS},
        tallies={name: {field.name: np.full(shape[1:], np.nan) for field in fields(Tally)} for name in SHARES},
        streams={name: np.full((len(STREAMS), *shape[1:]), np.nan) for name in STREAM_FIELDS},
        ask=ask,
        ordered=np.array([comparison.plan.columns[i].column.kind is Kind.NUMBER for i in columns], dtype=bool),
    )
    places = np.array(columns, dtype=np.intp)
    for facet in odd_facets(comparison.references, comparison.windows, comparison.blocks, comparison.layout, ask):
        _put(evidence, slice(None), _rows_of(facet, places))
    for column, facet in _table_facets(comparison, columns, ask):
        _put(evidence, np.array([column]), facet)
    for ordered in (True, False):
        kinds = {Kind.NUMBER} if ordered else {Kind.CATEGORY, Kind.BOOLEAN}
        members = [k for k, i in enumerate(columns) if _has_bins(comparison.plan.columns[i], kinds)]
        for part in _parts(members, comparison):
            group = _group(comparison, [columns[k] for k in part], ask)
            for facet in _facets(group, comparison.plan, [columns[k] for k in part]):
                _put(evidence, np.array(part), facet)
    if len(comparison.references) == 1:
        # Of a reference of its own a window has too few sampled rows to be told anything new.
        members = [k for k, i in enumerate(columns) if _has_bins(comparison.plan.columns[i], COMPARED_KINDS)]
        together = dependence(comparison.total, comparison.blocks, comparison.windows, [columns[k] for k in members], ask)
        _put(evidence, np.array(members, dtype=np.intp), together)
    return evidence


def _has_bins(planned: Planned, kinds: AbstractSet[Kind]) -> bool:
    return planned.bins is not None and planned.column.kind in kinds and planned.column.role not in WATCHED_ROLES


def _table_facets(comparison: Comparison, columns: Sequence[int], ask: Ask) -> Iterator[tuple[int, Facet]]:
    """Facets of the whole table: repeated ids belong to the id; volume, silence and, without an id, repeats to the time."""
    windows, blocks, plan = comparison.windows, comparison.blocks, comparison.plan
    by_id, by_time = (plan.with_role(role) for role in (Role.ID, Role.TIMESTAMP))
    found: list[tuple[int | None, Facet | None]] = [
        (by_time if by_id is None else by_id, duplicate(windows, blocks, ask, by_id=by_id is not None)),
        (by_time, volume(windows, blocks, comparison.layout, ask)),
    ]
    if by_time is not None and comparison.length is not None and comparison.layout.like_windows:
        found.append((by_time, silence(windows, blocks, by_time, comparison.ends, comparison.block_ends, comparison.length)))
    return ((columns.index(place), facet) for place, facet in found if place in columns and facet is not None)


def _facets(group: Group, plan: Plan, indices: Sequence[int]) -> list[Facet]:
    if group.pair.ordered:
        usual = location.learn(group)
        return [
            location.shift(group, usual), location.spread(group, usual), omnibus.psi(group),
            cells.single_bins(group, usual), cells.tails(group, usual),
        ]  # fmt: skip
    bins = [plan.columns[i].bins for i in indices]
    closed = np.array([isinstance(b, LevelBins) and not b.open for b in bins])
    widths = np.array([plan.columns[i].width for i in indices], dtype=np.intp)
    return [omnibus.psi(group), cells.single_bins(group), cells.unseen(group, closed, widths)]


def _group(comparison: Comparison, indices: Sequence[int], ask: Ask) -> Group:
    reference = stack(comparison.references, indices)
    pair = make_pair(reference, stack(comparison.windows, indices), comparison.plan, indices)
    whole = stack([comparison.total], indices)[:, 0]
    bins = [comparison.plan.columns[i].bins for i in indices]
    shared = np.array([isinstance(b, LevelBins) and b.open for b in bins])
    some = shared if shared.any() else None
    return Group(pair=pair, blocks=stack(comparison.blocks, indices), whole=whole, layout=comparison.layout, ask=ask, shared=some)


def _parts(members: Sequence[int], comparison: Comparison) -> list[Sequence[int]]:
    """Columns in parts of bounded size; wide categories do not widen the narrow ones beside them."""
    columns = judged_columns(comparison)
    by_width = sorted(members, key=lambda k: comparison.plan.columns[columns[k]].width)
    depth = len(comparison.windows) + len(comparison.blocks) + 1
    parts: list[Sequence[int]] = []
    start = 0
    for at in range(1, len(by_width) + 1):
        width = comparison.plan.columns[columns[by_width[min(at, len(by_width) - 1)]]].width
        if at == len(by_width) or (at + 1 - start) * width * depth > MOST_CELLS:
            parts.append(by_width[start:at])
            start = at
    return parts


def _rows_of(facet: Facet, places: NDArray[np.intp]) -> Facet:
    tally = facet.tally and Tally(**{field.name: getattr(facet.tally, field.name)[places] for field in fields(Tally)})
    return Facet(name=facet.name, tally=tally, **{name: getattr(facet, name)[places] for name in NUMBERS})


def _put(evidence: Evidence, rows: NDArray[np.intp] | slice, facet: Facet) -> None:
    place = NAMES.index(facet.name)
    for name in NUMBERS:
        evidence.numbers[name][place, rows] = getattr(facet, name)
    if facet.where is not None:
        evidence.where[place, rows] = facet.where
    if facet.name in SHARES and facet.tally is not None:
        for name, values in evidence.tallies[facet.name].items():
            values[rows] = getattr(facet.tally, name)
    if facet.name in STREAMS:
        stream = STREAMS.index(facet.name)
        if facet.rehearsal is not None and facet.rehearsal.shape[1]:
            evidence.rehearsals[facet.name][rows] = facet.rehearsal
        for name in STREAM_FIELDS:
            evidence.streams[name][stream, rows] = getattr(facet, name)
