from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from driftline.drift.sampled import FEWEST_TELLING, LIKE_A_WINDOW, MOST_ROWS, PARTS, code, products, runs
from driftline.inference.variation import FEWEST_BLOCKS
from driftline.profile.sample import Sample

SHAPES = {
    "normal": lambda dice, rows: dice.normal(size=rows),
    "heavy": lambda dice, rows: dice.standard_cauchy(rows),
    "zeros": lambda dice, rows: np.maximum(dice.normal(-1.0, 1.0, rows), 0.0),
    "whole": lambda dice, rows: dice.poisson(3, rows).astype(np.float64),
}


def parts_of(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Which sixteenth of the reference's ranks each value's own middle rank falls into, from raw rows."""
    ranks = np.array([(np.sum(reference < value) + np.sum(reference == value) / 2) / reference.size for value in values])
    return np.minimum((ranks * PARTS).astype(int), PARTS - 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_scores_follow_the_references_ranks(shape: str, drift: Any, dice: np.random.Generator) -> None:
    """Equal values have equal scores, greater ones no smaller ones, and all but values in shared bins those of their rank's sixteenth."""
    rows, other = SHAPES[shape](dice, 2000), dice.normal(size=2000)
    window = [SHAPES[shape](dice, 300), other[:300]]
    total, _, windows = drift.profiles([rows, other], window)
    found = code(total, [0, 1]).sampled([[windows[0]]]).scores[:, 0]
    order = np.argsort(window[0], kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    part = parts_of(window[0], rows)
    raw = np.array([stats.norm.ppf((k + 0.5) / PARTS) for k in range(PARTS)])[part]
    assert np.corrcoef(raw, found)[0, 1] > 0.99
    assert np.unique(found).size <= PARTS


def test_each_groups_scores_are_standardised(drift: Any, dice: np.random.Generator) -> None:
    """In every group of rows a column's scores have mean 0 and variance 1, however the group moved or widened."""
    total, _, windows = drift.profiles(dice.normal(size=(3000, 3)), dice.normal(size=(200, 3)), dice.normal(1.5, 0.3, (90, 3)))
    found = code(total, [0, 1, 2]).sampled([[window] for window in windows])
    assert found.sizes.tolist() == [200, 90]
    assert found.starts.tolist() == [0, 200]
    assert found.every.tolist() == [200.0, 90.0]
    for rows in (found.scores[:200], found.scores[200:]):
        np.testing.assert_allclose(rows.mean(0), 0.0, atol=1e-5)
        np.testing.assert_allclose((rows**2).mean(0), 1.0, rtol=1e-4)


def test_means_are_those_of_each_group(drift: Any, dice: np.random.Generator) -> None:
    """Sums over groups of unequal size are divided by their own sizes."""
    total, _, windows = drift.profiles(dice.normal(size=(900, 2)), dice.normal(size=(50, 2)), dice.normal(size=(80, 2)))
    found = code(total, [0, 1]).sampled([[window] for window in windows])
    values = dice.normal(size=(130, 2)).astype(np.float32)
    np.testing.assert_allclose(found.means(values), [values[:50].mean(0), values[50:].mean(0)], rtol=1e-4, atol=1e-6)


def test_a_missing_value_lies_at_the_mean(drift: Any, dice: np.random.Generator) -> None:
    """What is missing has the score 0, and the others those they would have without it."""
    rows = dice.normal(size=(2000, 2))
    window = dice.normal(size=(300, 2))
    holes = window.copy()
    holes[::3, 0] = np.nan
    total, _, windows = drift.profiles(rows, holes, np.delete(window, np.s_[::3], axis=0))
    holed, without = (code(total, [0, 1]).sampled([[w]]).scores for w in windows)
    assert (holed[::3, 0] == 0).all()
    np.testing.assert_allclose(np.delete(holed[:, 0], np.s_[::3]), without[:, 0] * np.sqrt(300 / 200), rtol=1e-4, atol=1e-5)


def test_a_level_is_the_most_frequent_one_or_another(drift: Any) -> None:
    """The most frequent level of the reference has one score above zero, all others, new ones too, one below."""
    reference = np.array(["b"] * 60 + ["a"] * 30 + ["c"] * 10)
    window = np.array(["a", "b", "c", "new"] * 20)
    total, _, windows = drift.profiles([reference, reference], [window, window])
    found = code(total, [0, 1]).sampled([[windows[0]]]).scores[:, 0]
    assert (found[window == "b"] > 0).all()
    assert np.unique(found[window == "b"]).size == 1
    assert np.unique(found[window != "b"]).size == 1
    assert found[window != "b"].max() < 0


def test_infinities_have_the_outermost_scores(drift: Any, dice: np.random.Generator) -> None:
    """Beyond the reference's range, and at either infinity, a value is in the last sixteenth."""
    rows = dice.normal(size=(2000, 2))
    window = dice.normal(size=(100, 2))
    window[:4, 0] = [np.inf, 1e300, -np.inf, -1e300]
    total, _, windows = drift.profiles(rows, window)
    found = code(total, [0, 1]).sampled([[windows[0]]]).scores[:, 0]
    assert (found[:2] == found.max()).all()
    assert (found[2:4] == found.min()).all()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros(400), False),
        (np.r_[np.zeros(399), 5.0], False),
        (np.r_[np.zeros(392), np.full(8, 5.0)], False),
        (np.r_[np.zeros(380), np.full(20, 5.0)], True),
        (np.full(400, np.nan), False),
        (np.linspace(-2, 2, 400), True),
        (np.linspace(-2, 2, 15), False),
        (np.linspace(-2, 2, 40), True),
    ],
)
def test_a_column_is_told_of_where_enough_values_differ(values: np.ndarray, told: bool, drift: Any, dice: np.random.Generator) -> None:  # noqa: FBT001  a cell
    """A column of one value, or of a few others beside it, or of few rows, has no part in a correlation; scores are then 0."""
    total, _, windows = drift.profiles(dice.normal(size=(3000, 2)), [values, dice.normal(size=values.size)])
    found = code(total, [0, 1]).sampled([[windows[0]]])
    assert bool(found.told[0, 0]) is told
    assert bool(found.scores[:, 0].any()) is told


