"""The counting kernel in NumPy, for machines without a C compiler, and for cells that need the plain way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile import distinct, hashing, moments
from driftline.profile.bins import FIXED_POINT_BITS, NumberBins
from driftline.profile.outcome import Outcome, Said
from driftline.profile.outcome_rows import OutcomeRows, count_outcome, said_by, usable_scores
from driftline.profile.profile import UNSEEN_KEPT, Odd
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

    Buffer = Any
    Place = tuple[int, int, int, int]

NULL, WRONG = -1, -2
"""Places of what is in no bin."""

TICKS = {"s": 1.0, "m": 1e3, "u": 1e6, "n": 1e9}
"""Codes of instants, which are 64-bit integers, and how many of them make a second."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the counts of one column in one slot lie: views into the tables."""

    counts: NDArray[np.int64]
    odd: NDArray[np.int64]
    sums: NDArray[np.int64]
    extremes: NDArray[np.float64]
    registers: NDArray[np.uint8]


def binner(edges: NDArray[np.float64], center: float, step: float, /) -> NumberBins:
    """Prepare edges: here they serve as they are."""
    return NumberBins(tuple(edges.tolist()), center, 2.0**FIXED_POINT_BITS / step)


def count_numbers(columns: list[tuple[Any, ...]], tables: tuple[Any, ...], /) -> None:
    """Count columns of Arrow numbers; see `kernel.Kernel`."""
    for column in columns:
        numbers, valid = _read(column, _length(tables))
        places = np.where(valid, 0, NULL).astype(np.int8)
        count_cells(numbers, hashing.hash_numbers(numbers), places, column[5], column[6], tables)


def take_numbers(columns: list[tuple[Any, ...]], rows: NDArray[np.int64], table: NDArray[np.float64], /) -> None:
    """Write the numbers of some rows into a table; see `kernel.Kernel`."""
    length = int(rows.max(initial=-1)) + 1
    for column in columns:
        numbers, valid = _read(column, length)
        table[:, column[6][0]] = np.where(valid, numbers, np.nan)[rows]


