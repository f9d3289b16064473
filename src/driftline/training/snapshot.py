"""The rows a model is trained on, as Parquet files that never change, with a manifest that says which they are and why not others."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from driftline import paper
from driftline.decisions.sampling import EVERYTHING
from driftline.errors import DataError
from driftline.training.order import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from driftline.ports import Source
    from driftline.window import Window

    Cut = Callable[[pa.RecordBatch], tuple[NDArray[np.int64], NDArray[np.int64], list[Window]]]
    """Of each row the time in seconds since 1970, and the place of its window in the list."""

    Weigh = Callable[[pa.RecordBatch, NDArray[np.int64]], NDArray[np.float64]]
    """How heavy each row is that is wanted otherwise, in their order, given the times; 0 for those that are left out."""

FILE_ROWS = 200_000
"""Files have so many rows, however the rows came, so that the same rows are the same bytes."""

MANIFEST = "manifest.json"

WEIGHT = "driftline_weight"
"""The column that says how heavy each row is, where rows are not all alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows.

    Attributes:
        label: rows without one are left out; None where there is none.
        since: rows before are left out.
        until: rows from then on are left out: they are kept for the gate.
        excluded: windows that are left out, by label, with the reason.
        way: of those that are left, by which way they are chosen.
        weigh: how heavy that makes each; None where all are alike, and have no column of weights.
    """

    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    way: str = EVERYTHING
    weigh: Weigh | None = None

    def unwanted(
        self, batch: pa.RecordBatch, times: NDArray[np.int64], codes: NDArray[np.int64], windows: list[Window]
    ) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Why rows are left out whatever the way, and which of a batch."""
        if self.since is not None:
            yield "before the first that is wanted", times < self.since.timestamp()
        if self.until is not None:
            yield "kept for the gate", times >= self.until.timestamp()
        for label, why in self.excluded.items():
            away = np.array([window.label == label for window in windows], dtype=np.bool_)
            yield f"{label}: {why}", away[codes]
        if self.label is not None:
            yield "without a label", ~np.asarray(pc.is_valid(batch.column(self.label)).to_numpy(zero_copy_only=False), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder of rows and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The hash of the content."""
        return str(self.manifest["digest"])

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.manifest["rows"])

    @property
    def until(self) -> datetime | None:
        """The newest row's time."""
        return datetime.fromisoformat(self.manifest["to"]) if self.manifest["to"] else None


def take(source: Source, wanted: Wanted, cut: Cut, shelf: Path, now: datetime) -> Snapshot:
    """Write the rows that are wanted into a folder of `shelf` that is named by their content.

    Args:
        source: the rows, with the labels that are known now.
        wanted: which of them.
        cut: times and windows of a batch's rows.
        shelf: where folders of rows lie.
        now: when it is taken.

    Raises:
        DataError: no row is left.
    """
    draft = shelf / ".draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    tally = _Tally(wanted)
    files = [_write(draft / f"rows-{place:05d}.parquet", table) for place, table in enumerate(_pieces(source, tally, cut))]
    if not tally.rows:
        shutil.rmtree(draft)
        raise DataError(f"no row of {source.name} is left to train on: {tally.told()}", hint="leave out less, or wait for labels")
    digest = hashlib.sha256("".join(file["sha256"] for file in files).encode()).hexdigest()
    manifest = {"schema": SCHEMA, "digest": digest, "source": source.name, "taken": now.isoformat(), "files": files, **tally.written()}
    paper.write(draft / MANIFEST, manifest)
    folder = shelf / digest[:16]
    if (folder / MANIFEST).exists():
        shutil.rmtree(draft)
        return opened(folder)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return Snapshot(folder, manifest)


def opened(folder: Path) -> Snapshot:
    """A snapshot that was taken before.

    Raises:
        DataError: it has no manifest, or a file is not what the manifest says.
    """
    manifest = paper.read(folder / MANIFEST)
    if manifest is None:
        raise DataError(f"{str(folder)!r} is no snapshot: it has no {MANIFEST}", hint="take it again: driftline retrain")
    for file in manifest["files"]:
        path = folder / file["name"]
        if not path.exists() or _digest(path) != file["sha256"]:
            raise DataError(f"{str(path)!r} is not what the manifest says", hint="remove the folder, and take the snapshot again")
    return Snapshot(folder, manifest)


class _Tally:
    """What was taken and what was left out."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.rows = 0
        self._columns: dict[str, str] = {}
        self._windows: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._first, self._last = np.iinfo(np.int64).max, np.iinfo(np.int64).min

    def kept(self, batch: pa.RecordBatch, times: NDArray[np.int64], codes: NDArray[np.int64], windows: list[Window]) -> pa.RecordBatch:
        """The rows of a batch that are wanted."""
        keep, wanted = np.ones(batch.num_rows, dtype=np.bool_), self._wanted
        self._columns = {column.name: str(column.type) for column in batch.schema}
        for why, away in wanted.unwanted(batch, times, codes, windows):
            self._left[why] = self._left.get(why, 0) + int((keep & away).sum())
            keep &= ~away
        batch, times, codes = batch.filter(pa.array(keep)), times[keep], codes[keep]
        if wanted.weigh is not None:
            weights, why = wanted.weigh(batch, times), f"not chosen by {wanted.way!r}"
            chosen = weights > 0
            self._left[why] = self._left.get(why, 0) + int((~chosen).sum())
            batch = batch.append_column(WEIGHT, pa.array(weights)).filter(pa.array(chosen))
            times, codes = times[chosen], codes[chosen]
        self._count(times, codes, windows)
        return batch

    def _count(self, times: NDArray[np.int64], codes: NDArray[np.int64], windows: list[Window]) -> None:
        if not times.size:
            return
        self.rows += int(times.size)
        self._first, self._last = min(self._first, int(times.min())), max(self._last, int(times.max()))
        for code, often in zip(*np.unique(codes, return_counts=True), strict=True):
            label = windows[code].label
            self._windows[label] = self._windows.get(label, 0) + int(often)

    def told(self) -> str:
        """What was left out, in words."""
        return ", ".join(f"{rows} {why}" for why, rows in self._left.items() if rows) or "there are none"

    def written(self) -> dict[str, Any]:
        """The tally's part of a manifest."""
        timed = self.rows and self._first > np.iinfo(np.int64).min
        first, last = (datetime.fromtimestamp(at, UTC).isoformat() if timed else None for at in (self._first, self._last))
        exclusions = [{"what": why, "rows": rows} for why, rows in self._left.items()]
        windows = [{"label": label, "rows": rows} for label, rows in sorted(self._windows.items())]
        way = {"sampling": self._wanted.way}
        return {"rows": self.rows, **way, "columns": self._columns, "from": first, "to": last, "windows": windows, "exclusions": exclusions}


def _pieces(source: Source, tally: _Tally, cut: Cut) -> Iterator[pa.Table]:
    """Tables of `FILE_ROWS` rows, the last of what is left."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in source.batches():
        kept = tally.kept(batch, *cut(batch))
        waiting.append(kept)
        rows += kept.num_rows
        while rows >= FILE_ROWS:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, FILE_ROWS)
            waiting, rows = table.slice(FILE_ROWS).to_batches(), rows - FILE_ROWS
    if rows:
        yield pa.Table.from_batches(waiting)


def _write(path: Path, table: pa.Table) -> dict[str, Any]:
    pq.write_table(table.combine_chunks(), path)
    return {"name": path.name, "rows": table.num_rows, "sha256": _digest(path)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