def test_rows_are_telling_by_how_evenly_they_make_the_variance(drift: Any, dice: np.random.Generator) -> None:
    """The number of telling rows is the squared sum of squares over the sum of fourth powers."""
    total, _, windows = drift.profiles(dice.normal(size=(3000, 2)), dice.normal(size=(250, 2)))
    found = code(total, [0, 1]).sampled([[windows[0]]])
    squares = found.scores.astype(np.float64) ** 2
    np.testing.assert_allclose(found.telling[0], squares.sum(0) ** 2 / (squares**2).sum(0), rtol=1e-3)
    assert FEWEST_TELLING < found.telling[0, 0] < 250


class TestRuns:
    """The reference's blocks, joined to about a window's length."""

    def of(self, drift: Any, dice: np.random.Generator, blocks: int, rows: float) -> list[int]:
        """How many blocks are in each run."""
        _, parts, _ = drift.profiles(dice.normal(size=(40 * blocks, 1)), blocks=blocks, kept=5)
        return [len(run) for run in runs(parts, rows)]

    @pytest.mark.parametrize(
        ("blocks", "rows", "wanted"),
        [
            (20, 40, [1] * 20),
            (20, 20, [1] * 20),
            (64, 80, [2] * 32),
            (64, 40 / LIKE_A_WINDOW - 1, [1] * 64),
            (64, 40 / LIKE_A_WINDOW + 1, [2] * 32),
            (65, 100, [2] * 32),
            (64, 1e6, [8] * FEWEST_BLOCKS),
            (15, 1e6, [1] * 15),
            (3, 1e6, [1] * 3),
        ],
    )
    def test_are_as_long_as_windows_while_enough_are_left(
        self, blocks: int, rows: float, wanted: list[int], drift: Any, dice: np.random.Generator
    ) -> None:
        """Blocks are doubled up until they reach a window's length, but never to fewer than eight runs."""
        assert self.of(drift, dice, blocks, rows) == wanted

    def test_of_very_many_rows_are_spread_evenly(self, drift: Any, dice: np.random.Generator) -> None:
        """A long reference is thinned by leaving out whole runs, first and last kept."""
        _, parts, _ = drift.profiles(dice.normal(size=(3000, 1)), blocks=100, kept=5)
        sample = Sample(np.arange(MOST_ROWS // 50, dtype=np.uint64), np.zeros((MOST_ROWS // 50, 1)))
        long = [replace(part, sample=sample) for part in parts]
        found = runs(long, 30.0)
        assert len(found) == 50
        assert found[0][0] is long[0]
        assert found[-1][0] is long[-1]

    def test_leave_out_blocks_without_rows(self, drift: Any, dice: np.random.Generator) -> None:
        """An empty block is no run, and no blocks are none."""
        _, parts, _ = drift.profiles(dice.normal(size=(100, 1)), blocks=4)
        empty = replace(parts[0], rows=0, sample=Sample(np.empty(0, np.uint64), np.empty((0, 1))))
        assert len(runs([*parts, empty], 25.0)) == 4
        assert runs([empty], 25.0) == []


@pytest.mark.parametrize(
    ("rows", "columns", "others"), [(50, 300, 300), (3000, 7, 120), (900, 90, 1), (1, 1, 1), (300_000, 1, 2), (0, 2, 3)]
)
def test_products_are_those_of_matrices(rows: int, columns: int, others: int, dice: np.random.Generator) -> None:
    """However tall and wide the tables, the pieces add up to what one multiplication gives."""
    left, right = (dice.normal(size=(rows, wide)).astype(np.float32) for wide in (columns, others))
    np.testing.assert_allclose(products(left, right), left.T @ right, rtol=1e-3, atol=1e-5 * max(rows, 1))