def _read(column: tuple[Any, ...], length: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A column's first numbers, and which of them are not null."""
    values, code, first, validity, offset = column[:5]
    kind = np.dtype("q" if code in TICKS else code)
    numbers = np.frombuffer(values, dtype=kind, count=first + length)[first:].astype(np.float64) / TICKS.get(code, 1.0)
    return numbers, _valid(validity, offset, length)


def count_bins(values: NDArray[np.float64], binner: NumberBins, counts: NDArray[np.int64], /) -> None:
    """Count only the bins of numbers; see `kernel.Kernel`."""
    places = np.searchsorted(binner.array, values[~np.isnan(values)], side="right")
    counts[:] += np.bincount(places, minlength=counts.size)


def find_bins(values: NDArray[np.float64], edges: NDArray[np.float64], bins: NDArray[np.int64], /) -> None:
    """Find bins of numbers; see `kernel.Kernel`."""
    bins[:] = np.searchsorted(edges, values, side="right")


def count_cells(
    numbers: NDArray[np.float64],
    hashes: NDArray[np.uint64],
    places: NDArray[np.int8],
    bins: NumberBins | None,
    place: Place,
    tables: tuple[Any, ...],
) -> None:
    """Count numbers whose hashes are known; where the place is negative there is none."""
    for rows, slot in _pieces(place, tables):
        slot.odd[Odd.NULL] += (places[rows] == NULL).sum()
        slot.odd[Odd.WRONG_TYPE] += (places[rows] == WRONG).sum()
        good = numbers[rows][places[rows] >= 0]
        if bins is None:
            slot.counts[0] += good.size
        else:
            _count_good(slot, good, bins)
    _count_hashes(hashes, places == NULL, place, tables)


def _count_good(slot: Slot, numbers: NDArray[np.float64], bins: NumberBins) -> None:
    nan = np.isnan(numbers)
    slot.odd[Odd.NAN] += nan.sum()
    slot.counts[:] += np.bincount(np.searchsorted(bins.array, numbers[~nan], side="right"), minlength=slot.counts.size)
    finite = numbers[np.isfinite(numbers)]
    if finite.size:
        slot.sums[:] = moments.add_limbs(slot.sums, moments.sums(moments.quantise(finite, bins)))
        slot.extremes[0] = min(slot.extremes[0], finite.min() + 0.0)
        slot.extremes[1] = max(slot.extremes[1], finite.max() + 0.0)


def count_codes(
    codes: Buffer,
    validity: Buffer | None,
    offset: int,
    hashes: NDArray[np.uint64],
    places: NDArray[np.int32],
    unseen: NDArray[np.int32],
    place: Place,
    tables: tuple[Any, ...],
    /,
) -> list[tuple[int, int, int]]:
    """Count int32 codes; see `kernel.Kernel`."""
    length = _length(tables)
    last = hashes.size
    seen = np.frombuffer(codes, dtype=np.int32, count=offset + length)[offset:]
    seen = np.where(_valid(validity, offset, length) & (seen >= 0) & (seen < last), seen, last)
    # What is null lies one beyond the last code.
    all_places = np.append(places, np.int32(NULL))[seen]
    all_hashes = np.append(hashes, hashing.NULL_HASH)[seen]
    noted: list[tuple[int, int, int]] = []
    for piece, (rows, slot) in enumerate(_pieces(place, tables)):
        here = all_places[rows]
        slot.counts[:] += np.bincount(here[here >= 0], minlength=slot.counts.size)
        slot.odd[Odd.NULL] += (here == NULL).sum()
        slot.odd[Odd.WRONG_TYPE] += (here == WRONG).sum()
        times = np.bincount(seen[rows], minlength=last + 1)
        found = [(piece, int(code), int(times[code])) for code in unseen if times[code]]
        noted += found[:UNSEEN_KEPT]
    _count_hashes(all_hashes, all_places == NULL, place, tables)
    return noted


def count_hashes(hashes: NDArray[np.uint64], places: NDArray[np.int8], place: Place, tables: tuple[Any, ...], /) -> None:
    """Count rows of a column with one bin; see `kernel.Kernel`."""
    count_cells(np.zeros(hashes.size), hashes, places, None, place, tables)


def score_binner(edges: NDArray[np.float64], threshold: float, /) -> Outcome:
    """Prepare a score's edges: the outcome that has them."""
    return Outcome(Task.BINARY, "", "", ("",), ("0", "1"), (tuple(edges.tolist()),), threshold)


def count_scores(
    score: tuple[Any, ...],
    said: tuple[Any, ...] | None,
    came: tuple[Any, ...],
    binner: Outcome,
    start: int,
    length: int,
    tables: tuple[NDArray[np.int64], ...],
    doubtful: NDArray[np.float64],  # noqa: ARG001  this is the definition's own logarithm
    /,
) -> int:
    """Count a stretch of rows of a binary model, as the definition does; see `kernel.Kernel`."""
    numbers, valid = _read(_from(score, start), length)
    scores = (usable_scores(np.where(valid, numbers, np.nan)),)
    says = said_by(binner, scores) if said is None else _classes(_from(said, start), length)
    found = count_outcome(binner, OutcomeRows(says, _classes(_from(came, start), length), scores))
    cells, sums, measures = tables
    cells += found.scores[0]
    sums += found.sums[0]
    measures[:] = moments.add_limbs(measures, found.measures)
    return 0


def _from(column: tuple[Any, ...], start: int) -> tuple[Any, ...]:
    """The column without its first rows."""
    values, code, first, validity, offset, worths = column
    return values, code, first + start, validity, offset + start, worths


def _classes(column: tuple[Any, ...], length: int) -> NDArray[np.int64]:
    numbers, valid = _read(column, length)
    places = np.full(length, Said.UNKNOWN, dtype=np.int64)
    for worth, place in column[5]:
        places[valid & (numbers == worth)] = int(place)
    return places


def hash_texts(offsets: Buffer, size: int, data: Buffer | None, offset: int, hashes: NDArray[np.uint64], /) -> None:
    """Hash Arrow texts; see `kernel.Kernel`. One byte of all texts at a time."""
    ends = np.frombuffer(offsets, dtype=np.int32 if size == 4 else np.int64)[offset : offset + hashes.size + 1]  # noqa: PLR2004  bytes
    if not hashes.size:
        return
    letters = np.frombuffer(data if data is not None else b"", dtype=np.uint8)
    starts, lengths = ends[:-1].astype(np.int64), np.diff(ends)
    words = np.full(hashes.size, hashing.FNV_OFFSET, dtype=np.uint64)
    rest = np.flatnonzero(lengths > 0)
    for at in range(int(lengths.max())):
        rest = rest[lengths[rest] > at]
        words[rest] = (words[rest] ^ letters[starts[rest] + at]) * np.uint64(hashing.FNV_PRIME)
    hashes[:] = hashing.mix(words)


def hash_integers(values: NDArray[np.integer[Any]], signed: bool, hashes: NDArray[np.uint64], /) -> None:  # noqa: ARG001, FBT001  C needs to be told
    """Hash the decimal texts of integers; see `kernel.Kernel`."""
    texts = [str(value).encode() for value in values.tolist()]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    hash_texts(ends.tobytes(), 8, b"".join(texts), 0, hashes)


def row_keys(
    rows: NDArray[np.uint64],
    seed: int,
    pieces: NDArray[np.int64],
    cuts: NDArray[np.uint64],
    places: NDArray[np.int64],
    found: NDArray[np.int64],
    /,
) -> None:
    """Turn hashes of rows into sampling keys and find small ones; see `kernel.Kernel`."""
    for i, (start, length, _) in enumerate(pieces.tolist()):
        keys = rows[start : start + length]
        keys[:] = hashing.row_keys(keys, seed)
        near = np.flatnonzero(keys <= cuts[i])
        found[i], places[start : start + near.size] = near.size, near


def _length(tables: tuple[Any, ...]) -> int:
    return int(tables[9])


def _valid(validity: Buffer | None, offset: int, length: int) -> NDArray[np.bool_]:
    if validity is None:
        return np.ones(length, dtype=np.bool_)
    bits = np.frombuffer(validity, dtype=np.uint8)
    return np.unpackbits(bits, count=offset + length, bitorder="little")[offset:].astype(np.bool_)


def _pieces(place: Place, tables: tuple[Any, ...]) -> Iterator[tuple[slice, Slot]]:
    column, offset, bins, _ = place
    pieces, counts, odd, sums, extremes, registers, *_ = tables
    for start, length, slot in pieces.tolist():
        places = slot, column
        yield (
            slice(start, start + length),
            Slot(counts[slot, offset : offset + bins], odd[places], sums[places], extremes[places], registers[places]),
        )


def _count_hashes(hashes: NDArray[np.uint64], null: NDArray[np.bool_], place: Place, tables: tuple[Any, ...]) -> None:
    rows, factor = tables[6], np.uint64(place[3])
    for piece, slot in _pieces(place, tables):
        np.maximum(slot.registers, distinct.register(hashes[piece][~null[piece]]), out=slot.registers)
        if rows.size:
            with np.errstate(over="ignore"):
                rows[piece] += np.where(null[piece], hashing.NULL_HASH, hashes[piece]) * factor
