from __future__ import annotations

from itertools import pairwise
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from driftline.inference import significance as sig


def one(value: float) -> np.ndarray:
    """A number as the functions take it."""
    return np.array([float(value)])


def test_normal_quantiles_are_scipys() -> None:
    """The z that a standard normal exceeds with a given probability."""
    tails = np.array([0.4, 0.05, 1e-3, 1e-9])
    np.testing.assert_allclose(sig.normal_quantile(tails), stats.norm.isf(tails), rtol=1e-12)


@pytest.mark.parametrize("tail", [0.05, 1e-3, 1e-6])
def test_a_normal_tail_with_an_estimated_variance_is_students(tail: float) -> None:
    """With the variance enlarged by the factor, a normal test at that tail asks what Student's asks."""
    df = np.array([3.0, 7.0, 41.0, 1e6, np.inf])
    factor = sig.tail_factor(df, tail)
    np.testing.assert_allclose(np.sqrt(factor) * stats.norm.isf(tail), stats.t.isf(tail, df), rtol=1e-6)
    assert factor[-1] == 1.0
    assert (np.diff(factor) <= 0).all()


@pytest.mark.parametrize("n", [2, 30, 500])
def test_the_mean_of_exponentials_is_exact(n: int) -> None:
    """A sum of exponentials is a gamma law: the p-value is its tail beyond z, doubled, as far as the short tail reaches."""
    z = np.array([-1.2, -0.5, 0.7, 2.0, 4.0, 6.0])
    law = stats.gamma(n, scale=1 / np.sqrt(n), loc=-np.sqrt(n))
    exact = np.where(z > 0, law.sf(z), law.cdf(z))
    wanted = np.minimum(2 * np.maximum(exact, stats.norm.sf(np.abs(z)) * 1e-3), 1.0)
    np.testing.assert_allclose(sig.mean_p(z, np.full(z.shape, 2 / np.sqrt(n))), wanted, rtol=1e-6)


@given(st.floats(-6, 6), st.floats(-1.5, 1.5))
def test_means_follow_pearsons_third_law(z: float, skew: float) -> None:
    """The tail is that of the law with that skewness, the normal where there is none; the mirror image has the same."""
    found = float(sig.mean_p(one(z), one(skew))[0])
    if abs(skew) < 0.02:
        assert found == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)
    else:
        law = stats.pearson3(abs(skew))
        signed = -z if skew < 0 else z
        tail = max(law.sf(signed) if signed > 0 else law.cdf(signed), stats.norm.sf(abs(z)) * 1e-3)
        assert found == pytest.approx(min(2 * tail, 1.0), rel=1e-5, abs=1e-15)
    if z:
        assert found == pytest.approx(float(sig.mean_p(one(-z), one(-skew))[0]), rel=1e-9)


