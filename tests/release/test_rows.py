"""The rows that are trained on and kept for the gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.config.specification import Specification, specify
from driftline.errors import ConfigError, DataError
from driftline.release.rows import cutting, labelled

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def monitor(tmp_path: Path, **settings: Any) -> Specification:
    """A monitor of ten days, the last two of which have no labels."""
    ts = np.datetime64("2026-03-01", "s") + np.arange(240) * np.timedelta64(3600, "s")
    label = [None if place >= 192 else place % 2 for place in range(240)]
    pq.write_table(pa.table({"ts": ts, "x": np.arange(240.0), "label": pa.array(label, pa.int64())}), tmp_path / "rows.parquet")
    given = {"reference": "rows.parquet", "current": "rows.parquet", "columns": {"timestamp": "ts", "label": "label"}}
    return specify({**given, **settings}, {}, directory=tmp_path)


def test_the_newest_labelled_rows_are_kept(tmp_path: Path) -> None:
    """What is kept is reckoned from the newest row whose label is known, not from the newest row."""
    found = labelled(monitor(tmp_path, training={"holdout": "3 days"}), NOW)
    assert found.newest == datetime(2026, 3, 8, 23, tzinfo=UTC)
    assert found.newest - found.kept_from == timedelta(days=3)
    assert (found.time, found.label) == ("ts", "label")


@pytest.mark.parametrize(("columns", "what"), [({"label": "label"}, "timestamp"), ({"timestamp": "ts"}, "label")])
def test_without_times_or_labels_nothing_can_be_kept(tmp_path: Path, columns: dict[str, str], what: str) -> None:
    """What has to be said is asked for."""
    with pytest.raises(ConfigError, match=f"which column holds the {what}"):
        labelled(monitor(tmp_path, columns=columns), NOW)


def test_no_label_at_all_is_said(tmp_path: Path) -> None:
    """Rows that have no label yet cannot be trained on."""
    specification = monitor(tmp_path)
    table = pq.read_table(tmp_path / "rows.parquet").slice(200)
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="has a label and a time"):
        labelled(specification, NOW)


def test_windows_are_the_monitors(tmp_path: Path) -> None:
    """Windows have the labels people know, days where the monitor does not cut by the calendar."""
    batch = next(labelled(monitor(tmp_path), NOW).source.batches())
    for window, label in (("week", "2026-W09"), ({"rows": 7}, "2026-03-01")):
        _, codes, windows = cutting(monitor(tmp_path, window=window), "ts")(batch)
        assert windows[codes[0]].label == label
