from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special, stats
from sklearn.metrics import precision_score, roc_auc_score

from driftline.errors import DataError
from driftline.rollout.paired import auc_gain, discordant_gain, mean_gain, placements, ratio_gain, share_gain

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.rollout.paired import Gain


def told(draw: Callable[[], Gain], truth: float, rounds: int) -> tuple[float, float]:
    """How often the interval holds the truth, and how often the margin test at 5% rejects at the margin itself."""
    gains = [one for one in (draw() for _ in range(rounds)) if one.known]
    return float(np.mean([g.low <= truth <= g.high for g in gains])), float(np.mean([g.p_worse < 0.05 for g in gains]))


class TestMeans:
    """Losses averaged over rows."""

    def test_without_skewness_is_students_paired_t(self) -> None:
        """Symmetric differences give scipy's paired t test, its interval and its one-sided margin test."""
        half = np.random.default_rng(1).normal(0.2, 1, 30)
        gains = np.concatenate([half, 0.4 - half])
        losses = np.arange(60.0)
        found = mean_gain(losses + gains, losses, margin=0.1)
        expected = stats.ttest_1samp(gains, 0.0)
        bounds = expected.confidence_interval(0.95)
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
        assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high), rel=1e-6)
        assert found.p_worse == pytest.approx(stats.ttest_1samp(gains, -0.1, alternative="greater").pvalue, rel=1e-6)

    def test_covers_skewed_differences(self) -> None:
        """With exponential differences of 60 rows the interval holds 95%, and the margin test 5%, within simulation error."""
        dice = np.random.default_rng(2)
        covered, rejected = told(lambda: mean_gain(dice.exponential(1, 60), np.zeros(60), margin=-1.0), 1.0, 1500)
        assert covered == pytest.approx(0.95, abs=0.025)
        assert rejected == pytest.approx(0.05, abs=0.02)

    def test_rows_that_hang_together_count_as_their_cluster(self) -> None:
        """Copying each row ten times within its cluster changes nothing but the number of rows."""
        gains = np.random.default_rng(3).normal(0.1, 1, 50)
        alone = mean_gain(gains, np.zeros(50))
        copied = mean_gain(np.repeat(gains, 10), np.zeros(500), clusters=np.repeat(np.arange(50), 10))
        assert (copied.value, copied.low, copied.high, copied.p_value) == pytest.approx((alone.value, alone.low, alone.high, alone.p_value))
        assert copied.rows == 500

    def test_equal_models_are_not_known_to_be_equal(self) -> None:
        """Where no row differs an interval remains, and more rows make it shorter."""
        loss = np.array([0.0, 1.0])
        few, many = (mean_gain(np.tile(loss, n), np.tile(loss, n), margin=0.05) for n in (10, 500))
        assert few.low < 0 < few.high
        assert many.high < few.high
        assert many.p_worse < 0.05 < few.p_worse

    def test_too_little_is_untold(self) -> None:
        """One row, no row, or losses that are all alike conclude nothing, and say why."""
        assert "1 independent" in mean_gain(np.ones(1), np.ones(1)).why
        assert mean_gain(np.ones(0), np.ones(0)).why
        assert mean_gain(np.ones(9), np.ones(9)).why == "all losses are equal, which tells nothing"

    def test_refuses_what_is_not_paired(self) -> None:
        """Other rows, or losses that are not numbers, are the caller's mistake."""
        with pytest.raises(DataError, match="rows differ in number"):
            mean_gain(np.ones(3), np.ones(4))
        with pytest.raises(DataError, match="1 losses are not numbers"):
            mean_gain(np.array([1.0, np.nan]), np.ones(2))


class TestShares:
    """Rows answered rightly or not."""

    @given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 400))
    def test_the_test_is_the_exact_binomial(self, better: int, worse: int, more: int) -> None:
        """The p-value is scipy's exact binomial test of the discordant rows."""
        found = discordant_gain(better, worse, better + worse + more)
        expected = stats.binomtest(better, better + worse).pvalue if better + worse else 1.0
        assert found.p_value == pytest.approx(expected, rel=1e-9)
        assert -1 <= found.low <= found.value <= found.high <= 1

    @given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 400))
    def test_swapping_the_models_turns_it_round(self, better: int, worse: int, more: int) -> None:
        """The challenger's gain is the champion's loss."""
        rows = better + worse + more
        one, other = discordant_gain(better, worse, rows), discordant_gain(worse, better, rows)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)

    @pytest.mark.parametrize(("better", "worse", "rows"), [(12, 2, 50), (3, 0, 40), (0, 7, 300)])
    def test_tangos_interval_is_that_of_the_restricted_likelihood(self, better: int, worse: int, rows: int) -> None:
        """At either end the score, its variance from the likelihood maximised by brute force, is 1.96."""
        found = discordant_gain(better, worse, rows)
        for end, z in ((found.low, 1.959964), (found.high, -1.959964)):

            def surprise(rarer: float, end: float = end) -> float:
                shares = np.array([rarer + end, rarer, 1 - 2 * rarer - end])
                return -float(special.xlogy([better, worse, rows - better - worse], np.maximum(shares, 1e-300)).sum())

            rarer = optimize.minimize_scalar(surprise, bounds=(max(0.0, -end), (1 - end) / 2), method="bounded", options={"xatol": 1e-12}).x
            variance = rows * (2 * rarer + end - end**2)
            assert (better - worse - rows * end) / np.sqrt(variance) == pytest.approx(z, abs=2e-4)

    def test_the_margin_test_agrees_with_the_interval(self) -> None:
        """The margin test says 2.5% where the margin is the 95% interval's lower end."""
        low = discordant_gain(20, 25, 900).low
        assert discordant_gain(20, 25, 900, margin=-low).p_worse == pytest.approx(0.025, abs=1e-6)

    def test_covers_small_samples(self) -> None:
        """Of 100 rows with 3% and 6% discordant the interval holds 95% and the margin test 5%."""
        dice = np.random.default_rng(4)

        def draw() -> Gain:
            better, worse, _ = dice.multinomial(100, [0.03, 0.06, 0.91])
            return discordant_gain(int(better), int(worse), 100, margin=0.03)

        covered, rejected = told(draw, -0.03, 2000)
        assert covered == pytest.approx(0.95, abs=0.025)
        assert rejected == pytest.approx(0.05, abs=0.025)

    def test_counts_rows(self) -> None:
        """Booleans a row give what their counts give."""
        champion, challenger = np.random.default_rng(7).random((2, 200)) < 0.8
        counted = discordant_gain(int((challenger > champion).sum()), int((champion > challenger).sum()), 200)
        assert share_gain(champion, challenger) == counted
        assert share_gain(champion[:0], challenger[:0]).why == "there are no rows"