class TestShares:
    """Two shares, by the conditional binomial law."""

    @given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 50))
    def test_rare_hits_are_exact(self, hits: int, ref_hits: int, ratio: int) -> None:
        """For Poisson counts the p-value is the binomial test's, one tail doubled."""
        rows, ref_rows = 1e12, ratio * 1e12
        law = stats.binom(hits + ref_hits, 1 / (1 + ratio))
        wanted = min(2 * min(law.sf(hits - 1), law.cdf(hits)), 1.0)
        found = sig.share_p(one(hits), one(rows), one(ref_hits), one(ref_rows))
        assert float(found[0]) == pytest.approx(wanted, rel=1e-6)

    def test_small_tables_are_like_fishers(self) -> None:
        """Where Fisher's exact test is unimpressed, so is this one: below 0.33 of it in no table of 30 and 60 rows, tiny p-values aside."""
        hits, ref_hits = (side.ravel().astype(np.float64) for side in np.meshgrid(np.arange(31), np.arange(61)))
        law = stats.hypergeom(90, hits + ref_hits, 30)
        fisher = np.minimum(2 * np.minimum(law.sf(hits - 1), law.cdf(hits)), 1.0)
        found = sig.share_p(hits, np.full(hits.size, 30.0), ref_hits, np.full(hits.size, 60.0))
        assert ((found >= 0.33 * fisher) | (found < 1e-4)).all()

    @pytest.mark.parametrize(("ref_rows", "rows"), [(30, 30), (200, 200), (1000, 30), (30, 1000), (20_000, 1000), (1000, 20_000)])
    @pytest.mark.parametrize("share", [0.001, 0.02, 0.2, 0.5, 0.8, 0.99, 0.999])
    def test_the_size_is_what_it_says(self, ref_rows: int, rows: int, share: float) -> None:
        """If nothing changed, p <= α has probability at most α; in the far tail of thirty rows, at most a few times that."""
        x, y = np.arange(rows + 1.0), np.arange(ref_rows + 1.0)
        px, py = stats.binom.pmf(x, rows, share), stats.binom.pmf(y, ref_rows, share)
        x, px, y, py = x[px > 1e-10], px[px > 1e-10], y[py > 1e-10], py[py > 1e-10]
        hits, ref_hits = np.meshgrid(x, y)
        probability = np.outer(py, px)
        p = sig.share_p(hits, np.full(hits.shape, float(rows)), ref_hits, np.full(hits.shape, float(ref_rows)))
        few = min(rows, ref_rows) <= 30
        for level, slack in ((0.05, 1.1), (1e-2, 1.05), (1e-3, 1.05), (1e-4, 2.0 if few else 1.05), (1e-5, 4.0 if few else 1.05)):
            assert probability[p <= level].sum() <= level * slack

    def test_hits_in_clusters_have_a_negative_binomial_tail(self) -> None:
        """Where variance is a multiple of the mean, the tail of more hits is at least the negative binomial's."""
        hits, mean, design = 40.0, 10.0, 4.0
        found = float(sig.share_p(one(hits), one(1e9), one(mean * 1e9), one(1e18), one(design))[0])
        wanted = 2 * stats.nbinom.sf(hits - 1, mean / (design - 1), 1 / design)
        assert found == pytest.approx(wanted, rel=1e-3)

    @given(st.integers(0, 50), st.integers(0, 500))
    def test_dependent_rows_prove_less(self, hits: int, ref_hits: int) -> None:
        """A larger design effect never makes a change surer, beyond rounding to whole rows."""
        ps = [float(sig.share_p(one(hits), one(50), one(ref_hits), one(500), one(design))[0]) for design in (1.0, 1.5, 3.0, 10.0)]
        assert all(later >= earlier * 0.9 for earlier, later in pairwise(ps))

    def test_no_rows_prove_nothing(self) -> None:
        """Without rows on either side there is no p-value."""
        assert np.isnan(sig.share_p(one(0), one(0), one(3), one(9))).all()
        assert np.isnan(sig.share_p(one(0), one(5), one(0), one(0))).all()


NEWCOMBE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]
"""Newcombe 1998, Statistics in Medicine 17, table II, method 10, at 95%."""


@pytest.mark.parametrize(("counts", "interval"), NEWCOMBE)
def test_intervals_of_differences_are_newcombes(counts: tuple[int, ...], interval: tuple[float, float]) -> None:
    """The published examples come out to the last digit."""
    found = sig.share_interval(*map(one, counts), stats.norm.isf(0.025))
    assert tuple(round(float(end[0]), 4) for end in found) == interval


@given(st.integers(1, 400), st.floats(0, 1))
def test_intervals_of_shares_are_wilsons(rows: int, share: float) -> None:
    """Wilson's score interval, as SciPy has it."""
    hits = round(rows * share)
    wanted = stats.binomtest(hits, rows).proportion_ci(0.9, method="wilson")
    low, high = sig.wilson(one(hits), one(rows), stats.norm.isf(0.05))
    assert (float(low[0]), float(high[0])) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_the_interval_of_a_difference_covers() -> None:
    """At 90% the interval holds the true difference in at least 88% of samples, counted exactly."""
    for rows, ref_rows, share, ref_share in ((40, 60, 0.1, 0.1), (100, 1000, 0.02, 0.05), (30, 30, 0.5, 0.4), (200, 5000, 0.01, 0.01)):
        x, y = np.arange(rows + 1.0), np.arange(ref_rows + 1.0)
        px, py = stats.binom.pmf(x, rows, share), stats.binom.pmf(y, ref_rows, ref_share)
        hits, ref_hits = np.meshgrid(x[px > 1e-9], y[py > 1e-9])
        low, high = sig.share_interval(hits, np.full(hits.shape, rows), ref_hits, np.full(hits.shape, ref_rows), stats.norm.isf(0.05))
        inside = (low <= share - ref_share) & (share - ref_share <= high)
        assert (np.outer(py[py > 1e-9], px[px > 1e-9]) * inside).sum() >= 0.88


