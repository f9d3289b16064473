"""The engine behind the cycle; tests/server/test_worker.py shows that it counts what counting all at once would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driftline.server.face import wall_clock
from driftline.server.worker import Worker
from driftline.services.cycle import Pace


@pytest.fixture
def parts(small: Any) -> Any:
    """A ledger and a counter."""
    learnt = small.service.library.learn(small.watched, wall_clock(), timedelta(0))
    worker = Worker(small.service, Pace(), wall_clock, threads=1)
    return worker._ledger(small.watched, learnt, None), worker._counting(small.watched, learnt)


def test_each_window_knows_the_parcels_that_reach_into_it(parts: Any, small: Any, rows_of: Any) -> None:
    """By their first and last time; a window is linked to no parcel that has none of its rows."""
    for name, first, many in (("a", 0, 60), ("b", 60, 90), ("c", 300, 10)):
        small.send(rows_of(first, many), name)
    ledger, counting = parts
    parcels = ledger.uncounted()
    tallied = counting.count(parcels, 0)
    found = {window.label[-5:]: [ident for ident, _, _ in places] for window, places in tallied.places.items()}
    assert found == {"00:00": [1], "01:00": [2], "02:00": [2], "05:00": [3]}
    assert {window.start for window in tallied.places} == {datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (0, 1, 2, 5)}


def test_counting_again_passes_over_other_windows(parts: Any, small: Any, rows_of: Any) -> None:
    """Only the windows that are asked for come back."""
    small.send(rows_of(0, 150), "a")
    ledger, counting = parts
    parcels = ledger.uncounted()
    windows = sorted({window for _, window in counting.count(parcels, 0).profiles})
    again = counting.recount(windows[1:2], parcels, [])
    assert [(segment, window.label[-5:], profile.rows) for (segment, window), profile in again.profiles.items()] == [(None, "01:00", 60)]


def test_rows_that_cannot_be_cut_are_told(open_world: Any, rows_of: Any) -> None:
    """They hold up nobody: a finding says why, and the next rows are counted."""
    world = open_world(window="{column: batch}")
    world.send(rows_of(0, 10), "a")
    assert world.round().counted == 1
    found = world.service.board.findings(world.watched.id, before=None, limit=9)
    assert ["'batch'" in one["what"] and one["rows"] == 10 for one in found] == [True]
    world.send([{**row, "features": {**row["features"], "batch": "b1"}} for row in rows_of(10, 10)], "b")
    world.round()
    assert {label: one["rows"] for label, one in world.windows().items()} == {"b1": 10}
