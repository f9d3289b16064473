"""Labels by id: a compact sorted index on disk, filled in any order, in which the last label of each id counts.

An id is kept as the 64-bit hash of its text, by which the profile knows it, too: among ten million labels and as many
predictions the odds of a single mistaken match are about one in 200,000. Temporary files have no name, or lose it at once,
so that they are gone with the process however it ends; they lie where `TMPDIR` says.
"""

from __future__ import annotations

import mmap
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from driftline.profile import hashing
from driftline.sources.coding import NO_TIME, Tale, What, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

HELD = 1 << 19
"""So many labels are held in memory; more are sorted and laid on the disk."""

PARTS = 256
"""Sorted runs are put together one part of the hashes at a time."""

SEGMENT = 1 << 22
"""So many hashes are looked through before their memory is given back."""

LONG = 256
"""Longer texts are hashed one by one."""

RECORD = np.dtype([("hash", np.uint64), ("rank", np.int64), ("value", np.int64), ("kind", np.uint8)])
"""A label: its id, when it came or as which one, and what it says."""


class Runs:
    """Labels on their way into an index: sorted runs on the disk, and what is not yet there. A context manager."""

    def __init__(self) -> None:
        self.rows = 0
        self._file: IO[bytes] | None = None
        self._cuts: list[NDArray[np.intp]] = []
        self._waiting: list[NDArray[np.void]] = []
        self._held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, hashes: NDArray[np.uint64], ranks: NDArray[np.int64], kinds: NDArray[np.uint8], values: NDArray[np.int64]) -> None:
        """Take in labels; of equal ranks the one that comes first is the earlier."""
        records = np.empty(hashes.size, dtype=RECORD)
        for name, column in (("hash", hashes), ("rank", ranks), ("kind", kinds), ("value", values)):
            records[name] = column
        self._waiting.append(records)
        self.rows += records.size
        self._held += records.size
        if self._held >= HELD:
            self._spill()

    def parts(self) -> Iterator[NDArray[np.void]]:
        """All labels, one part of the hashes after another, each in any order."""
        if self._file is None:
            yield np.concatenate([np.empty(0, dtype=RECORD), *self._waiting])
            return
        self._spill()
        starts = np.cumsum([0, *(int(cuts[-1]) for cuts in self._cuts)])
        for part in range(PARTS):
            pieces = []
            for start, cuts in zip(starts, self._cuts, strict=False):
                self._file.seek(int(start + cuts[part]) * RECORD.itemsize)
                pieces.append(np.frombuffer(self._file.read(int(cuts[part + 1] - cuts[part]) * RECORD.itemsize), dtype=RECORD))
            yield np.concatenate(pieces)

    def _spill(self) -> None:
        """Sort what waits, and lay it on the disk."""
        run = np.concatenate(self._waiting)
        run = run[np.argsort(run["hash"])]
        bounds = np.arange(1, PARTS, dtype=np.uint64) << np.uint64(64 - PARTS.bit_length() + 1)
        self._cuts.append(np.concatenate([[0], np.searchsorted(run["hash"], bounds), [run.size]]))
        self._file = self._file or TemporaryFile()  # noqa: SIM115  closed by `__exit__`
        self._file.seek(0, 2)
        self._file.write(run.view(np.uint8).data)
        self._waiting, self._held = [np.empty(0, dtype=RECORD)], 0