def exact_noncentrality(x: float, df: float, tail: float) -> float:
    """The noncentrality at which a chi-square of that value or less has probability `tail`; 0 where none is small enough."""

    def gap(delta: float) -> float:
        return float((stats.ncx2.cdf(x, df, delta) if delta > 0 else stats.chi2.cdf(x, df)) - tail)

    return 0.0 if gap(0.0) < 0 else float(brentq(gap, 0.0, 3 * x + 200))


@pytest.mark.parametrize("df", [1.0, 3.0, 9.0, 49.0, 999.0])
@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95])
def test_the_noncentrality_interval_is_close_to_the_exact_one(df: float, confidence: float) -> None:
    """The closed form is never narrower than the exact inversion by more than 0.25, and close to it above the mean."""
    tail = (1 - confidence) / 2
    z = float(stats.norm.isf(tail))
    for x in df * np.array([0.7, 1.0, 1.5, 3.0, 10.0]) + np.array([0.0, 1.0, 2.0, 5.0, 500.0]):
        low, high = (float(end[0]) for end in sig.noncentrality_interval(one(x), one(df), z))
        exact_low, exact_high = exact_noncentrality(x, df, 1 - tail), exact_noncentrality(x, df, tail)
        assert low <= exact_low + 0.25
        assert high >= exact_high - 0.25
        if x >= df >= 3:
            assert abs(low - exact_low) <= 0.3 + 0.03 * exact_low
            assert abs(high - exact_high) <= 0.3 + 0.03 * exact_high


def test_chi_squares_tail_and_quantile_are_scipys() -> None:
    """Degrees of freedom need not be whole."""
    df = np.array([0.7, 3.0, 9.0, 250.5])
    np.testing.assert_allclose(sig.chi_square_quantile(1e-4, df), stats.chi2.isf(1e-4, df), rtol=1e-9)
    np.testing.assert_allclose(sig.chi_square_p(2 * df, df), stats.chi2.sf(2 * df, df), rtol=1e-9)


@pytest.mark.parametrize(("n", "m"), [(20, 20), (50, 50), (30, 200), (100, 1000), (300, 2000)])
def test_kolmogorovs_p_is_within_half_of_the_exact_one(n: int, m: int) -> None:
    """Down to one in a million, from twenty rows on, SciPy's exact p-value is at most half as large again, or a third smaller."""
    x = np.arange(1.0, n + 1)
    step = gcd(n, m) / (n * m)
    for distance in (0.1, 0.2, 0.3, 0.4, 0.5):
        d = round(distance / step) * step
        # m points spread so that the two functions are d apart at one place and meet at the ends.
        below = round(d * m)
        y = np.concatenate([np.zeros(below), np.quantile(x, np.linspace(0, 1, m - below), method="inverted_cdf") + 0.5])
        found = stats.ks_2samp(x, y, method="exact")
        if 1e-6 < found.pvalue < 0.9:
            ratio = float(sig.kolmogorov_p(one(found.statistic), one(m), one(n))[0]) / found.pvalue
            assert 0.6 < ratio < 1.5


def test_cramer_von_mises_tail_is_the_limit_law() -> None:
    """Anderson and Darling's table of the limiting law: 10%, 5%, 1% and 0.1%."""
    table = {0.34730: 0.10, 0.46136: 0.05, 0.74346: 0.01, 1.16786: 0.001}
    found = sig.cramer_von_mises_p(np.array(list(table)))
    np.testing.assert_allclose(found, list(table.values()), rtol=1e-3)


def test_cramer_von_mises_p_is_scipys(dice: np.random.Generator) -> None:
    """Of many rows SciPy's asymptotic p-value is the same."""
    for shift in (0.0, 0.03, 0.06):
        wanted = stats.cramervonmises_2samp(dice.normal(size=4000), dice.normal(shift, size=5000), method="asymptotic")
        assert float(sig.cramer_von_mises_p(one(wanted.statistic))[0]) == pytest.approx(wanted.pvalue, rel=2e-3)
