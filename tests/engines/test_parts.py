"""Adding up parts: however rows are dealt out, the sum is what counting all of them gives, to the byte."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.engines.count import count
from driftline.engines.parts import add_parts, needs_order
from driftline.monitor import ColumnHints
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import Outcome
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role, Task
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from conftest import Memory

PLAN = Plan(
    (
        Planned(Column(name="ts", kind=Kind.TIMESTAMP, role=Role.TIMESTAMP), fit_number_bins(np.arange(1.7e9, 1.71e9, 1e5))),
        Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.random.default_rng(0).normal(size=2000))),
        Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a", "b", "c"))),
    ),
    sample=7,
)
HINTS = ColumnHints(segments=("c",), conditions={"large": "x > 1"})
WINDOWS = (Windowing(), Windowing(Cadence.DAY), Windowing(Cadence.COLUMN, column="c"))


def table(rows: int) -> pa.RecordBatch:
    """Rows of three days, some without a time, with unseen levels, nulls and infinities."""
    rng = np.random.default_rng(rows)
    values = rng.normal(size=rows) * 10.0 ** rng.integers(-9, 9, rows)
    values[rng.random(rows) < 0.05] = np.inf
    columns: dict[str, Any] = {
        "ts": pa.array(rng.integers(1_700_000_000, 1_700_250_000, rows), mask=rng.random(rows) < 0.1).cast(pa.timestamp("s")),
        "x": pa.array(values, mask=rng.random(rows) < 0.1),
        "c": pa.array(rng.choice(["a", "b", "c", "b10", "b9"], rows), mask=rng.random(rows) < 0.1),
    }
    return pa.RecordBatch.from_pydict(columns)


@settings(max_examples=25)
@given(deal=st.lists(st.integers(0, 3), min_size=60, max_size=60), windowing=st.sampled_from(WINDOWS))
def test_parts_add_up_to_the_whole(memory: type[Memory], deal: list[int], windowing: Windowing) -> None:
    """Rows dealt to four places in any way, an empty place among them, give the same counts, windows and findings."""
    batch = table(60)
    whole = count(PLAN, memory([batch]), windowing, HINTS)
    places = np.array(deal)
    dealt = [batch.take(pa.array(np.flatnonzero(places == place))) for place in range(4)]
    total = add_parts([count(PLAN, memory([part]), windowing, HINTS) for part in dealt], "memory")
    assert list(total.profiles) == list(whole.profiles)
    assert all(total.profiles[key] == whole.profiles[key] for key in whole.profiles)
    assert total.untimed == whole.untimed
    assert total.findings == whole.findings


def test_a_missing_column_is_told_once(memory: type[Memory]) -> None:
    """What every part found missing is one finding."""
    hints = ColumnHints(conditions={"rich": "income > 1"})
    part = count(PLAN, memory([table(20)]), Windowing(), hints)
    assert len(part.findings) == 1
    assert add_parts([part, part], "memory").findings == part.findings


@pytest.mark.parametrize(
    ("windowing", "hints", "ordered"),
    [
        (Windowing(Cadence.DAY), HINTS, False),
        (Windowing(), ColumnHints(segments=("x",)), True),
        (Windowing(Cadence.ROWS, rows=5), ColumnHints(), True),
    ],
)
def test_what_goes_by_the_place_of_a_row_needs_order(windowing: Windowing, hints: ColumnHints, ordered: bool) -> None:  # noqa: FBT001  a table
    """Windows of n rows, and segments without known levels, cannot be counted in parts."""
    assert needs_order(PLAN, windowing, hints) is ordered


def test_lists_are_not_counted_in_parts() -> None:
    """All rows of a query are counted at once, and nobody knows where they lie."""
    outcome = Outcome(task=Task.RANKING, label="x", scores=("x",), query="c", depths=(5,))
    assert needs_order(replace(PLAN, outcome=outcome), Windowing(), ColumnHints())
