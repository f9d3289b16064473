from __future__ import annotations

import numpy as np

import driftline as dl
from driftline.alerting.alert import Patience
from driftline.alerting.arrangement import Arrangement
from driftline.alerting.incident import News
from driftline.alerting.replay import replay


def days(count: int, seed: int, broken: range = range(0)) -> dict[str, np.ndarray]:
    """Rows of some days; on some of them half of a column is missing."""
    rng = np.random.default_rng(seed)
    rows = count * 1000
    x = rng.normal(size=rows)
    day = np.arange(rows) // 1000
    x[np.isin(day, list(broken)) & (rng.random(rows) < 0.5)] = np.nan
    ts = np.datetime64("2026-03-01") + (np.arange(rows) * 86_400).astype("timedelta64[ms]")
    return {"ts": ts, "x": x, "y": rng.normal(size=rows)}


def test_windows_are_taken_in_one_after_another() -> None:
    """Two days of missing values among twenty are told when they begin and when they are over, and nothing else is."""
    report = dl.compare(days(20, 0), days(20, 1, broken=range(8, 10)), window="day", columns={"timestamp": "ts"}).found
    _, told = replay(report)
    assert [(notice.news, notice.window) for notice in told] == [(News.OPENED, "2026-03-09"), (News.RESOLVED, "2026-03-12")]
    assert replay(report, Arrangement(patience=Patience(fires_after=5)))[1] == ()
