"""The rows a model is trained on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.engines.clock import Clock, seconds
from driftline.errors import DataError
from driftline.sources.opening import open_source
from driftline.training.snapshot import Wanted, opened, take
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.training.snapshot import Cut, Snapshot

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ROWS = 1000


def rows(days: int = 4) -> pa.Table:
    """Days of 1,000 rows, every tenth without a label."""
    count = days * ROWS
    ts = np.datetime64("2026-03-01") + (np.arange(count) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    label = [None if place % 10 == 0 else place % 2 for place in range(count)]
    return pa.table({"ts": ts, "amount": np.arange(count) * 1.5, "label": pa.array(label, pa.int64())})


def by_day() -> Cut:
    """Cut by day."""
    clock = Clock(Windowing(Cadence.DAY))

    def cut(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, list]:
        times = seconds(batch.column("ts"))
        return times, *clock.windows(times)

    return cut


def taken(shelf: Path, wanted: Wanted, table: pa.Table | None = None) -> Snapshot:
    """Take a snapshot of a table."""
    return take(open_source(rows() if table is None else table), wanted, by_day(), shelf, NOW)


def test_what_is_wanted_is_there_and_the_rest_is_accounted_for(tmp_path: Path) -> None:
    """Files hold exactly the wanted rows, and the manifest says which windows, how many, and what was left out and why."""
    until = datetime(2026, 3, 4, tzinfo=UTC)
    found = taken(tmp_path, Wanted(label="label", until=until, excluded={"2026-03-02": "amount was in cents"}))
    written = pq.read_table([found.folder / file["name"] for file in found.manifest["files"]])
    whole = rows().to_pandas()
    kept = whole[(whole.ts < "2026-03-04") & (whole.ts.dt.day != 2) & whole.label.notna()]
    assert written["amount"].to_pylist() == kept.amount.tolist()
    assert found.rows == len(kept) == 1800
    assert found.manifest["windows"] == [{"label": "2026-03-01", "rows": 900}, {"label": "2026-03-03", "rows": 900}]
    left = {one["what"]: one["rows"] for one in found.manifest["exclusions"]}
    assert left == {"kept for the gate": 1000, "2026-03-02: amount was in cents": 1000, "without a label": 200}
    assert sum(left.values()) + found.rows == 4000
    assert found.until is not None
    assert found.until < until


def test_the_same_rows_are_the_same_snapshot(tmp_path: Path) -> None:
    """Rows that come in other pieces give the same bytes, and one folder."""
    table = rows()
    pieces = pa.Table.from_batches([batch for start in range(0, 4000, 700) for batch in table.slice(start, 700).to_batches()])
    first, second = taken(tmp_path, Wanted(label="label"), table), taken(tmp_path, Wanted(label="label"), pieces)
    assert first.folder == second.folder
    assert first.digest == second.digest
    assert taken(tmp_path, Wanted()).digest != first.digest
    assert {path.name for path in tmp_path.iterdir()} == {first.folder.name, taken(tmp_path, Wanted()).folder.name}


def test_nothing_left_is_said(tmp_path: Path) -> None:
    """Where everything is left out there is nothing to train on, and the message says why."""
    with pytest.raises(DataError, match="4000 before the first that is wanted"):
        taken(tmp_path, Wanted(since=NOW))
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_that_was_touched_is_refused(tmp_path: Path) -> None:
    """What a run was told to train on is what it trains on."""
    found = taken(tmp_path, Wanted())
    assert opened(found.folder).manifest == found.manifest
    file = found.folder / found.manifest["files"][0]["name"]
    pq.write_table(rows(1), file)
    with pytest.raises(DataError, match="is not what the manifest says"):
        opened(found.folder)
    with pytest.raises(DataError, match="is no snapshot"):
        opened(tmp_path)
