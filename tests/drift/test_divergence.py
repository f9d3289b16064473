from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from driftline.drift import divergence
from driftline.drift.pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EVERY = [
    divergence.psi,
    divergence.kullback_leibler,
    divergence.jensen_shannon,
    divergence.hellinger,
    divergence.total_variation,
    divergence.l_infinity,
    divergence.chi_square,
    divergence.g_test,
    divergence.cramers_v,
]
SYMMETRIC = [function for function in EVERY if function is not divergence.kullback_leibler]
TABLES = arrays.arrays(np.float64, st.tuples(st.just(2), st.integers(2, 12)), elements=st.integers(0, 99).map(float)).filter(
    lambda table: (table.sum(1) > 0).all()
)
each = pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)


def levels(reference: NDArray[np.float64], current: NDArray[np.float64], padding: int = 0) -> Pair:
    """Two rows of counts of levels as a pair, with bins beside them that do not exist."""
    real = np.pad(np.ones(reference.size, dtype=bool), (0, padding))
    return Pair(np.pad(reference, (0, padding))[None, None], np.pad(current, (0, padding))[None, None], real[None, None])


def smoothed(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares with half a row in each bin, written once more."""
    return (counts + 0.5) / (counts + 0.5).sum()


def contingency(r: NDArray[np.float64], c: NDArray[np.float64], power: str) -> float:
    """SciPy's test of a table of two samples, in the bins that hold anything."""
    table = np.array([r, c])[:, (r + c) > 0]
    return float(stats.chi2_contingency(table, correction=False, lambda_=power).statistic) if table.shape[1] > 1 else 0.0


def distance_of_shares(r: NDArray[np.float64], c: NDArray[np.float64], order: float) -> float:
    """NumPy's norm of the difference of shares."""
    return float(np.linalg.norm(r / r.sum() - c / c.sum(), order))


ORACLES: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], float]] = {
    "psi": lambda r, c: float(stats.entropy(smoothed(c), smoothed(r)) + stats.entropy(smoothed(r), smoothed(c))),
    "kullback_leibler": lambda r, c: float(stats.entropy(smoothed(c), smoothed(r))),
    "jensen_shannon": lambda r, c: float(np.nan_to_num(jensenshannon(r, c, base=2))),
    "hellinger": lambda r, c: float(np.linalg.norm(np.sqrt(r / r.sum()) - np.sqrt(c / c.sum())) / np.sqrt(2)),
    "total_variation": lambda r, c: distance_of_shares(r, c, 1) / 2,
    "l_infinity": lambda r, c: distance_of_shares(r, c, np.inf),
    "chi_square": lambda r, c: contingency(r, c, "pearson"),
    "g_test": lambda r, c: contingency(r, c, "log-likelihood"),
    "cramers_v": lambda r, c: float(np.sqrt(contingency(r, c, "pearson") / (r.sum() + c.sum()))),
}
"""The same numbers from two rows of counts, by SciPy and NumPy."""


@each
@given(table=TABLES)
def test_levels_give_what_scipy_gives(function: Callable[[Pair], NDArray[np.float64]], table: NDArray[np.float64]) -> None:
    """From counts of levels each divergence is SciPy's number."""
    found = float(function(levels(*table))[0, 0])
    assert found == pytest.approx(ORACLES[function.__name__](*table), rel=1e-9, abs=1e-7)


@given(TABLES)
def test_chi_square_and_g_are_power_divergences(table: NDArray[np.float64]) -> None:
    """Both are members of Cressie and Read's family, over both samples' cells."""
    table = table[:, table.sum(0) > 0]
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    for function, power in ((divergence.chi_square, 1.0), (divergence.g_test, 0.0)):
        wanted = stats.power_divergence(table.ravel(), expected.ravel(), lambda_=power).statistic
        assert float(function(levels(*table))[0, 0]) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@each
