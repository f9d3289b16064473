"""Learning from a reference: into which blocks it is cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from driftline.config.specification import specify
from driftline.learning import block_rows, learn
from driftline.sources.opening import open_source
from driftline.window import Cadence, Windowing

TIMES = np.datetime64("2026-01-05", "s") + (np.arange(4000) * (10 * 86_400 // 4000)).astype("timedelta64[s]")
REFERENCE = pa.table({"ts": pa.array(TIMES), "x": np.random.default_rng(0).normal(size=4000)})
"""Ten days."""


@pytest.mark.parametrize(
    ("rows", "windowing", "size"),
    [
        (6400, Windowing(), 100),
        (6401, Windowing(), 101),
        (100, Windowing(), 10),
        (80, Windowing(), 10),
        (79, Windowing(), 79),
        (1, Windowing(), 1),
        (0, Windowing(), 1),
        (6400, Windowing(Cadence.DAY), 100),
        (6400, Windowing(Cadence.ROWS, rows=200), 200),
        (1400, Windowing(Cadence.ROWS, rows=200), 22),
        (1_000_000, Windowing(Cadence.ROWS, rows=100), 2000),
    ],
)
def test_a_reference_is_cut_into_blocks(rows: int, windowing: Windowing, size: int) -> None:
    """64 blocks; fewer where they would be tiny, one where they would be too few; as long as windows where that can be."""
    assert block_rows(rows, windowing) == size


@pytest.mark.parametrize(("cut", "like", "blocks"), [("day", True, 10), ("week", False, 64), ("whole", False, 64)])
def test_blocks_are_windows_where_there_are_enough(cut: str, like: bool, blocks: int) -> None:  # noqa: FBT001  a column of the table
    """Ten days are, two weeks are not."""
    monitor = specify({"reference": "r", "current": "c", "window": cut}, {}).monitor
    _, learnt = learn(open_source(REFERENCE), monitor)
    assert (learnt.like_windows, len(learnt.of(None))) == (like, blocks)
    assert sum(profile.rows for _, profile in learnt.of(None)) == 4000
