"""A wide window with many segments is diagnosed in time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from driftline.config.specification import specify
from driftline.engines import count as counting
from driftline.learning import learn
from driftline.services.check import Counted, check
from driftline.services.diagnose import diagnose
from driftline.sources.opening import open_source

COLUMNS, SEGMENTS, ROWS, DAYS = 200, 20, 1000, 8
SECONDS = 5.0


def table(days: int, seed: int, *, broken: bool = False) -> pa.Table:
    """Numbers and categories, of which twenty name segments of three levels; in a broken last day a column is in cents."""
    rng = np.random.default_rng(seed)
    rows = days * ROWS
    made = {f"n{i}": np.round(np.exp(rng.normal(3, 1, rows)), 2) for i in range(COLUMNS - SEGMENTS)}
    made |= {f"s{i}": rng.choice(np.array(["a", "b", "c"]), rows) for i in range(SEGMENTS)}
    if broken:
        made["n7"][-ROWS:] *= 100
    return pa.table({**made, "day": np.repeat(np.arange(days), ROWS)})


@pytest.mark.soak
def test_two_hundred_columns_and_twenty_segment_columns_take_five_seconds() -> None:
    """The fault is named first, within five seconds of processor time, at most, after the window was judged."""
    said = {"reference": "r", "current": "c", "window": {"column": "day"}, "segments": [f"s{i}" for i in range(SEGMENTS)]}
    monitor = specify(said, {}, name="wide").monitor
    plan, learnt = learn(open_source(table(DAYS, 0), name="r"), monitor)
    counted = counting.count(plan, open_source(table(2, 1, broken=True), name="c"), monitor.windowing, monitor.hints)
    current = Counted(counted.profiles)
    report = check(learnt, current, monitor, datetime(2026, 1, 1, tzinfo=UTC))
    began = time.process_time()
    newest = max(window.window for window in report.windows)
    told = diagnose(learnt, current, report, {newest}).windows
    (found,) = (tuple(window.diagnosis) for window in told if window.window == newest and window.segment is None)
    took = time.process_time() - began
    assert (found[0].kind, found[0].columns) == ("unit_change", ("n7",))
    assert took < SECONDS, f"{took:.1f} s"
