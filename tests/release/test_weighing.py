"""How heavy each row is that a model is trained on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.engines.clock import Clock, seconds
from driftline.errors import DataError
from driftline.release.rows import Labelled
from driftline.release.weighing import weighing
from driftline.sources.opening import open_source
from driftline.training.snapshot import WEIGHT, Wanted, take
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.training.snapshot import Snapshot

DAYS, A_DAY = 12, 24
UNTIL = datetime(2026, 3, 11, tzinfo=UTC)


def cut(batch: pa.RecordBatch) -> tuple[Any, Any, Any]:
    """By day."""
    times = seconds(batch.column("ts"))
    return times, *Clock(Windowing(Cadence.DAY)).windows(times)


def taken(shelf: Path, way: str, changed: str = "") -> tuple[Snapshot, pa.Table]:
    """Ten of twelve days, without the fifth, and a row an hour of which the first has no label."""
    ts = np.datetime64("2026-03-01") + np.arange(DAYS * A_DAY).astype("timedelta64[h]")
    label = [None if place % A_DAY == 0 else place % 2 for place in range(ts.size)]
    source = open_source(pa.table({"ts": ts.astype("datetime64[ms]"), "label": pa.array(label, pa.int64())}))
    wanted = Wanted(label="label", until=UNTIL, excluded={"2026-03-05": "spoilt"})
    weigh = weighing(Labelled(source, "ts", "label", UNTIL, UNTIL), wanted, cut, way, changed)
    found = take(source, Wanted(label="label", until=UNTIL, excluded=wanted.excluded, way=way, weigh=weigh), cut, shelf, UNTIL)
    return found, pq.read_table(found.folder / "rows-00000.parquet")


def test_rows_since_the_change_weigh_as_much_as_those_before(tmp_path: Path) -> None:
    """Of nine days two are new: together they are as heavy as the seven, and the mean is 1."""
    found, rows = taken(tmp_path, "half and half", "2026-03-09")
    weights, new = rows[WEIGHT].to_numpy(), rows["ts"].to_numpy() >= np.datetime64("2026-03-09")
    assert found.rows == 9 * (A_DAY - 1)
    assert weights[new].sum() == pytest.approx(weights[~new].sum())
    assert weights.mean() == pytest.approx(1)
    assert found.manifest["sampling"] == "half and half"
    assert WEIGHT not in found.manifest["columns"]  # a model that learnt it would want what nobody sends


def test_newer_rows_are_heavier(tmp_path: Path) -> None:
    """The weight halves for each quarter of the time there is."""
    _, rows = taken(tmp_path, "recent")
    weights = rows[WEIGHT].to_numpy()
    assert (np.diff(weights) > 0).all()
    assert weights[-1] / weights[0] == pytest.approx(2**4, rel=1e-9)


def test_rows_may_be_left_out(tmp_path: Path) -> None:
    """From the change on, and the newest third of the time; the manifest says how many are not chosen."""
    found, rows = taken(tmp_path, "since the change", "2026-03-09")
    assert rows["ts"].to_numpy().min() == np.datetime64("2026-03-09T01:00")
    assert found.rows == 2 * (A_DAY - 1)
    left = {one["what"]: one["rows"] for one in found.manifest["exclusions"]}
    assert left["not chosen by 'since the change'"] == 7 * (A_DAY - 1)
    _, newest = taken(tmp_path, "sliding")
    assert newest["ts"].to_numpy().min() > np.datetime64("2026-03-07")


@pytest.mark.parametrize(("way", "changed"), [("everything", "2026-03-09"), ("half and half", ""), ("half and half", "2025-01-01")])
def test_rows_that_are_alike_have_no_weights(tmp_path: Path, way: str, changed: str) -> None:
    """Nothing is added to the rows where it would say nothing."""
    found, rows = taken(tmp_path, way, changed)
    assert found.rows == 9 * (A_DAY - 1)
    assert WEIGHT not in rows.column_names


def test_rows_may_count_by_what_they_look_like(tmp_path: Path) -> None:
    """Older rows that look like the newest are heavier than those that do not; x is higher from the third day on."""
    pytest.importorskip("sklearn", reason="the classifier is scikit-learn's")
    ts = np.datetime64("2026-03-01") + np.arange(4000).astype("timedelta64[m]")
    new = ts >= np.datetime64("2026-03-03")
    x = np.random.default_rng(0).normal(np.where(new, 1.5, 0.0), 1.0)
    source = open_source(pa.table({"ts": ts.astype("datetime64[ms]"), "label": new.astype(int), "x": x}))
    rows, wanted = Labelled(source, "ts", "label", UNTIL, UNTIL, ("x",)), Wanted(label="label")
    weigh = weighing(rows, wanted, cut, "importance", "2026-03-03")
    found = take(source, Wanted(label="label", way="importance", weigh=weigh), cut, tmp_path, UNTIL)
    weights = pq.read_table(found.folder / "rows-00000.parquet")[WEIGHT].to_numpy()
    assert weights[~new & (x > 1)].mean() > 3 * weights[~new & (x < 0)].mean()


def test_rows_that_come_between_two_readings_are_noticed(tmp_path: Path) -> None:
    """Weights of other rows would be worse than none."""
    ts = np.datetime64("2026-03-01") + np.arange(100).astype("timedelta64[h]")
    first, later = (pa.table({"ts": (ts + hours).astype("datetime64[ms]"), "label": np.arange(100) % 2}) for hours in (0, 5))
    wanted = Wanted(label="label")
    weigh = weighing(Labelled(open_source(first), "ts", "label", UNTIL, UNTIL), wanted, cut, "recent", "")
    with pytest.raises(DataError, match="came or went"):
        take(open_source(later), Wanted(label="label", way="recent", weigh=weigh), cut, tmp_path, UNTIL)
