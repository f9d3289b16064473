from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.drift import distance

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.drift.pair import Pair

    Function = Callable[[Pair], NDArray[np.float64]]

EVERY = [
    distance.kolmogorov_smirnov,
    distance.cramer_von_mises,
    distance.anderson_darling,
    distance.wasserstein,
    distance.wasserstein_normed,
    distance.mean_shift,
    distance.quantile_shift,
]
each = pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
WHOLE = st.lists(st.integers(-8, 8).map(float), min_size=2, max_size=60)


def midranks(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both samples' distribution functions at every pooled row, ties at their midranks, from raw rows."""
    pooled = np.concatenate([a, b])
    return tuple(((s[:, None] < pooled).mean(0) + (s[:, None] <= pooled).mean(0)) / 2 for s in (a, b))  # type: ignore[return-value]


def scholz_stephens_deviation(n: int, m: int) -> float:
    """Standard deviation by which `anderson_ksamp` divides, of two samples (Scholz and Stephens 1987, eq. 4)."""
    total, inverse, k = n + m, 1 / n + 1 / m, 2
    sums = np.cumsum(1 / np.arange(total - 1, 1, -1))
    h, g = sums[-1] + 1, (sums / np.arange(2, total)).sum()
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    return float(np.sqrt((a * total**3 + b * total**2 + c * total + d) / ((total - 1) * (total - 2) * (total - 3))))


def scipys_anderson_darling(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The statistic itself, before SciPy standardises it."""
    with warnings.catch_warnings():
        # SciPy's table of p-values ends at 0.001 and 0.25; only the statistic is wanted.
        warnings.simplefilter("ignore", UserWarning)
        standardised = stats.anderson_ksamp([a, b], variant="midrank").statistic
    return float(standardised * scholz_stephens_deviation(a.size, b.size) + 1)


def midrank_cramer_von_mises(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The sum over pooled rows of the squared gap, from raw rows."""
    f, g = midranks(a, b)
    return float(((f - g) ** 2).sum() * a.size * b.size / (a.size + b.size) ** 2)


def largest_quantile_move(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """NumPy's quantiles of raw rows."""
    moves = np.subtract(*(np.quantile(side, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf") for side in (b, a)))
    return float(moves[np.abs(moves).argmax()] / a.std())


ORACLES: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], float]] = {
    "kolmogorov_smirnov": lambda a, b: float(stats.ks_2samp(a, b).statistic),
    "cramer_von_mises": midrank_cramer_von_mises,
    "anderson_darling": scipys_anderson_darling,
    "wasserstein": lambda a, b: float(stats.wasserstein_distance(a, b)),
    "wasserstein_normed": lambda a, b: float(stats.wasserstein_distance(a, b) / a.std()),
    "mean_shift": lambda a, b: float((b.mean() - a.mean()) / a.std()),
    "quantile_shift": largest_quantile_move,
}
"""The same numbers from raw rows."""


@each
def test_whole_numbers_are_exact(function: Function, drift: Any, dice: np.random.Generator) -> None:
    """Where every value has a bin of its own, the distance is that of the raw rows."""
    for rows in (12, 300, 2000):
        a, b = (dice.binomial(30, share, size).clip(5, 25).astype(np.float64) for share, size in ((0.5, rows), (0.55, rows // 2)))
        b = b.clip(a.min(), a.max())
        b = a[np.abs(a[:, None] - b).argmin(0)]
        assert float(function(drift.pair(a, b))[0, 0]) == pytest.approx(ORACLES[function.__name__](a, b), rel=1e-6, abs=1e-9)


def test_cramer_von_mises_without_ties_is_scipys_less_a_constant(drift: Any, dice: np.random.Generator) -> None:
    """Rows at their midranks take 1 / 4(n + m) off the textbook statistic, whatever the data."""
    for n, m in ((10, 12), (16, 5)):
        values = dice.permutation(np.arange(float(n + m)))
        a, b = values[:n], values[n:]
        # Every value of either sample gets a bin of its own where both are in the reference.
        pair = drift.pair(values, a, b)
        sides = type(pair)(pair.current[:, :1], pair.current[:, 1:], pair.real, pair.edges)
        wanted = stats.cramervonmises_2samp(a, b, method="asymptotic").statistic - 1 / (4 * (n + m))
        assert float(distance.cramer_von_mises(sides)[0, 0]) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("shape", ["normal", "lognormal", "heavy", "mixed"])
@pytest.mark.parametrize("rows", [(60, 40), (3000, 1000)])
class TestFineBins:
    """How far a distance on 256 quantile bins may be from that of the raw rows."""

    @pytest.fixture
    def samples(self, shape: str, rows: tuple[int, int], dice: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Reference rows and current rows that lie a little elsewhere."""
        z = [dice.normal(size=rows[0]), dice.normal(0.15, 1.1, rows[1])]
        turn = {"normal": np.asarray, "lognormal": np.exp, "heavy": lambda x: np.sign(x) * x**4, "mixed": lambda x: np.maximum(x, 0.0)}
        a, b = (np.asarray(turn[shape](side), dtype=np.float64) for side in z)
        return a, b

    def test_kolmogorov_smirnov_is_short_by_less_than_a_bin(self, samples: Any, drift: Any) -> None:
        """The distance is never overstated, and understated by at most the share that both samples have in one bin."""
        a, b = samples
        pair = drift.pair(a, b)
        p, q = (side[0, 0] for side in pair.plain())
        short = ORACLES["kolmogorov_smirnov"](a, b) - float(distance.kolmogorov_smirnov(pair)[0, 0])
        assert -1e-12 <= short <= np.minimum(p, q).max() + 1e-12

    def test_the_wasserstein_distance_is_within_the_bins_widths(self, samples: Any, drift: Any) -> None:
        """No row is moved further than the width of its bin; rows beyond the reference's range lie no further than the farthest."""
        a, b = samples
        pair = drift.pair(a, b)
        p, q = (side[0, 0] for side in pair.plain())
        widths = np.diff(pair.edges[0, 0], prepend=pair.edges[0, 0, 0], append=pair.edges[0, 0, -1])
        inside = ((p + q) * widths).sum()
        outside = np.maximum(b - a.max(), 0.0).mean() + np.maximum(a.min() - b, 0.0).mean()
        found = float(distance.wasserstein(pair)[0, 0])
        assert abs(found - ORACLES["wasserstein"](a, b)) <= inside + outside * 2 + 1e-9

    def test_rank_statistics_are_within_a_few_percent(self, samples: Any, drift: Any) -> None:
        """Cramér-von Mises and Anderson-Darling lose little by tying the rows of a bin."""
        a, b = samples
        pair = drift.pair(a, b)
        few = a.size < 100
        for function in (distance.cramer_von_mises, distance.anderson_darling):
            wanted = ORACLES[function.__name__](a, b)
            assert float(function(pair)[0, 0]) == pytest.approx(wanted, rel=0.2 if few else 0.02, abs=0.05 if few else 0.01)

    def test_the_mean_shift_is_exact(self, samples: Any, drift: Any) -> None:
        """Means come from exact sums, not from bins."""
        a, b = samples
        assert float(distance.mean_shift(drift.pair(a, b))[0, 0]) == pytest.approx(ORACLES["mean_shift"](a, b), rel=1e-4, abs=1e-5)

    def test_quantiles_are_within_a_bin(self, samples: Any, drift: Any) -> None:
        """A quantile read off the counts lies at the upper edge of the bin that holds the raw rows' quantile."""
        a, b = samples
        pair = drift.pair(a, b)
        levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
        edges = pair.edges[0, 0]
        for counts, rows in ((pair.reference, a), (pair.current, b)):
            found = distance.quantiles(counts, pair.edges, levels)[0, 0]
            exact = np.quantile(rows, levels, method="inverted_cdf")
            upper = edges[np.searchsorted(edges, exact, side="right").clip(max=edges.size - 1)]
            assert found.tolist() == upper.tolist()


@pytest.mark.parametrize("level", [0.05, 0.25, 0.5, 0.75, 0.95])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_each_of_five_quantiles_is_looked_at(level: float, sign: float, drift: Any) -> None:
    """Where the share of zeros falls from just above a level to just below it, that quantile moves by one, and says so with its sign."""
    sides = [np.r_[np.zeros(round(1000 * share)), np.ones(1000 - round(1000 * share))] for share in (level + 0.02, level - 0.02)]
    reference, current = sides if sign > 0 else sides[::-1]
    assert float(distance.quantile_shift(drift.pair(reference, current))[0, 0]) == pytest.approx(sign / reference.std())


@pytest.mark.parametrize("level", [0.1, 0.4, 0.6, 0.9])
def test_no_other_quantile_is(level: float, drift: Any) -> None:
    """A share that crosses another level moves none of the five."""
    sides = [np.r_[np.zeros(round(1000 * share)), np.ones(1000 - round(1000 * share))] for share in (level + 0.02, level - 0.02)]
    assert float(distance.quantile_shift(drift.pair(*sides))[0, 0]) == 0.0


@pytest.mark.parametrize("factor", [1000.0, -1000.0])
def test_rows_beyond_the_references_range_count_for_how_far_they_went(factor: float, drift: Any, dice: np.random.Generator) -> None:
    """Turn 5% of the rows a thousand times larger, and the Wasserstein distance grows by at least what the mean moved."""
    a, b = dice.lognormal(size=2000), dice.lognormal(size=1000)
    b[:50] *= factor
    found = float(distance.wasserstein(drift.pair(a, b))[0, 0])
    assert found >= abs(b.mean() - a.mean()) * 0.999
    assert found == pytest.approx(stats.wasserstein_distance(a, b), rel=0.5)


def test_a_constant_that_moved_has_moved(drift: Any) -> None:
    """From all fives to all sevens it is a distance of two."""
    assert float(distance.wasserstein(drift.pair(np.full(50, 5.0), np.full(50, 7.0)))[0, 0]) == pytest.approx(2.0)


@given(a=WHOLE, b=WHOLE)
def test_nothing_lies_between_equals_and_distances_are_not_negative(drift: Any, a: list[float], b: list[float]) -> None:
    """Each distance is 0 from a sample to itself; all but the shifts are never negative."""
    pair = drift.pair(np.array(a), np.array(a), np.array(b))
    for function in EVERY:
        itself, other = function(pair)[0]
        assert itself == 0.0
        assert other >= 0.0 or function in {distance.mean_shift, distance.quantile_shift}


@given(a=WHOLE, b=WHOLE)
def test_which_sample_is_the_reference_does_not_matter(drift: Any, a: list[float], b: list[float]) -> None:
    """On bins that hold both samples' values, the distances are symmetric."""
    pair = drift.pair(np.array(a + b), np.array(a), np.array(b))
    there, back = (
        type(pair)(
            pair.current[:, [i]],
            pair.current[:, [j]],
            pair.real,
            pair.edges,
            pair.moments[:, [1 + i, 1 + j]],
            pair.extremes[:, [1 + i, 1 + j]],
        )
        for i, j in ((0, 1), (1, 0))
    )
    for function in (distance.kolmogorov_smirnov, distance.cramer_von_mises, distance.anderson_darling, distance.wasserstein):
        assert float(function(there)[0, 0]) == pytest.approx(float(function(back)[0, 0]), rel=1e-9, abs=1e-12)


@each
def test_padding_changes_nothing(function: Function, drift: Any, dice: np.random.Generator) -> None:
    """A wider column beside it does not change a column's distances."""
    narrow, wide = (dice.integers(0, 6, 400).astype(np.float64), dice.normal(size=400))
    changed = (dice.integers(1, 6, 200).astype(np.float64), dice.normal(0.3, size=200))
    alone = float(function(drift.pair(narrow, changed[0]))[0, 0])
    beside = function(drift.pair([narrow, wide], list(changed)))[:, 0]
    assert alone == pytest.approx(float(beside[0]), rel=1e-12)
    assert float(beside[1]) == pytest.approx(float(function(drift.pair(wide, changed[1]))[0, 0]), rel=1e-12)


@each
def test_samples_without_rows_say_nothing(function: Function, drift: Any) -> None:
    """An empty window has no distance, and the windows beside it keep theirs."""
    rows = np.arange(50.0)
    alone = function(drift.pair(rows, rows * 2))[0, 0]
    found = function(drift.pair(rows, rows * 2, np.empty(0)))[0]
    assert found[0] == alone
    assert np.isnan(found[1])
    assert function(drift.pair(np.empty(0), rows)).shape == (1, 1)


@each
def test_infinite_values_are_at_the_ends(function: Function, drift: Any) -> None:
    """Infinities are the outermost ranks; only sums of finite values enter the means."""
    reference = np.concatenate([np.arange(50.0), [np.inf, -np.inf]])
    found = float(function(drift.pair(reference, np.concatenate([np.arange(50.0), [np.inf] * 9])))[0, 0])
    assert np.isfinite(found)


def test_infinities_are_ranks_like_others(drift: Any, dice: np.random.Generator) -> None:
    """By ranks, either infinity is as good as a value far beyond all others, for what goes by ranks."""
    a, b = (dice.integers(0, 12, size).astype(np.float64) for size in (300, 120))
    b[:9], a[:3], b[9:14] = np.inf, np.inf, -np.inf
    a[3:20] = -np.inf
    far = [np.nan_to_num(side, posinf=99.0, neginf=-99.0) for side in (a, b)]
    for function in (distance.kolmogorov_smirnov, distance.cramer_von_mises, distance.anderson_darling):
        found = float(function(drift.pair(a, b))[0, 0])
        assert found == pytest.approx(ORACLES[function.__name__](*far), rel=1e-9)


def test_levels_have_no_distances_in_units(drift: Any) -> None:
    """What needs an order of values says nothing about levels."""
    pair = drift.pair(np.array(["a", "b"]), np.array(["a", "a"]))
    for function in (distance.wasserstein, distance.wasserstein_normed, distance.mean_shift, distance.quantile_shift):
        assert np.isnan(function(pair)).all()
        assert function(pair).shape == (1, 1)
