from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.arrow import count_batch, count_pieces
from driftline.engines.tally import Tally
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Profile
from driftline.schema import Column, Kind

PLAN = Plan(
    (
        Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.arange(50.0))),
        Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a", "b"))),
    ),
    sample=10,
)


def batch(rows: int, seed: int = 0, distinct: int = 5) -> pa.RecordBatch:
    """Rows of two columns."""
    rng = np.random.default_rng(seed)
    return pa.RecordBatch.from_pydict({"x": rng.integers(0, distinct, rows), "c": [f"v{i}" for i in rng.integers(0, distinct, rows)]})


class TestTally:
    def test_a_slot_that_counted_nothing_is_the_empty_profile(self) -> None:
        """The neutral element of adding comes out where nothing went in."""
        tally = Tally(PLAN)
        tally.slot("empty")
        assert tally.profile("empty") == Profile.empty(PLAN)

    def test_growing_keeps_what_was_counted(self) -> None:
        """Making room for more slots moves the counts along."""
        tally, alone = Tally(PLAN), count_batch(PLAN, batch(100))
        for key in range(20):
            assert tally.has_room({key}) == (len(tally.slots()) < len(tally._tables[0]))
            pieces = np.array([[0, 100, tally.slot(key)]], dtype=np.int64)
            count_pieces(tally, batch(100), pieces)
        assert tally.slots() == tuple(range(20))
        assert all(tally.profile(key) == alone for key in range(20))

    @given(sizes=st.lists(st.one_of(st.integers(0, 40), st.integers(0, 400)), max_size=12), distinct=st.sampled_from([1, 2, 1000]))
    def test_the_sample_does_not_depend_on_the_batches(self, sizes: list[int], distinct: int) -> None:
        """However rows arrive, with many equal rows or few, the rows with the smallest keys are kept."""
        whole = batch(sum(sizes), seed=1, distinct=distinct)
        tally, at = Tally(PLAN), 0
        slot = tally.slot(None)
        for size in sizes:
            count_pieces(tally, whole.slice(at, size), np.array([[0, size, slot]], dtype=np.int64))
            at += size
        assert tally.profile(None) == count_batch(PLAN, whole)

    def test_notes_of_unseen_values_stay_bounded(self) -> None:
        """Thousands of unseen values leave only some in memory, and the right ones in the profile."""
        tally = Tally(PLAN)
        slot = tally.slot(None)
        for i in range(3000):
            tally.note_unseen(slot, 1, f"v{i}", (i * 7919) % 3001, 2)
        assert len(tally._unseen[slot, 1]) <= 4 * 64
        kept = tally.profile(None).unseen[1]
        assert list(kept) == [f"v{i}" for i in sorted(range(3000), key=lambda i: (i * 7919) % 3001)[:64]]
        assert set(kept.values()) == {2}

    def test_a_profile_does_not_change_while_counting_goes_on(self) -> None:
        """What was frozen stays as it was."""
        tally = Tally(PLAN)
        pieces = np.array([[0, 50, tally.slot(None)]], dtype=np.int64)
        count_pieces(tally, batch(50), pieces)
        before = tally.profile(None)
        count_pieces(tally, batch(50, seed=9), pieces)
        assert before == count_batch(PLAN, batch(50))

    def test_an_unknown_slot_is_an_error(self) -> None:
        """Nothing is made up."""
        with pytest.raises(KeyError):
            Tally(PLAN).profile("nobody")