class LabelIndex:
    """Labels sorted by the hash of their id. Many of them lie on the disk, and take no memory between two calls.

    Args:
        runs: all labels.
        texts: what texts the labels' values stand for.
        timed: ranks are microseconds since 1970, and are kept.
    """

    def __init__(self, runs: Runs, texts: Mapping[str, int], *, timed: bool) -> None:
        self.texts = sorted(texts)
        self.tale = Tale(texts=np.zeros(len(texts), dtype=np.int64))
        place = {text: i for i, text in enumerate(self.texts)}
        # The order in which texts came must not matter, not even where two labels of one instant differ.
        ranks = np.array([place[text] for text in texts], dtype=np.int64)
        names = ("hash", "value", "kind", "rank") if timed else ("hash", "value", "kind")
        self._columns = {name: _Column(RECORD[name], large=runs.rows > HELD) for name in names}
        with ExitStack() as stack:
            for column in self._columns.values():
                stack.enter_context(column)
            for part in runs.parts():
                words = part["kind"] == What.TEXT
                part["value"][words] = ranks[part["value"][words]]
                kept = self._last(part)
                self._count(kept)
                for name, column in self._columns.items():
                    column.add(kept[name])

    def __len__(self) -> int:
        """How many ids have a label."""
        return int(self._columns["hash"].values.size)

    def find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The place of each id's label; -1 where there is none."""
        found = np.full(hashes.size, -1, dtype=np.int64)
        column = self._columns["hash"]
        order = np.argsort(hashes)
        keys = hashes[order]
        for start in range(0, len(self), SEGMENT):
            piece = column.values[start : start + SEGMENT]
            low, high = np.searchsorted(keys, piece[0]), np.searchsorted(keys, piece[-1], side="right")
            at = np.searchsorted(piece, keys[low:high])
            found[order[low:high]] = np.where(piece[at] == keys[low:high], at + start, -1)
            column.release()
        return found

    def take(self, places: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """What the labels at some places are, and their 64 bits; nothing at places below 0."""
        return self._taken("kind", places, What.NOTHING).astype(np.uint8), self._taken("value", places, 0)

    def times(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """When the labels at some places came, in microseconds since 1970; `NO_TIME` where nobody knows, or there is none."""
        return self._taken("rank", places, NO_TIME)

    def _taken(self, name: str, places: NDArray[np.int64], nothing: int) -> NDArray[np.int64]:
        taken = np.full(places.size, nothing, dtype=np.int64)
        there = places >= 0
        column = self._columns[name]
        taken[there] = column.values[places[there]]
        column.release()
        return taken

    def _last(self, part: NDArray[np.void]) -> NDArray[np.void]:
        """The last label of each id, by id."""
        part = part[np.argsort(part["hash"])]
        same = part["hash"][1:] == part["hash"][:-1]
        if not same.any():
            return part
        again = np.append(same, False) | np.append(False, same)
        some = part[again]
        part[again] = some[np.lexsort((some["value"], some["kind"], some["rank"], some["hash"]))]
        ends = np.flatnonzero(np.append(~same, True))
        last = part[ends].repeat(np.diff(ends, prepend=-1))
        other = (last["value"] != part["value"]) | (last["kind"] != part["kind"])
        self.tale.again += int(same.sum())
        self.tale.corrected += int(other.sum())
        self.tale.tied += int((other & (last["rank"] == part["rank"])).sum())
        return np.asarray(part[ends])

    def _count(self, kept: NDArray[np.void]) -> None:
        values, kinds = kept["value"], kept["kind"]
        self.tale.kinds += np.bincount(kinds, minlength=len(What))
        self.tale.truths += int(((kinds == What.WHOLE) & ((values == 0) | (values == 1))).sum())
        self.tale.texts += np.bincount(values[kinds == What.TEXT], minlength=self.tale.texts.size)


class _Column:
    """One field of the labels that count: in memory, or in a mapped file. It is filled as a context manager, and read later."""

    def __init__(self, kind: np.dtype[Any], *, large: bool) -> None:
        self.values: NDArray[Any] = np.empty(0, dtype=kind)
        self._parts: list[NDArray[Any]] = []
        self._file: IO[bytes] | None = TemporaryFile() if large else None  # noqa: SIM115  closed by `__exit__`
        self._map: mmap.mmap | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, fault: object, *_: object) -> None:
        if self._file is None:
            self.values = np.concatenate([self.values, *self._parts])
            self._parts = []
            return
        with self._file as file:
            if fault is None:
                file.flush()
                # The mapping outlives the file; when it goes, the space is given back.
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self.values = np.frombuffer(self._map, dtype=self.values.dtype)

    def add(self, values: NDArray[Any]) -> None:
        """Put values behind the others."""
        if self._file is None:
            self._parts.append(values)
        else:
            self._file.write(np.ascontiguousarray(values).data)

    def release(self) -> None:
        """Give memory back; the system may still remember what lay in it."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


def hash_ids(array: pa.Array) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Hash the text of each id, and say which rows have one: 7, 7.0, "7" and b"7" are the same id."""
    if pa.types.is_dictionary(array.type):
        hashes, known = hash_ids(array.dictionary)
        places = array.indices.cast(pa.int64()).fill_null(len(hashes)).to_numpy(zero_copy_only=False)
        return np.append(hashes, np.uint64(0))[places], np.append(known, False)[places]
    texts = texts_of(array)
    known = np.asarray(texts.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    _, offsets, data = texts.buffers()
    ends = np.zeros(1, np.int64) if not len(texts) else np.frombuffer(offsets, np.int64, len(texts) + 1, 8 * texts.offset)
    letters = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    return _hash_letters(letters, ends), known


def _hash_letters(letters: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """FNV-1a of many texts at once, letter by letter (`hashing.hash_text`)."""
    sizes = np.diff(ends)
    order = np.argsort(-np.minimum(sizes, LONG).astype(np.int16), kind="stable")
    words = np.full(sizes.size, hashing.FNV_OFFSET, dtype=np.uint64)
    starts, longest = ends[:-1][order], int(min(sizes.max(initial=0), LONG))
    # Longest first, those that have an n-th letter stand together.
    having = np.searchsorted(-sizes[order].clip(max=LONG), -np.arange(longest))
    with np.errstate(over="ignore"):
        for at, rows in enumerate(having.tolist()):
            words[:rows] = (words[:rows] ^ letters[starts[:rows] + at]) * np.uint64(hashing.FNV_PRIME)
    hashes = np.empty_like(words)
    hashes[order] = hashing.mix(words)
    for row in np.flatnonzero(sizes > LONG).tolist():
        hashes[row] = hashing.hash_text(letters[ends[row] : ends[row + 1]].tobytes())
    return hashes