@given(table=TABLES)
def test_nothing_lies_between_equals_and_nothing_is_below_zero(
    function: Callable[[Pair], NDArray[np.float64]], table: NDArray[np.float64]
) -> None:
    """A divergence is 0 from a sample to itself and never negative."""
    assert float(function(levels(table[0], table[0]))[0, 0]) == pytest.approx(0.0, abs=1e-7)
    assert float(function(levels(*table))[0, 0]) >= 0.0


@pytest.mark.parametrize("function", SYMMETRIC, ids=lambda function: function.__name__)
@given(table=TABLES)
def test_which_sample_is_the_reference_does_not_matter(function: Callable[[Pair], NDArray[np.float64]], table: NDArray[np.float64]) -> None:
    """All but the Kullback-Leibler divergence are symmetric on levels."""
    there, back = (float(function(levels(*sides))[0, 0]) for sides in (table, table[::-1]))
    assert there == pytest.approx(back, rel=1e-9, abs=1e-12)


@each
@given(table=TABLES, seed=st.integers(0, 2**32 - 1), padding=st.integers(1, 9))
def test_the_order_of_levels_and_padding_do_not_matter(
    function: Callable[[Pair], NDArray[np.float64]], table: NDArray[np.float64], seed: int, padding: int
) -> None:
    """Shuffled levels, and bins that a wider column beside it needs, change nothing."""
    order = np.random.default_rng(seed).permutation(table.shape[1])
    plain, shuffled = (float(function(pair)[0, 0]) for pair in (levels(*table), levels(*table[:, order], padding)))
    assert plain == pytest.approx(shuffled, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("shape", ["normal", "whole", "zeros", "heavy"])
@each
def test_numbers_are_compared_in_the_conventional_bins(
    function: Callable[[Pair], NDArray[np.float64]], shape: str, drift: Any, dice: np.random.Generator
) -> None:
    """Numbers give what SciPy gives from raw rows, counted by NumPy's histogram between the deciles' edges."""
    make = {
        "normal": lambda rows, shift: dice.normal(shift, size=rows),
        "whole": lambda rows, shift: dice.poisson(3 + shift, rows).astype(np.float64),
        "zeros": lambda rows, shift: np.maximum(dice.normal(shift - 1, size=rows), 0.0),
        "heavy": lambda rows, shift: dice.standard_cauchy(rows) + shift,
    }[shape]
    reference, current = make(3000, 0.0), make(800, 0.4)
    pair = drift.pair(reference, current)
    r, c = between_deciles(pair, reference, current)
    assert r.size <= 10
    assert float(function(pair)[0, 0]) == pytest.approx(ORACLES[function.__name__](r, c), rel=1e-9)


def between_deciles(pair: Pair, *samples: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Raw rows counted between the edges where the share of the reference passes a tenth, empty bins left out."""
    share = pair.reference[0, 0] / pair.reference.sum()
    middle = np.cumsum(share) - share / 2
    last_of_group = np.flatnonzero(np.diff(np.minimum(np.floor(middle * 10 + 1e-12), 9)) > 0)
    assert pair.edges is not None
    edges = np.unique(pair.edges[0, 0][last_of_group])
    counts = [np.histogram(sample, np.concatenate([[-np.inf], edges, [np.inf]]))[0].astype(np.float64) for sample in samples]
    held = sum(counts) > 0
    return [count[held] for count in counts]


@each
def test_values_where_the_reference_had_none_count(function: Callable[[Pair], NDArray[np.float64]], drift: Any) -> None:
    """A column that was constant and is another constant now has changed by every divergence."""
    assert float(function(drift.pair(np.full(100, 5.0), np.full(100, 7.0)))[0, 0]) > 0.5


@each
def test_samples_without_rows_disturb_nobody(function: Callable[[Pair], NDArray[np.float64]], drift: Any) -> None:
    """An empty window, or an empty reference, warns of nothing and leaves the windows beside it alone."""
    rows, nothing = np.arange(50.0), np.empty(0)
    alone, beside = (function(drift.pair(rows, *windows))[0, 0] for windows in ([rows * 2], [rows * 2, nothing]))
    assert alone == beside
    assert function(drift.pair(nothing, rows)).shape == (1, 1)
