from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines import gather
from driftline.engines.gather import Levels, Numbers, Ordered, Presence, Rows, gatherer, reads_as_number
from driftline.profile.bins import LevelBins, NumberBins
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from typing import Any

    import pytest


def column(kind: Kind = Kind.CATEGORY, role: Role = Role.FEATURE) -> Column:
    """A column of that kind."""
    return Column(name="x", kind=kind, role=role)


def all_of(array: pa.Array) -> np.ndarray:
    """Every row."""
    return np.arange(len(array))


class TestRows:
    @given(sizes=st.lists(st.integers(0, 300), max_size=8), most=st.integers(1, 200))
    def test_the_sample_does_not_depend_on_the_batches(self, sizes: list[int], most: int) -> None:
        """However rows are cut, the same ones are kept: all of them, or as many as were asked for."""
        kept: list[list[int]] = []
        for cut in (sizes, [sum(sizes)]):
            rows, mine, at = Rows(most), np.empty(0, dtype=np.int64), 0
            for size in cut:
                mine = np.append(mine, rows.choose(size) + at)
                at += size
                narrowed = rows.narrow()
                mine = mine if narrowed is None else mine[narrowed]
            narrowed = rows.narrow(last=True)
            mine = mine if narrowed is None else mine[narrowed]
            kept.append(sorted(mine.tolist()))
        assert kept[0] == kept[1]
        assert len(kept[0]) == min(most, sum(sizes))


class TestNumbers:
    @given(values=st.lists(st.one_of(st.none(), st.floats()), max_size=50))
    def test_extremes_are_those_of_finite_numbers(self, values: Any) -> None:
        """Null, NaN and infinities are no extremes."""
        keeper = Numbers(column(Kind.NUMBER))
        keeper.add(pa.array(values, pa.float64()), np.empty(0, dtype=np.int64))
        finite = [value for value in values if value is not None and math.isfinite(value)]
        assert (keeper.least, keeper.greatest) == ((min(finite), max(finite)) if finite else (math.inf, -math.inf))

    def test_extremes_beyond_the_sample_are_inside_the_bins(self) -> None:
        """A value that was not sampled is not below or above everything."""
        array = pa.array([*range(100), 10**6])
        keeper = Ordered(column(Kind.NUMBER))
        keeper.add(array, np.arange(50))
        bins = keeper.planned().bins
        assert isinstance(bins, NumberBins)
        assert bins.edges[-2] == math.nextafter(1e6, math.inf)

    def test_text_of_numbers_and_times_is_read(self) -> None:
        """A hinted kind is read out of text, and what cannot be read is left out."""
        for kind, texts, ends in (
            (Kind.NUMBER, ["1", "x", None, "3"], (1.0, 3.0)),
            (Kind.TIMESTAMP, ["1970-01-02", "1970-01-01", "?"], (0.0, 86400.0)),
        ):
            keeper = Numbers(column(kind))
            keeper.add(pa.array(texts), np.arange(2))
            assert (keeper.least, keeper.greatest) == ends

    def test_extremes_of_rows_that_leave_the_sample_stay_known(self) -> None:
        """Where all rows were sampled at first, narrowing the sample does not narrow the bins."""
        for kind in (pa.float64(), pa.string()):
            keeper = Ordered(column(Kind.NUMBER))
            array = pa.array([*range(100), 10**6]).cast(kind)
            keeper.add(array, np.arange(101))
            keeper.keep(np.arange(101) < 50)
            bins = keeper.planned().bins
            assert isinstance(bins, NumberBins)
            assert bins.edges[1] == 0.0
            assert bins.edges[-2] == math.nextafter(1e6, math.inf)

    def test_nothing_gives_bins_of_nothing(self) -> None:
        """An all-null column has bins, into which later values fall outside."""
        keeper = Ordered(column(Kind.NUMBER))
        keeper.add(pa.nulls(5, pa.float64()), np.arange(5))
        assert keeper.planned().width == 3


class TestLevels:
    def test_counts_levels_over_batches(self) -> None:
        """The most frequent level comes first, wherever its rows were."""
        keeper = Levels(column(), hinted=False)
        for part in (["b", "a", None], ["a", "a"], []):
            keeper.add(pa.array(part, pa.string()), all_of(part))
        assert keeper.planned().bins == LevelBins(("a", "b"))

    def test_near_unique_texts_are_free_text(self) -> None:
        """Thousands of texts of which hardly one comes twice are not levels, unless that was said."""
        array = pa.array([f"sentence {i}" for i in range(3000)])
        for hinted, kind in ((False, Kind.TEXT), (True, Kind.CATEGORY)):
            keeper = Levels(column(), hinted=hinted)
            keeper.add(array, all_of(array))
            assert keeper.planned().column.kind is kind

    def test_many_levels_that_repeat_stay_levels(self) -> None:
        """A thousand are counted one by one, the rest together."""
        array = pa.array([f"level {i % 1500}" for i in range(6000)])
        keeper = Levels(column(), hinted=False)
        keeper.add(array, all_of(array))
        bins = keeper.planned().bins
        assert isinstance(bins, LevelBins)
        assert bins.open
        assert len(bins.levels) == 1000

    def test_many_numbers_written_as_text_are_numbers(self) -> None:
        """Above a thousand levels that all read as numbers the column is one of numbers; below, of levels."""
        for many, kind in ((3000, Kind.NUMBER), (500, Kind.CATEGORY)):
            array = pa.array([str(i / 4) for i in range(many)])
            keeper = Levels(column(), hinted=False)
            keeper.add(array, all_of(array))
            assert keeper.planned().column.kind is kind

    def test_memory_stays_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of more levels than can be kept the frequent ones survive, and the plan says that there were more."""
        monkeypatch.setattr(gather, "MOST_LEVELS", 100)
        keeper = Levels(column(), hinted=True)
        for batch in range(10):
            array = pa.array(["often"] * 50 + [f"rare {batch} {i}" for i in range(90)])
            keeper.add(array, all_of(array))
            assert len(keeper._counts) <= 100
        bins = keeper.planned().bins
        assert isinstance(bins, LevelBins)
        assert bins.levels[0] == "often"
        assert bins.open

    def test_free_text_is_found_out_early(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Once it is clear that hardly any text comes twice, they are no longer kept."""
        monkeypatch.setattr(gather, "MOST_LEVELS", 100)
        keeper = Levels(column(), hinted=False)
        for batch in range(3):
            array = pa.array([f"text {batch} {i}" for i in range(150)])
            keeper.add(array, all_of(array))
        assert len(keeper._counts) <= 100
        assert keeper.planned().column.kind is Kind.TEXT


def test_each_kind_has_what_keeps_it() -> None:
    """Ids, truths, texts and unsupported values need no look at the data."""
    assert isinstance(gatherer(column(Kind.NUMBER), hinted=False), Ordered)
    assert isinstance(gatherer(column(), hinted=False), Levels)
    for found, bins in ((column(Kind.BOOLEAN), LevelBins(("false", "true"))), (column(Kind.TEXT), None), (column(role=Role.ID), None)):
        keeper = gatherer(found, hinted=False)
        assert isinstance(keeper, Presence)
        keeper.add(pa.array([1]), np.arange(1))
        keeper.keep(np.array([True]))
        assert keeper.planned().bins == bins


@given(text=st.one_of(st.text(max_size=6), st.floats().map(repr)))
def test_what_reads_as_a_number_is_what_float_takes(text: str) -> None:
    """No more and no less."""
    try:
        float(text)
    except ValueError:
        assert not reads_as_number(text)
    else:
        assert reads_as_number(text)
