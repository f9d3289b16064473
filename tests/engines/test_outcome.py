from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.engines.arrow import count_batch
from driftline.engines.cells import cells
from driftline.engines.count import count
from driftline.profile import reference
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import Outcome
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role, Task
from driftline.sources.opening import open_source
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from driftline.profile.profile import Profile

LABELS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-1, 2)),
    (pa.uint8(), st.integers(0, 2)),
    (pa.float32(), st.sampled_from([0.0, 1.0, 0.5, float("nan"), float("inf")])),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.sampled_from(["0", "1", "1.0", "yes", "No", "", "?", " 1"])),
    (pa.binary(), st.sampled_from([b"0", b"1", b"\xff"])),
    (pa.decimal128(5, 1), st.decimals(0, 2, places=1)),
    (pa.list_(pa.int8()), st.just([1])),
    (pa.null(), st.none()),
]
SCORES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.float64(), st.floats()),
    (pa.float64(), st.floats(0, 1)),
    (pa.float32(), st.floats(0, 1, width=32)),
    (pa.string(), st.sampled_from(["0.5", "1", "x", "", "nan", " 0.25 "])),
    (pa.int8(), st.integers(-1, 2)),
]


@st.composite
def column(draw: st.DrawFn, kinds: list[tuple[pa.DataType, st.SearchStrategy[Any]]], rows: int) -> pa.Array:
    """A column as it may come, perhaps as a dictionary."""
    kind, values = draw(st.sampled_from(kinds))
    array = pa.array([draw(st.one_of(values, st.none())) for _ in range(rows)], kind)
    return array.dictionary_encode() if draw(st.booleans()) and kind in {pa.string(), pa.int64(), pa.float64()} else array


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    """Rows with a label, a prediction and a score of any type; any of them may be missing."""
    rows = draw(st.integers(0, 12))
    found = {"y": draw(column(LABELS, rows)), "said": draw(column(LABELS, rows)), "p": draw(column(SCORES, rows))}
    left = draw(st.sets(st.sampled_from(sorted(found)), min_size=1))
    return pa.record_batch({name: found[name] for name in sorted(left)})


def plan(task: Task, kind: Kind, *, said: bool = True) -> Plan:
    """A plan whose label and prediction are of a kind."""
    bins = fit_number_bins(np.array([0.0, 1.0])) if kind is Kind.NUMBER else LevelBins(("0", "1"))
    score = Planned(Column(name="p", kind=Kind.NUMBER, role=Role.SCORE), fit_number_bins(np.linspace(0, 1, 9)))
    told = "said" if said else None
    outcome = (
        Outcome(task, "y", "p", edges=((0.5,), (0.0,)))
        if task is Task.REGRESSION
        else Outcome(task, "y", told, ("p",), ("0", "1"), ((0.25, 0.5),), threshold=0.5)
    )
    names = {"y": Role.LABEL, "said": Role.PREDICTION}
    columns = tuple(Planned(Column(name=name, kind=kind, role=role), bins) for name, role in names.items())
    return Plan((*columns, score), sample=5, outcome=outcome)


def defined(by: Plan, batch: pa.RecordBatch) -> Profile:
    """What the definition makes of a batch."""
    table = {one.name: cells(one, batch.column(one.name)) for one in by.columns if one.name in batch.schema.names}
    return reference.count(by, table, batch.num_rows)


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN])
@pytest.mark.parametrize(("task", "said"), [(Task.BINARY, True), (Task.BINARY, False), (Task.REGRESSION, True)])
@given(batch=batches())
@settings(max_examples=60)
def test_outcomes_are_counted_as_defined(batch: pa.RecordBatch, task: Task, kind: Kind, said: bool) -> None:  # noqa: FBT001  a case
    """Whatever types label, prediction and score come in, the engine's counts are the definition's, to the last bit."""
    by = plan(task, kind, said=said)
    assert count_batch(by, batch) == defined(by, batch)


@pytest.mark.parametrize("threads", [1, 3])
def test_windows_and_segments_hold_their_own_outcomes(threads: int) -> None:
    """Cut by windows of a column and by a segment, in several threads, each slot counts its own rows."""
    rng = np.random.default_rng(0)
    rows = 40_000
    table = pa.table(
        {
            "y": rng.integers(0, 2, rows),
            "said": rng.integers(0, 2, rows),
            "p": rng.random(rows),
            "w": rng.choice(["a", "b"], rows),
        }
    )
    by = plan(Task.BINARY, Kind.NUMBER)
    found = count(by, open_source(table, name="t"), Windowing(Cadence.COLUMN, column="w"), threads=threads).profiles
    for (_, window), profile in found.items():
        part = table.filter(pa.compute.equal(table["w"], window.label)).combine_chunks().to_batches()[0]
        assert profile.outcome is not None
        assert profile == count_batch(by, part)
