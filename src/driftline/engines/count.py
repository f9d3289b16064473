"""Counting a whole source: batches are cut, columns are counted in parallel, each segment and window adds up."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import pyarrow as pa

from driftline.engines.arrow import count_columns, sampled
from driftline.engines.clock import NO_TIME
from driftline.engines.split import Splitter
from driftline.engines.tally import Tally, outcome_tally
from driftline.errors import SchemaMismatch, near_miss
from driftline.monitor import ColumnHints
from driftline.schema import Role
from driftline.verdicts.report import Finding
from driftline.window import CALENDAR, Cadence, Window, Windowing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping
    from typing import Self

    from numpy.typing import NDArray

    from driftline.engines.arrow import Fill
    from driftline.engines.split import Cut, Key
    from driftline.ports import Progress, Source
    from driftline.profile.outcome import OutcomeCounts
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile

    Share = tuple[NDArray[np.uint64], list[Fill]]
    """Each row's hash as far as some columns go, and what gives those columns' values for the sample."""

T = TypeVar("T")

LARGE = 1 << 17
"""Batches of more rows are counted in slices of so many."""

SMALL = 1 << 13
"""Batches of fewer rows are gathered first, since every batch costs the same few microseconds per column."""

LITTLE = 1 << 16
"""Cells that are not worth handing to another thread."""

AHEAD = 1
"""Cuts that may wait to be counted while the next is read."""

MOST_THREADS = 16

TIME_HINT = "times are timestamps, dates, ISO 8601 texts, or numbers counting since 1970"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a source held.

    Attributes:
        profiles: by segment (None for all rows) and window, in the order of windows.
        findings: what cutting found; what reading found is the source's to tell.
        untimed: by segment, rows whose time was null or unreadable; they are in no window.
    """

    profiles: dict[tuple[str | None, Window], Profile]
    findings: tuple[Finding, ...] = ()
    untimed: dict[str | None, Profile] = field(default_factory=dict)


