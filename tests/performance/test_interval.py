from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.performance.interval import (
    Value,
    bounded,
    correlation,
    critical,
    difference,
    logit,
    mean,
    share,
    skewness,
    through,
    unknown,
    weighted,
    within,
)

shares = st.integers(1, 500).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows)))


def test_critical_values_are_students() -> None:
    """The two-sided critical value is Student's, and the normal law's for infinite degrees of freedom."""
    assert critical(0.9, 7) == pytest.approx(stats.t.ppf(0.95, 7))
    assert critical(0.99) == pytest.approx(stats.norm.ppf(0.995))


@given(shares)
def test_a_share_has_wilsons_interval(counted: tuple[int, int]) -> None:
    """Value and interval are those of scipy's Wilson interval."""
    hits, rows = counted
    found, theirs = share(hits, rows, 0.95), stats.binomtest(hits, rows).proportion_ci(0.95, method="wilson")
    assert found.value == hits / rows
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert found.rows == rows
    assert found.error > 0


def test_a_share_of_nothing_is_inconclusive() -> None:
    """Without rows there is no share, but the reason that was given."""
    found = share(0, 0, 0.95, "no row was predicted positive")
    assert not found.known
    assert found.why == "no row was predicted positive"
    assert math.isnan(found.value)


@given(shares)
def test_a_bounded_number_with_a_shares_variance_is_a_share(counted: tuple[int, int]) -> None:
    """Where the variance is p (1 − p) / n the interval is Wilson's for n rows."""
    hits, rows = counted
    p = (hits + 0.5) / (rows + 1)
    found = bounded(p, p, p * (1 - p) / rows, rows, 0.95)
    assert (found.low, found.high) == pytest.approx(_wilson(p, rows), abs=1e-9)


def _wilson(p: float, rows: int) -> tuple[float, float]:
    z = stats.norm.ppf(0.975)
    middle, half = p + z**2 / (2 * rows), z * math.sqrt(p * (1 - p) / rows + z**2 / (4 * rows**2))
    return (middle - half) / (1 + z**2 / rows), (middle + half) / (1 + z**2 / rows)


def test_logit_and_fisher_intervals_are_symmetric_on_their_scale() -> None:
    """Ends lie as far on either side, in log odds or in Fisher's z, as the delta method says."""
    found = logit(0.9, 0.9, 0.0004, 100, 0.95)
    odds = [math.log(p / (1 - p)) for p in (found.low, 0.9, found.high)]
    assert odds[1] - odds[0] == pytest.approx(odds[2] - odds[1])
    assert odds[2] - odds[1] == pytest.approx(1.96 * 0.02 / 0.09, rel=1e-3)
    found = correlation(0.6, 0.6, 0.0025, 100, 0.95)
    fisher = [math.atanh(r) for r in (found.low, 0.6, found.high)]
    assert fisher[2] - fisher[1] == pytest.approx(fisher[1] - fisher[0]) == pytest.approx(1.96 * 0.05 / 0.64, rel=1e-3)


def test_the_ends_of_a_scale_belong_to_the_interval() -> None:
    """A value of 0 or 1 (or −1) lies in its interval although its smoothed center does not."""
    assert logit(1.0, 0.99, 0.0001, 50, 0.95).high == 1
    assert logit(0.0, 0.01, 0.0001, 50, 0.95).low == 0
    assert correlation(1.0, 0.99, 0.0001, 50, 0.95).high == 1
    assert correlation(-1.0, -0.99, 0.0001, 50, 0.95).low == -1
    assert bounded(1.0, 0.99, 0.0001, 50, 0.95).high == 1


