"""The definition of counting, in the plainest NumPy: an engine is right if it gives these bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile import distinct, hashing, moments
from driftline.profile.bins import LevelBins, NumberBins
from driftline.profile.outcome_rows import OutcomeRows, class_codes, count_outcome, relevance_of, said_by, usable_scores
from driftline.profile.profile import Odd, Profile, keep_unseen
from driftline.profile.ranks import ListRows, count_lists
from driftline.profile.sample import Sample
from driftline.schema import NAMING_ROLES, NUMERIC_KINDS, Kind, Role, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.plan import Plan, Planned


@dataclass(frozen=True, slots=True)
class Cells:
    """One column's values in the order of the rows, sorted by what they are.

    Attributes:
        numbers: float64, what a number or an instant is worth (any value where it is neither).
        texts: the text of each value, or of what stands where a number should; None where null.
        null: bool, rows that hold nothing.
        wrong: bool, rows whose value is not of the column's kind.
    """

    numbers: NDArray[np.float64]
    texts: Sequence[str | None]
    null: NDArray[np.bool_]
    wrong: NDArray[np.bool_]


def count(plan: Plan, table: Mapping[str, Cells], rows: int) -> Profile:
    """Count a table of `rows` rows; a column that is not in `table` is absent in every row."""
    profile = Profile.empty(plan)
    values = np.full((rows, len(plan.columns)), np.nan)
    content = np.zeros(rows, dtype=np.uint64)
    keys: NDArray[np.uint64] | None = None
    unseen: list[Mapping[str, int]] = []
    for i, planned in enumerate(plan.columns):
        unseen.append({})
        cells = table.get(planned.name)
        if cells is None:
            profile.odd[i, Odd.ABSENT] = rows
            continue
        hashes = hash_cells(cells, planned)
        with np.errstate(over="ignore"):
            content += hashes * hashing.column_factor(i)
        if planned.column.role is Role.ID:
            keys = hashes
        good = ~cells.null & ~cells.wrong
        if isinstance(planned.bins, NumberBins):
            _count_numbers(profile, i, planned.bins, cells, good)
            values[good, i] = cells.numbers[good]
        else:
            codes, unseen[i] = _count_levels(profile, i, planned.bins, cells, good)
            if isinstance(planned.bins, LevelBins):
                values[good, i] = codes
        profile.odd[i, Odd.NULL] = cells.null.sum()
        profile.odd[i, Odd.WRONG_TYPE] = (cells.wrong & ~cells.null).sum()
        profile.registers[i] = distinct.register(hashes[~cells.null])
    sample = Sample.of(hashing.row_keys(content if keys is None else keys, plan.seed), values, plan.sample)
    return Profile(
        plan=plan,
        rows=rows,
        counts=profile.counts,
        odd=profile.odd,
        sums=profile.sums,
        extremes=profile.extremes,
        registers=profile.registers,
        sample=sample,
        unseen=tuple(unseen),
        outcome=_outcomes(plan, plan.outcome, table, rows) if plan.outcome else None,
    )


def _outcomes(plan: Plan, outcome: Outcome, table: Mapping[str, Cells], rows: int) -> OutcomeCounts:
    if outcome.task is Task.RANKING:
        return count_lists(outcome, list_rows(plan, outcome, table, rows))
    return count_outcome(outcome, outcome_rows(plan, outcome, table, rows))


def list_rows(plan: Plan, outcome: Outcome, table: Mapping[str, Cells], rows: int) -> ListRows:
    """What each row of a ranking answers, how it was ranked, and how relevant it was."""

    def read(name: str | None) -> NDArray[np.float64]:
        if name is None or name not in table:
            return np.full(rows, np.nan)
        return relevances(plan.columns[plan.index(name)], table[name])

    asked = table.get(outcome.query or "")
    item, levels = table.get(outcome.item or ""), _levels(plan, outcome)
    return ListRows(
        query=np.zeros(rows, np.uint64) if asked is None else hash_cells(asked, plan.columns[plan.index(outcome.query or "")]),
        asked=np.zeros(rows, np.bool_) if asked is None else ~asked.null,
        score=read(outcome.scores[0]),
        relevance=read(outcome.label),
        item=np.full(rows, len(levels))
        if item is None
        else np.array([levels.get(text or "", len(levels)) for text in item.texts], dtype=np.int64),
    )


def _levels(plan: Plan, outcome: Outcome) -> dict[str, int]:
    bins = plan.columns[plan.index(outcome.item)].bins if outcome.item in plan.names and outcome.item else None
    return {level: place for place, level in enumerate(bins.levels)} if isinstance(bins, LevelBins) else {}


def relevances(planned: Planned, cells: Cells) -> NDArray[np.float64]:
    """Numbers, and truths as 1 and 0; NaN for what is neither."""
    if planned.column.kind in NUMERIC_KINDS:
        return finite_numbers(cells)
    return np.array(
        [math.nan if gone else relevance_of(text) for text, gone in zip(cells.texts, cells.null.tolist(), strict=True)], dtype=np.float64
    )


def outcome_rows(plan: Plan, outcome: Outcome, table: Mapping[str, Cells], rows: int) -> OutcomeRows:
    """What each row of a table said and what came true; unknown where a column is absent."""

    def read(name: str | None) -> NDArray[np.float64] | NDArray[np.int64]:
        if name is None or name not in table:
            return nothing_known(outcome, rows)
        cells, planned = table[name], plan.columns[plan.index(name)]
        return finite_numbers(cells) if outcome.task is Task.REGRESSION else class_codes(class_texts(planned, cells), outcome.classes)

    scores = tuple(usable_scores(finite_numbers(table[name])) if name in table else np.full(rows, np.nan) for name in outcome.scores)
    said = said_by(outcome, scores) if outcome.prediction is None and scores else read(outcome.prediction)
    return OutcomeRows(said, read(outcome.label), scores)


def nothing_known(outcome: Outcome, rows: int) -> NDArray[np.float64] | NDArray[np.int64]:
    """What is read from a column that is not there."""
    return np.full(rows, np.nan) if outcome.task is Task.REGRESSION else np.full(rows, len(outcome.classes), dtype=np.int64)


def finite_numbers(cells: Cells) -> NDArray[np.float64]:
    """Numbers; NaN where there is none, or none that is finite."""
    good = ~cells.null & ~cells.wrong & np.isfinite(cells.numbers)
    return np.where(good, cells.numbers, np.nan)


def class_texts(planned: Planned, cells: Cells) -> list[str | None]:
    """What each cell says as a class: a number as Python writes it, else its text."""
    null = cells.null.tolist()
    if planned.column.kind not in NUMERIC_KINDS:
        return [None if gone else text for text, gone in zip(cells.texts, null, strict=True)]
    parts = zip(cells.texts, cells.numbers.tolist(), cells.wrong.tolist(), null, strict=True)
    return [None if gone else text if wrong else repr(number) for text, number, wrong, gone in parts]


def hash_cells(cells: Cells, planned: Planned) -> NDArray[np.uint64]:
    """Hash each cell: a number by its bits, a text by its bytes, null as one value."""
    if planned.column.kind in {Kind.NUMBER, Kind.TIMESTAMP} and planned.column.role not in NAMING_ROLES:
        hashes = hashing.hash_numbers(cells.numbers)
        as_text = np.flatnonzero(cells.wrong)
    else:
        hashes = np.zeros(cells.null.size, dtype=np.uint64)
        as_text = np.arange(cells.null.size)
    for row in as_text.tolist():
        hashes[row] = hashing.hash_text(cells.texts[row] or "")
    return np.where(cells.null, hashing.NULL_HASH, hashes)


def _count_numbers(profile: Profile, index: int, bins: NumberBins, cells: Cells, good: NDArray[np.bool_]) -> None:
    numbers = cells.numbers[good]
    nan = np.isnan(numbers)
    profile.odd[index, Odd.NAN] = nan.sum()
    numbers = numbers[~nan]
    places = np.searchsorted(bins.array, numbers, side="right")
    profile.counts[profile.plan.slice(index)] = np.bincount(places, minlength=bins.width)
    finite = numbers[np.isfinite(numbers)]
    if finite.size:
        profile.sums[index] = moments.sums(moments.quantise(finite, bins))
        profile.extremes[index] = finite.min() + 0.0, finite.max() + 0.0


def _count_levels(
    profile: Profile, index: int, bins: LevelBins | None, cells: Cells, good: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Mapping[str, int]]:
    """Count levels; without bins, every value falls in the one bin there is."""
    levels = {level: code for code, level in enumerate(bins.levels if isinstance(bins, LevelBins) else ())}
    texts = [cells.texts[row] or "" for row in np.flatnonzero(good).tolist()]
    codes = np.array([levels.get(text, len(levels)) for text in texts], dtype=np.intp)
    profile.counts[profile.plan.slice(index)] = np.bincount(codes, minlength=len(levels) + 1)
    counts: dict[str, int] = {}
    for text in texts if isinstance(bins, LevelBins) else ():
        if text not in levels:
            counts[text] = counts.get(text, 0) + 1
    return codes, keep_unseen(counts)
