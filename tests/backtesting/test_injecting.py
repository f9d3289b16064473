"""Known shifts put into a past of one's own, and looked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.backtesting import injecting
from driftline.backtesting.injecting import WRONG, inject
from driftline.backtesting.injections import INJECTIONS, SHIFTS
from driftline.config.specification import specify
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.config.specification import Specification
    from driftline.decisions.detection import Detection, Found

FIRST, ROWS, REFERENCE, DAYS = np.datetime64("2026-03-01"), 600, 14, 6


def days(count: int, seed: int, first: np.datetime64) -> pa.Table:
    """Days of a calibrated model on which nothing happens."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(20, 3, count * ROWS), 3)
    likely = 1 / (1 + np.exp(20 - x))
    ts = first + (np.arange(x.size) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    level = rng.choice(["red", "green", "blue"], x.size)
    return pa.table({"ts": ts, "x": x, "colour": level, "score": likely, "label": (rng.random(x.size) < likely).astype(int)})


def monitored(directory: Path, **more: object) -> Specification:
    """A monitor of such days."""
    pq.write_table(days(REFERENCE, 0, FIRST - np.timedelta64(REFERENCE, "D")), directory / "reference.parquet")
    pq.write_table(days(DAYS, 1, FIRST), directory / "current.parquet")
    said = {
        "reference": "reference.parquet", "current": "current.parquet", "task": "binary", "window": "day",
        "columns": {"timestamp": "ts", "score": "score", "label": "label"}, **more,
    }  # fmt: skip
    return specify(said, {}, directory=directory)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Detection:
    """A few shifts, each tried once."""
    few = [one for one in (*SHIFTS, *INJECTIONS) if one.name in {"moved by 1 sd", "times 1000", "damaged encoding"}]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(injecting, "SHIFTS", tuple(few))
        patched.setattr(injecting, "INJECTIONS", ())
        patched.setattr(injecting, "SHARES", (1.0,))
        return inject(monitored(tmp_path_factory.mktemp("past")), now=datetime(2026, 3, 1 + DAYS, tzinfo=UTC), tries=1)


def test_great_shifts_are_found_at_once_and_called_by_their_names(tried: Detection) -> None:
    """A shift of a standard deviation and a unit change are found in their first window; wrong labels by the performance that decides."""

    def of(name: str, share: float = 1.0) -> Found:
        return next(one for one in tried.found if (one.name, one.share) == (name, share))

    assert of("moved by 1 sd").at_once == 1
    assert of("moved by 1 sd").named is None
    assert (of("times 1000").delay, of("times 1000").missed, of("times 1000").named) == (0, 0, 1)
    assert of(WRONG).delay == 0
    assert tried.windows == DAYS
    assert tried.alarms == 0


def test_a_fault_that_is_named_is_found_though_nothing_drifted(tmp_path: Path) -> None:
    """Numbers that lost their decimals are where they were: no column drifts, the diagnosis names it, and that counts."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(injecting, "SHIFTS", ())
        patched.setattr(injecting, "INJECTIONS", tuple(one for one in INJECTIONS if one.name == "rounded"))
        patched.setattr(injecting, "SHARES", (1.0,))
        found = inject(monitored(tmp_path), now=datetime(2026, 3, 1 + DAYS, tzinfo=UTC), tries=1)
    rounded = next(one for one in found.found if one.name == "rounded")
    assert (rounded.delay, rounded.missed, rounded.named) == (0, 0, 1)
    assert found.alarms == 0


def test_what_cannot_be_tried_is_told(tried: Detection) -> None:
    """Plain letters cannot be misread: the note says so, and no try is counted."""
    assert [note.split(":")[0] for note in tried.notes] == ["damaged encoding"]
    assert "damaged encoding" not in {one.name for one in tried.trials}


def test_windows_without_times_cannot_be_tried(tmp_path: Path) -> None:
    """Nobody knows when a shift begins in a run of rows."""
    with pytest.raises(ConfigError, match="when a shift begins"):
        inject(monitored(tmp_path, window={"rows": 500}), now=datetime(2026, 3, 1 + DAYS, tzinfo=UTC))