def count(
    plan: Plan,
    source: Source,
    windowing: Windowing,
    hints: ColumnHints | None = None,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Counted:
    """Count every row of a source once, by segment and window. The result does not depend on `threads`.

    Args:
        plan: which columns, in which bins.
        source: where the rows lie.
        windowing: how rows are cut into windows.
        hints: which column holds the time, and which columns or conditions are segments.
        progress: told how many rows are done.
        threads: how many to count with; all there are for None.

    Raises:
        SchemaMismatch: windows need a column that is not there.
        ConfigError: a segment's condition cannot be read.
    """
    splitter, tally = _splitter(plan, source, windowing, hints), Tally(plan)
    with Crew(tally, threads or available()) as crew:
        for batch in _batches(source, splitter.columns() | set(plan.names), progress):
            ready: dict[int, pa.Array] | None = {} if splitter.cuts > 1 else None
            for cut in splitter.cut(batch):
                crew.count(batch, cut, ready)
            # What is let go of before the next batch is read lends it memory that is still in the cache.
            del batch, ready
    return _settled(tally, splitter, source)


def count_outcomes(
    plan: Plan, source: Source, windowing: Windowing, hints: ColumnHints | None = None, *, progress: Progress | None = None
) -> dict[Key, OutcomeCounts]:
    """Count predictions beside labels and nothing else: the outcomes of the profiles that `count` makes, in the same order.

    Of the columns those are read that it takes; arguments and errors are those of `count`.
    """
    if plan.outcome is None:
        return {}
    slots: dict[Hashable, int] = {}
    splitter = _splitter(plan, source, windowing, hints)
    tally = outcome_tally(plan, plan.outcome, slots)
    for batch in _batches(source, splitter.columns() | set(plan.outcome.columns), progress):
        for cut in splitter.cut(batch):
            if cut.pieces:
                pieces = [(start, length, slots.setdefault(key, len(slots))) for start, length, key in cut.pieces]
                tally.count(batch, cut.order, np.array(pieces, dtype=np.int64))
        del batch
    keys = cast("tuple[Key, ...]", tuple(slots))
    final = splitter.final(keys)
    return _in_order({final[key]: tally.of(slots[key]) for key in keys if key[1] != NO_TIME})


def _splitter(plan: Plan, source: Source, windowing: Windowing, hints: ColumnHints | None) -> Splitter:
    hints = hints or ColumnHints()
    return Splitter(windowing, hints, plan, time_column(plan, windowing, hints, source))


def _batches(source: Source, wanted: set[str], progress: Progress | None) -> Iterator[pa.RecordBatch]:
    """The rows, with those of the wanted columns that are there."""
    # What earlier readings have let go of would else lie idle beside all that comes now.
    pa.default_memory_pool().release_unused()
    names = [name for name in dict.fromkeys(source.schema().names) if name in wanted]
    done, total = 0, source.rows()
    for batch in even(source.batches(names)):
        done += batch.num_rows
        yield batch
        del batch
        if progress is not None:
            progress(f"counting {source.name}", done, total)
    pa.default_memory_pool().release_unused()


def blocks(plan: Plan, source: Source, rows_per_block: int, *, progress: Progress | None = None, threads: int | None = None) -> Counted:
    """Count a source as consecutive blocks of rows, which is how a reference is kept."""
    return count(plan, source, Windowing(Cadence.ROWS, rows=rows_per_block), progress=progress, threads=threads)


def time_column(plan: Plan, windowing: Windowing, hints: ColumnHints, source: Source) -> str | None:
    """The column whose time decides the window; None where windows do not go by time.

    Raises:
        SchemaMismatch: there is none, or it is not in the source.
    """
    if windowing.cadence is Cadence.COLUMN:
        _must_have(source, windowing.column or "", "windows are cut by its value")
    if windowing.cadence not in CALENDAR:
        return None
    place = plan.with_role(Role.TIMESTAMP)
    name = hints.named(Role.TIMESTAMP) or (plan.names[place] if place is not None else None)
    if name is None:
        raise SchemaMismatch(
            f"windows of one {windowing.cadence.value} need a column that holds the time, and none is known",
            hint="name it (columns: {timestamp: ts}), or cut windows by rows: window: {rows: 1000}",
        )
    _must_have(source, name, f"it holds the time that windows of one {windowing.cadence.value} go by")
    return name


def available() -> int:
    """How many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(len(usable(0)) if usable else os.cpu_count() or 1, MOST_THREADS)


def even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Slice large batches and gather small ones; the order of rows stays."""
    small: list[pa.RecordBatch] = []
    for batch in batches:
        if small and (batch.num_rows >= SMALL or batch.schema != small[0].schema):
            yield from _gathered(small)
            small = []
        if batch.num_rows >= SMALL:
            parts = [batch.slice(start, LARGE) for start in range(0, batch.num_rows, LARGE)][::-1]
            del batch
            while parts:
                yield parts.pop()
        elif batch.num_rows:
            small.append(batch)
            if sum(part.num_rows for part in small) >= SMALL:
                yield from _gathered(small)
                small = []
    if small:
        yield from _gathered(small)


def _gathered(small: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    if len(small) == 1:
        return small
    try:
        return list(pa.Table.from_batches(small).unify_dictionaries().combine_chunks().to_batches())
    except pa.ArrowException:
        # Some dictionaries cannot be joined.
        return small


class Crew:
    """Threads that share the columns of each cut, and count predictions beside labels; rows are sampled by the thread that asks."""

    def __init__(self, tally: Tally, threads: int) -> None:
        self._tally = tally
        shares = max(1, min(threads, tally.columns))
        self._shares = [range(first, tally.columns, shares) for first in range(shares)]
        self._locks = [Lock() for _ in self._shares]
        self._beside = Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="count") if threads > 1 else None
        self._waiting: deque[tuple[NDArray[np.int64], list[Future[Share]], Future[None]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._finish(0)
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)

    def count(self, batch: pa.RecordBatch, cut: Cut, ready: dict[int, pa.Array] | None = None) -> None:
        """Count a cut of a batch, now or soon; `ready` is shared by the cuts of one batch."""
        if not cut.pieces:
            return
        if not self._tally.has_room({key for _, _, key in cut.pieces}):
            self._finish(0)
        pieces = np.array([(start, length, self._tally.slot(key)) for start, length, key in cut.pieces], dtype=np.int64)
        if self._pool is None or cut.rows * self._tally.columns < LITTLE:
            self._outcomes(batch, cut, pieces)
            self._sample(pieces, [self._share(share, batch, cut, pieces, ready) for share in range(len(self._shares))])
            return
        # What takes longest first: the thread that asks goes on to read the next batch.
        beside = self._pool.submit(self._outcomes, batch, cut, pieces)
        tasks = [self._pool.submit(self._share, share, batch, cut, pieces, ready) for share in range(len(self._shares))]
        self._waiting.append((pieces, tasks, beside))
        self._finish(AHEAD)

    def _outcomes(self, batch: pa.RecordBatch, cut: Cut, pieces: NDArray[np.int64]) -> None:
        """Count predictions beside labels."""
        if self._tally.outcomes is not None:
            with self._beside:
                self._tally.outcomes.count(batch, cut.order, pieces)

    def _share(self, share: int, batch: pa.RecordBatch, cut: Cut, pieces: NDArray[np.int64], ready: dict[int, pa.Array] | None) -> Share:
        columns = self._shares[share]
        rows = np.zeros(cut.rows, dtype=np.uint64)
        # Two cuts may not add to the same column's tables at the same time.
        with self._locks[share]:
            fills = count_columns(self._tally, batch, pieces, rows, columns, cut.order, ready)
        return rows, fills

    def _finish(self, left: int) -> None:
        """Wait until at most `left` cuts are still being counted."""
        while len(self._waiting) > left:
            pieces, tasks, beside = self._waiting.popleft()
            self._sample(pieces, [task.result() for task in tasks])
            beside.result()

    def _sample(self, pieces: NDArray[np.int64], shares: list[Share]) -> None:
        rows, fills = shares[0]
        for more, others in shares[1:]:
            rows += more
            fills = [*fills, *others]
        self._tally.take_rows(pieces, rows, lambda wanted: sampled(self._tally.columns, fills, wanted))


def _must_have(source: Source, name: str, why: str) -> None:
    names = source.schema().names
    if name not in names:
        raise SchemaMismatch(f"{source.name} has no column {name!r}; {why}", hint=near_miss(name, names))


def _settled(tally: Tally, splitter: Splitter, source: Source) -> Counted:
    """Name the windows, put them in order, and tell of rows that are in none."""
    keys = cast("tuple[Key, ...]", tally.slots())
    final = splitter.final(keys)
    profiles = {final[key]: tally.profile(key) for key in keys if key[1] != NO_TIME}
    untimed = {key[0]: tally.profile(key) for key in keys if key[1] == NO_TIME}
    return settle(profiles, untimed, splitter.findings(), source.name)


def settle(profiles: Mapping[Key, Profile], untimed: Mapping[str | None, Profile], findings: Iterable[Finding], name: str) -> Counted:
    """Put windows in order, all rows before segments, and tell of rows that are in no window."""
    told = list(findings)
    if None in untimed:
        lost = untimed[None].rows
        told.append(Finding(where=name, what=f"{lost} rows have no time that can be read and are in no window", rows=lost, hint=TIME_HINT))
    return Counted(_in_order(profiles), tuple(told), {key: untimed[key] for key in sorted(untimed, key=_rank)})


def _in_order(found: Mapping[Key, T]) -> dict[Key, T]:
    return {key: found[key] for key in sorted(found, key=lambda key: (*_rank(key[0]), key[1].index))}


def _rank(segment: str | None) -> tuple[bool, str]:
    return segment is not None, segment or ""
