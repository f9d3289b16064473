from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.engines.numpy_kernel import count_scores as defined
from driftline.engines.numpy_kernel import score_binner as defined_binner
from driftline.engines.scored import PLACES, ScoredTally
from driftline.profile.bins import fit_number_bins
from driftline.profile.moments import add_limbs
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome, log_loss_sums, usable_scores
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role, Task

if TYPE_CHECKING:
    from typing import Any

    from conftest import Kernels
    from numpy.typing import NDArray

score_texts = st.one_of(st.floats(0, 1), st.floats(), st.sampled_from([0.0, -0.0, 1.0, 2.0**-52, 5e-324, 0.5]))


def tables(edges: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """An outcome's scores, sums and measures, empty."""
    return np.zeros((edges.size + 2, 3, 3), np.int64), np.zeros((edges.size + 2, 3), np.int64), np.zeros((2, 8), np.int64)


def counted(kernel: Any, edges: NDArray[np.float64], columns: tuple[Any, ...], start: int, length: int) -> list[bytes]:
    """What a kernel leaves in the tables, its doubtful rows settled."""
    found, doubtful = tables(edges), np.empty(length)
    left = kernel.count_scores(*columns, kernel.score_binner(edges, 0.5), start, length, found, doubtful)
    found[2][0] = add_limbs(found[2][0], log_loss_sums(doubtful[:left]))
    return [table.tobytes() for table in found]


def expected(edges: NDArray[np.float64], columns: tuple[Any, ...], start: int, length: int) -> list[bytes]:
    """What the definition leaves there."""
    found, (score, said, came) = tables(edges), columns
    defined(score, said, came, defined_binner(edges, 0.5), start, length, found, np.empty(0))
    return [table.tobytes() for table in found]


class TestCountScores:
    @given(
        scores=st.lists(score_texts, max_size=1100),
        edges=st.lists(st.floats(5e-324, 1), max_size=40, unique=True),
        seed=st.integers(0, 9),
        code=st.sampled_from("bBhqd"),
        worths=st.lists(st.sampled_from([-129.0, -128.0, -1.0, 0.0, 0.5, 1.0, 3.0, 255.0, 256.0, 1e300]), unique=True, max_size=4),
        said=st.booleans(),
        data=st.data(),
    )
    @settings(max_examples=60)
    def test_is_the_definition(
        self,
        kernels: Kernels,
        scores: list[float],
        edges: list[float],
        seed: int,
        code: str,
        worths: list[float],
        data: st.DataObject,
        *,
        said: bool,
    ) -> None:
        """Whatever scores, edges, nulls, names of classes and stretch of rows: counts and sums are the definition's, to the last bit."""
        rng, size = np.random.default_rng(seed), len(scores)
        first = data.draw(st.integers(0, size))
        classes = rng.integers(0, 4, size).astype(np.uint8)
        labels = rng.choice([-128, -1, 0, 0, 1, 1, 3, 127] if code != "B" else [0, 0, 1, 1, 3, 127, 255], size).astype(code)
        bits, offset = rng.bytes(size // 8 + 2), int(rng.integers(0, 8))
        columns = (
            (np.array(scores, dtype=np.float64), "d", 0, bits, offset, None),
            (classes, "B", 0, None, 0, PLACES) if said else None,
            (labels, code, 0, bits, offset + 1, np.array([[worth, i % 2] for i, worth in enumerate(worths)]).reshape(-1, 2)),
        )
        sorted_edges = np.array(sorted(edges), dtype=np.float64)
        with kernels() as kernel:
            found = counted(kernel, sorted_edges, columns, first, size - first)
        assert found == expected(sorted_edges, columns, first, size - first)

    @pytest.mark.parametrize("power", [1, 6, 60])
    def test_finds_bins_at_and_beside_every_edge(self, kernels: Kernels, power: int) -> None:
        """At each of a thousand edges, and one float below and above it, however they crowd near 0."""
        edges = np.unique(np.random.default_rng(1).random(1000) ** power)
        edges = edges[edges > 0]
        scores = np.concatenate([edges, np.nextafter(edges, 2), np.nextafter(edges, -1), [0.0, 1.0]])
        classes = (np.zeros(scores.size, np.uint8), "B", 0, None, 0, PLACES)
        columns = (scores, "d", 0, None, 0, None), None, classes
        with kernels() as kernel:
            assert counted(kernel, edges, columns, 0, scores.size) == expected(edges, columns, 0, scores.size)

    def test_leaves_close_roundings_of_logarithms_to_the_definition(self, kernels: Kernels) -> None:
        """Of many rows a few are handed back, so that the sum is the definition's whatever logarithm the kernel has."""
        rng = np.random.default_rng(2)
        scores, edges, classes = rng.random(100_000), np.array([0.5]), rng.integers(0, 2, 100_000).astype(np.uint8)
        columns = (scores, "d", 0, None, 0, None), None, (classes, "B", 0, None, 0, PLACES)
        with kernels() as kernel:
            assert counted(kernel, edges, columns, 0, scores.size) == expected(edges, columns, 0, scores.size)

    def test_refuses_what_does_not_fit(self, kernels: Kernels) -> None:
        """Rows beyond the columns, small tables, edges out of order: an error, and nothing out of bounds is touched."""
        edges, scores = np.array([0.25, 0.5]), np.zeros(4)
        columns = (scores, "d", 0, None, 0, None), None, (np.zeros(4, np.uint8), "B", 0, None, 0, PLACES)
        with kernels() as kernel:
            binner = kernel.score_binner(edges, 0.5)
            for start, length, found, doubtful in [
                (1, 4, tables(edges), np.empty(4)),
                (0, 4, tables(edges[:1]), np.empty(4)),
            ]:
                with pytest.raises((ValueError, IndexError)):
                    kernel.count_scores(*columns, binner, start, length, found, doubtful)


class TestScoredTally:
    @pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
    @pytest.mark.parametrize("said", [pa.int8(), pa.bool_(), pa.int64(), pa.string(), None])
    def test_counts_slices_of_arrow_columns_into_slots(self, kind: pa.DataType, said: pa.DataType | None) -> None:
        """Slices, other orders and nulls of any type: each slot holds the definition's counts of its rows."""
        rng, rows = np.random.default_rng(3), 3000
        outcome = Outcome(Task.BINARY, "y", "said" if said else None, ("p",), ("0", "1"), ((0.25, 0.5),), threshold=0.5)
        number = fit_number_bins(np.array([0.0, 1.0]))
        roles = {"y": Role.LABEL, "p": Role.SCORE, "said": Role.PREDICTION}
        plan = Plan(tuple(Planned(Column(name=name, kind=Kind.NUMBER, role=role), number) for name, role in roles.items()), outcome=outcome)
        score, came, yes = rng.random(rows), rng.integers(0, 2, rows), rng.integers(0, 2, rows)
        missing = rng.random(rows) < 0.1
        columns = {"p": pa.array(score, mask=missing).cast(kind), "y": pa.array(came)}
        if said:
            columns["said"] = pa.array(yes.astype(bool)) if said == pa.bool_() else pa.array(yes).cast(said)
        batch, order = pa.record_batch(columns).slice(7), rng.permutation(rows - 7)
        tally = ScoredTally(plan, outcome)
        tally.count(batch, pa.array(order), np.array([[0, 1000, 0], [1000, 900, 1], [1900, 100, 0]]))
        exact = np.where(missing, np.nan, columns["p"].to_numpy(zero_copy_only=False).astype(np.float64))[7:][order]
        came, yes = came[7:][order], yes[7:][order] if said else np.where(np.isnan(exact), 2, exact >= 0.5)
        for slot, taken in enumerate([[*range(1000), *range(1900, 2000)], range(1000, 1900)]):
            at = list(taken)
            wanted = count_outcome(outcome, OutcomeRows(yes[at], came[at], (usable_scores(exact[at]),)))
            for mine, theirs in zip(tally.of(slot).arrays(), wanted.arrays(), strict=True):
                assert np.array_equal(mine, theirs)

    def test_what_was_not_counted_is_empty(self) -> None:
        """A slot nobody counted into has the counts of no rows; what is taken out does not change later."""
        outcome = Outcome(Task.BINARY, "y", None, ("p",), ("0", "1"), ((0.5,),))
        bins = fit_number_bins(np.array([0.0, 1.0]))
        names = {"y": Role.LABEL, "p": Role.SCORE}
        plan = Plan(tuple(Planned(Column(name=name, kind=Kind.NUMBER, role=role), bins) for name, role in names.items()), outcome=outcome)
        tally, batch = ScoredTally(plan, outcome), pa.record_batch({"y": [1], "p": [0.75]})
        assert all(map(np.array_equal, tally.of(0).arrays(), OutcomeCounts.empty(outcome).arrays()))
        tally.count(batch, None, np.array([[0, 1, 0]]))
        before = tally.of(0)
        tally.count(batch, None, np.array([[0, 1, 0]]))
        assert (before.table.sum(), tally.of(0).table.sum()) == (1, 2)