class TestMeans:
    """Means of many rows."""

    def test_without_skewness_it_is_students(self) -> None:
        """The interval is the textbook's."""
        rows = np.random.default_rng(1).normal(3, 2, 40)
        found = mean(rows.mean(), rows.var(), 0.0, 40, 0.95)
        theirs = stats.ttest_1samp(rows, 0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
        assert found.error == pytest.approx(stats.sem(rows))

    @given(st.floats(-8, 8), st.integers(2, 400))
    def test_ends_invert_halls_transform(self, skew: float, rows: int) -> None:
        """At either end of the interval, Hall's transform of the standardised mean is Student's critical value."""
        found = mean(0.0, 1.0, skew, rows, 0.95)
        root, wanted = math.sqrt(rows), critical(0.95, rows - 1)
        told = sorted(
            t + skew * t**2 / (3 * root) + skew**2 * t**3 / (27 * root**2) + skew / (6 * root)
            for t in (-found.low / found.error, -found.high / found.error)
        )
        if abs(skew) >= 1e-3:
            assert told == pytest.approx([-wanted, wanted], rel=1e-6, abs=1e-6)
        assert found.low <= found.high

    def test_a_longer_tail_moves_the_interval_towards_it(self) -> None:
        """With positive skewness the upper end is further away."""
        straight, skewed = mean(1.0, 1.0, 0.0, 100, 0.95), mean(1.0, 1.0, 3.0, 100, 0.95)
        assert skewed.high > straight.high
        assert skewed.low > straight.low

    @pytest.mark.parametrize(("rows", "low", "high"), [(100, 0.93, 0.97), (1000, 0.93, 0.97)])
    def test_intervals_of_skewed_rows_hold(self, rows: int, low: float, high: float) -> None:
        """Squares of normal rows: 95% intervals hold 93 to 97% of the time, missing above about as often as below."""
        drawn = np.random.default_rng(2).standard_normal((2000, rows)) ** 2
        told = zip(drawn.mean(1).tolist(), drawn.var(1).tolist(), stats.skew(drawn, axis=1).tolist(), strict=True)
        found = [mean(*one, rows, 0.95) for one in told]
        assert low <= np.mean([one.low <= 1 <= one.high for one in found]) <= high
        assert np.mean([one.low > 1 for one in found]) > 0.012

    def test_nothing_and_one_row_are_inconclusive(self) -> None:
        """No rows have no mean; one row has, but nothing is known of its error."""
        assert mean(math.nan, math.nan, 0.0, 0, 0.95).why == "there are no rows"
        alone = mean(3.0, 0.0, 0.0, 1, 0.95)
        assert alone.value == 3.0
        assert not alone.known

    def test_skewness_of_counted_values_is_that_of_the_rows(self) -> None:
        """Counts and values give what scipy gives on the rows; where nothing differs there is none."""
        values, counts = np.array([0.0, 1.0, 5.0]), np.array([7.0, 4.0, 2.0])
        assert skewness(counts, values) == pytest.approx(stats.skew(np.repeat(values, counts.astype(int))))
        assert skewness(np.array([5.0, 0.0]), np.array([2.0, 3.0])) == 0
        assert skewness(np.zeros(2), np.zeros(2)) == 0


class TestSums:
    """Values put together."""

    @given(shares, shares)
    def test_a_difference_is_newcombes(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """Two shares' difference has Newcombe's hybrid score interval, and turns its sign when they change places."""
        left, right = share(*one, 0.95), share(*other, 0.95)
        found, turned = difference(left, right), difference(right, left)
        assert found.low == pytest.approx(left.value - right.value - math.hypot(left.value - left.low, right.high - right.value))
        assert (found.value, found.low, found.high) == pytest.approx((-turned.value, -turned.high, -turned.low))

    def test_one_value_weighs_as_itself(self) -> None:
        """A weighted sum of one is that one, scaled, whatever the weight's sign."""
        one = share(3, 10, 0.95)
        assert weighted([one], [2.0]) == Value(2 * one.value, 2 * one.error, 2 * one.low, 2 * one.high, 10)
        assert weighted([one], [-1.0]).low == pytest.approx(-one.high)

    def test_what_is_not_known_stays_unknown(self) -> None:
        """A sum with an inconclusive part is inconclusive for that part's reason, and so is what is made of one."""
        found = weighted([share(3, 10, 0.95), unknown("no labels", 4)], [1.0, 1.0])
        assert (found.why, found.rows) == ("no labels", 14)
        assert through(found, math.sqrt, 1.0).why == "no labels"

    def test_through_and_within(self) -> None:
        """A rising function carries ends over, and what is impossible is cut off."""
        found = through(Value(4.0, 1.0, 1.0, 9.0, 7), math.sqrt, 0.25)
        assert found == Value(2.0, 0.25, 1.0, 3.0, 7)
        assert within(found, 1.5, 2.5) == Value(2.0, 0.25, 1.5, 2.5, 7)
