from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from driftline.engines import lists
from driftline.engines.arrow import count_batch
from driftline.engines.cells import cells
from driftline.engines.count import count
from driftline.monitor import ColumnHints
from driftline.performance.metric import measure
from driftline.profile import reference
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import Outcome
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role, Task
from driftline.window import WHOLE, Cadence, Windowing

if TYPE_CHECKING:
    from conftest import Memory

OUTCOME = Outcome(task=Task.RANKING, label="y", scores=("s",), query="q", item="i", depths=(1, 3), catalogue=3)
PLAN = Plan(
    (
        Planned(Column(name="q", kind=Kind.CATEGORY, role=Role.QUERY), None),
        Planned(Column(name="s", kind=Kind.NUMBER, role=Role.SCORE), fit_number_bins(np.arange(9.0))),
        Planned(Column(name="y", kind=Kind.NUMBER, role=Role.LABEL), fit_number_bins(np.arange(3.0))),
        Planned(Column(name="i", kind=Kind.CATEGORY), LevelBins(("a", "b", "c"))),
        Planned(Column(name="land", kind=Kind.CATEGORY, role=Role.SEGMENT), LevelBins(("x", "y"))),
    ),
    sample=0,
    outcome=OUTCOME,
)
RELEVANCE = st.sampled_from([0.0, 0.0, 1.0, 2.0])
ROWS = st.lists(
    st.tuples(
        *(st.none() | one for one in (st.integers(0, 4), st.sampled_from([0.0, 0.5, 0.5, 2.0]), RELEVANCE)),
        st.sampled_from(["a", "b", "c", "d", None]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=30,
)


def batch(rows: list[tuple[object, ...]], query: pa.DataType = pa.int64()) -> pa.RecordBatch:  # noqa: B008  a type is a value
    """Rows as they may come."""
    columns = list(zip(*rows, strict=True)) or [()] * 5
    kinds = (pa.int64(), pa.float64(), pa.float64(), pa.string(), pa.string())
    found = {name: pa.array(column, kind) for name, column, kind in zip(PLAN.names, columns, kinds, strict=True)}
    return pa.record_batch(found | {"q": found["q"].cast(query)})


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([pa.int64(), pa.string(), pa.float64()]), st.data())
def test_however_rows_are_cut_lists_are_the_definitions(rows: list[tuple[object, ...]], kind: pa.DataType, data: st.DataObject) -> None:
    """A query's rows may come in any order and in any batch: the counts are the definition's, to the last bit."""
    whole = batch(rows, kind)
    table = {planned.name: cells(planned, whole.column(planned.name)) for planned in PLAN.columns}
    wanted = reference.count(PLAN, table, whole.num_rows).outcome
    shuffled = batch(data.draw(st.permutations(rows)), kind)
    tally = lists.ListTally(PLAN, OUTCOME, {(None, WHOLE): 0})
    for start in range(0, shuffled.num_rows, size := data.draw(st.integers(1, 8))):
        part = shuffled.slice(start, size)
        tally.count(part, None, np.array([[0, part.num_rows, 0]]))
    found = tally.of(0)
    assert all(np.array_equal(one, other) for one, other in zip(found.arrays(), wanted.arrays(), strict=True))


def searches(queries: int, listed: int = 12) -> dict[str, np.ndarray]:
    """Lists of one length, their rows shuffled."""
    dice = np.random.default_rng(3)
    relevance = dice.choice([0.0, 0.0, 1.0, 2.0], (queries, listed))
    score = relevance + dice.normal(size=relevance.shape)
    order = dice.permutation(relevance.size)
    land = np.repeat(dice.choice(["x", "y"], queries), listed)
    columns = {"q": np.repeat(np.arange(queries), listed), "s": score.ravel(), "y": relevance.ravel(), "land": land}
    return {name: column[order] for name, column in columns.items()}


def test_each_segment_is_as_scikit_learn_has_it_on_the_raw_rows(memory: type[Memory]) -> None:
    """NDCG and MAP of all rows and of each segment, counted in many batches, are those of the lists themselves."""
    rows = searches(300)
    source = memory(pa.table(rows).to_batches(max_chunksize=1000))
    found = count(PLAN, source, Windowing(), ColumnHints(segments=("land",)))
    for segment, inside in ((None, rows["land"] != ""), ("land=x", rows["land"] == "x"), ("land=y", rows["land"] == "y")):
        order = np.argsort(rows["q"][inside], kind="stable")
        score, relevance = (rows[name][inside][order].reshape(-1, 12) for name in ("s", "y"))
        counts = found.profiles[segment, next(iter(found.profiles))[1]].outcome
        assert measure("ndcg@3", OUTCOME, counts).value == pytest.approx(metrics.ndcg_score(relevance, score, k=3), abs=1e-8)
        precision = metrics.label_ranking_average_precision_score(relevance > 0, score)
        assert measure("map", OUTCOME, counts).value == pytest.approx(precision, abs=1e-8)
        assert counts.labelled == inside.sum()


def test_rows_that_wait_on_disk_count_the_same(memory: type[Memory]) -> None:
    """Where more rows wait than memory is meant to hold, the counts are the same, to the last bit."""
    source = memory(pa.table(searches(200)).to_batches(max_chunksize=300))
    hints = ColumnHints(segments=("land",))
    plain = count(PLAN, source, Windowing(), hints).profiles
    with patch.object(lists, "WAITING", 500):
        assert count(PLAN, source, Windowing(), hints).profiles == plain


def test_a_query_belongs_to_the_first_window_of_rows_that_has_it(memory: type[Memory]) -> None:
    """Windows of so many rows do not cut lists; windows by value do, and profiles of different queries add to those of all."""
    rows = {
        "q": [1, 1, 2, 2, 1, 3],
        "s": [3.0, 2.0, 3.0, 2.0, 1.0, 1.0],
        "y": [0.0, 0.0, 1.0, 0.0, 1.0, 1.0],
        "w": list("aabbbb"),
    }
    source = memory([pa.record_batch(rows)])
    by_rows = [one.outcome for one in count(PLAN, source, Windowing(Cadence.ROWS, rows=3)).profiles.values()]
    mean = [measure("mrr", OUTCOME, one) for one in by_rows]
    assert [one.rows for one in mean] == [2, 1]
    assert mean[0].value == pytest.approx((1 / 3 + 1) / 2, abs=1e-8)
    whole = next(iter(count(PLAN, source, Windowing()).profiles.values())).outcome
    assert np.array_equal((by_rows[0] + by_rows[1]).measures, whole.measures)
    by_value = [one.outcome for one in count(PLAN, source, Windowing(Cadence.COLUMN, column="w")).profiles.values()]
    assert [measure("mrr", OUTCOME, one).rows for one in by_value] == [1, 3]


def test_columns_that_are_not_there_leave_lists_empty() -> None:
    """Without queries, scores or labels there are no lists, and rows without a place are told apart."""
    for gone in ("q", "s", "y"):
        rows = batch([(1, 1.0, 1.0, "a", "x")] * 2)
        tally = lists.ListTally(PLAN, OUTCOME, {(None, WHOLE): 0})
        tally.count(rows.drop_columns([gone]), None, np.array([[0, 2, 0]]))
        found = tally.of(0)
        assert not found.measured.any()
        assert found.table.tolist() == ([[0, 0, 2], [0, 0, 0]] if gone == "y" else [[0, 0, 0], [0, 2, 0]])


def test_a_batch_by_itself_is_counted() -> None:
    """One batch without windows is what the definition makes of its cells, to the last bit."""
    whole = batch([(1, 2.0, 1.0, "a", "x"), (1, 1.0, 0.0, "b", "x"), (2, 1.0, 2.0, "c", "y"), (None, 3.0, 1.0, None, "y")])
    table = {planned.name: cells(planned, whole.column(planned.name)) for planned in PLAN.columns}
    assert count_batch(PLAN, whole) == reference.count(PLAN, table, whole.num_rows)