class TestRatios:
    """Ratios of sums, such as precision."""

    def test_is_the_difference_of_precisions(self) -> None:
        """The gain is scikit-learn's precision of one less that of the other."""
        label, one, other = np.random.default_rng(7).random((3, 500)) < 0.4
        found = ratio_gain(((one & label) * 1.0, one * 1.0), ((other & label) * 1.0, other * 1.0))
        assert found.value == pytest.approx(precision_score(label, other) - precision_score(label, one))

    def test_covers(self) -> None:
        """The precision of two models that share most of their alarms: 95% within simulation error."""
        dice = np.random.default_rng(5)

        def draw() -> Gain:
            label, fresh = dice.random((2, 1000)) < 0.2
            first, second = (np.where(label, dice.random(1000) < 0.7, dice.random(1000) < 0.05) for _ in range(2))
            other = np.where(fresh, second, first)
            return ratio_gain(((first & label) * 1.0, first * 1.0), ((other & label) * 1.0, other * 1.0))

        covered, rejected = told(draw, 0.0, 800)
        assert covered == pytest.approx(0.95, abs=0.025)
        assert rejected == pytest.approx(0.05, abs=0.025)

    def test_needs_rows_behind_it(self) -> None:
        """A model that raises next to no alarm has no precision to speak of."""
        nothing = np.zeros(50)
        assert "0 rows are behind" in ratio_gain((nothing, nothing), (np.ones(50), np.ones(50))).why


class TestAuc:
    """Ranking, by DeLong."""

    def test_placements_are_those_of_brute_force(self) -> None:
        """With ties, placements are shares of pairs won, ties counting half; their mean is scikit-learn's AUC."""
        dice = np.random.default_rng(7)
        scores, label = dice.integers(0, 8, 80).astype(float), dice.random(80) < 0.3
        of_positives, of_negatives = placements(scores, label)
        wins = np.sign(scores[label][:, None] - scores[~label][None, :]) / 2 + 0.5
        assert of_positives == pytest.approx(wins.mean(1))
        assert of_negatives == pytest.approx(wins.mean(0))
        assert of_positives.mean() == pytest.approx(roc_auc_score(label, scores))

    def test_the_error_is_the_bootstraps(self) -> None:
        """The standard error of the paired difference is within 5% of a bootstrap's over each class."""
        dice = np.random.default_rng(6)
        label = np.arange(600) < 200
        signal = dice.normal(size=600) + label
        one, other = (signal + dice.normal(0, 0.7, 600) for _ in range(2))
        found = auc_gain(one, other, label)
        won = [np.greater.outer(scores[label], scores[~label]) * 1.0 for scores in (one, other)]
        drawn = []
        for _ in range(4000):
            positives = np.bincount(dice.integers(0, 200, 200), minlength=200)
            negatives = np.bincount(dice.integers(0, 400, 400), minlength=400)
            drawn.append(positives @ (won[1] - won[0]) @ negatives / (200 * 400))
        assert found.error == pytest.approx(np.std(drawn), rel=0.06)

    def test_covers(self) -> None:
        """For two equal, related rankings of 300 rows with 10% positives: 95% and 5% within simulation error."""
        dice = np.random.default_rng(8)

        def draw() -> Gain:
            label = dice.random(300) < 0.1
            signal = dice.normal(size=300) + 1.5 * label
            one, other = signal + dice.normal(0, 0.4, (2, 300))
            return auc_gain(one, other, label)

        covered, rejected = told(draw, 0.0, 1000)
        assert covered == pytest.approx(0.95, abs=0.025)
        assert rejected == pytest.approx(0.05, abs=0.025)

    def test_one_class_is_untold(self) -> None:
        """Without positives there is no AUC, not one of 0."""
        assert "0 positive" in auc_gain(np.arange(50.0), np.arange(50.0), np.zeros(50, dtype=bool)).why

    def test_the_same_ranking_is_not_known_to_be_as_good(self) -> None:
        """Equal rankings differ by 0, with an interval that holds more than 0."""
        label = np.arange(100) % 2 == 0
        found = auc_gain(np.arange(100.0), np.arange(100.0) * 2, label)
        assert found.value == 0
        assert found.low < 0 < found.high
