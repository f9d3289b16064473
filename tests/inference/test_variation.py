from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from driftline.inference.variation import FEWEST_BLOCKS, Blocks, Variation, squeeze, vary, vary_over_scales


def flat(blocks: int, windows: int = 1, *, like_windows: bool = False) -> Blocks:
    """Blocks and windows without a season."""
    return Blocks(np.zeros(blocks, dtype=np.intp), np.zeros(windows, dtype=np.intp), like_windows=like_windows)


def weekly(weeks: int, windows: int = 7) -> Blocks:
    """Blocks of a day, and windows of the seven weekdays."""
    return Blocks(np.arange(7 * weeks) % 7, np.arange(windows) % 7, like_windows=True)


def autoregressive(dice: np.random.Generator, columns: int, rows: int, rho: float) -> np.ndarray:
    """Rows of variance 1, each correlated with the one before. Shape: columns × rows."""
    noise = dice.standard_normal((columns, rows + 300))
    return lfilter([np.sqrt(1 - rho**2)], [1, -rho], noise, axis=1)[:, 300:]


def of_rows(values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of every `size` rows in a row, and their numbers."""
    means = values.reshape(len(values), -1, size).mean(-1)
    return means, np.full(means.shape, float(size))


class TestDesign:
    """By how much a window's mean varies more than independent rows would."""

    @pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
    def test_of_autoregressive_rows_is_the_known_one(self, rho: float, dice: np.random.Generator) -> None:
        """Columns of AR(1) rows have the design effect (1 + ρ) / (1 - ρ), within 10% where forty columns say so together."""
        values, rows = of_rows(autoregressive(dice, 40, 64 * 400, rho), 400)
        found = vary(values, rows, np.ones(40), flat(64))
        assert float(np.median(found.design)) == pytest.approx((1 + rho) / (1 - rho), rel=0.1)

    def test_of_independent_rows_is_1_and_sure(self, dice: np.random.Generator) -> None:
        """Many columns of independent rows agree that nothing hangs together, and none is taken to."""
        values, rows = of_rows(dice.standard_normal((60, 40 * 50)), 50)
        found = vary(values, rows, np.ones(60), flat(40))
        assert (found.design < 1.1).all()
        assert (found.df > 200).mean() > 0.9

    def test_of_one_column_is_known_from_its_blocks_alone(self, dice: np.random.Generator) -> None:
        """A single column has the degrees of freedom of its blocks."""
        values, rows = of_rows(autoregressive(dice, 1, 42 * 100, 0.8), 100)
        found = vary(values, rows, np.ones(1), flat(42))
        assert found.df.tolist() == [41.0]
        assert found.design[0] == pytest.approx(9.0, rel=0.5)

    def test_is_never_below_1(self, dice: np.random.Generator) -> None:
        """Blocks that agree more than chance would make them prove nothing extra."""
        found = vary(np.zeros((5, 20)) + dice.normal(size=(5, 1)), np.full((5, 20), 30.0), np.ones(5), flat(20))
        assert (found.design == 1.0).all()

    def test_shows_on_the_scale_of_a_window(self, dice: np.random.Generator) -> None:
        """Rows that hang together for longer than a block have their full design effect between runs of blocks as long as windows."""
        rows = np.repeat(dice.standard_normal((30, 512)), 64, axis=1)
        values, count = of_rows(rows, 32)
        short = vary(values, count, np.ones(30), flat(1024))
        found = vary_over_scales(values, count, np.ones(30), flat(1024), window_rows=640.0)
        assert float(np.median(short.design)) == pytest.approx(32.0, rel=0.1)
        assert float(np.median(found.design)) == pytest.approx(64.0, rel=0.25)

    def test_lasts_over_windows_that_hang_together(self, dice: np.random.Generator) -> None:
        """What windows share with their neighbours shows in `lasting`, not in what one window is held to."""
        waves = np.repeat(dice.standard_normal((20, 16)), 4, axis=1)
        found = vary_over_scales(waves, np.full(waves.shape, 10.0), np.ones(20), flat(64, like_windows=True), window_rows=10.0)
        assert (found.lasting >= found.design).all()
        assert float(np.median(found.lasting / found.design)) > 2.5


class TestBetween:
    """What varies between whole windows does not go away with more rows."""

    def variation(self, dice: np.random.Generator, *, like_windows: bool) -> Variation:
        """Windows whose levels differ by a tenth of a standard deviation."""
        values = 0.1 * dice.standard_normal((30, 60)) + dice.standard_normal((30, 60)) / np.sqrt(100)
        return vary(values, np.full((30, 60), 100.0), np.ones(30), flat(60, like_windows=like_windows))

    def test_longer_windows_keep_it(self, dice: np.random.Generator) -> None:
        """A window of a million rows still varies by what whole windows vary."""
        found = self.variation(dice, like_windows=True)
        error = found.variance(np.ones(30), np.full((30, 1), 1e6), np.full(30, 100.0))
        assert float(np.median(error)) == pytest.approx(0.01, rel=0.3)

    def test_runs_of_rows_do_not_show_it(self, dice: np.random.Generator) -> None:
        """Blocks that are no windows give a design effect, which more rows dilute."""
        found = self.variation(dice, like_windows=False)
        error = found.variance(np.ones(30), np.full((30, 1), 1e6), np.full(30, 100.0))
        assert float(np.median(error)) == pytest.approx(2e-6, rel=0.3)


class TestSeason:
    """Slots of the season, shrunk as far as they are no larger than their error."""

    def test_is_recovered_where_there_is_one(self, dice: np.random.Generator) -> None:
        """Weekdays that differ by many standard errors are held against themselves, and the rest is noise again."""
        offsets = np.array([0.5, 0.1, -0.2, 0.0, 0.3, -0.4, -0.3])
        values = np.tile(offsets, (25, 8)) + dice.standard_normal((25, 56)) / 20
        found = vary(values, np.full((25, 56), 400.0), np.ones(25), weekly(8))
        np.testing.assert_allclose(found.baseline.mean(0), offsets, atol=0.02)
        assert np.abs(found.baseline - offsets).max() < 0.08
        assert float(np.median(found.design)) == pytest.approx(1.0, abs=0.15)

    def test_is_next_to_nothing_where_there_is_none(self, dice: np.random.Generator) -> None:
        """Without a season the offsets are shrunk to a small part of their error, most to nothing."""
        values = dice.standard_normal((200, 56)) / 20
        found = vary(values, np.full((200, 56), 400.0), np.ones(200), weekly(8))
        raw = values.reshape(200, 8, 7).mean(1) - values.mean(1, keepdims=True)
        kept = found.baseline - values.mean(1, keepdims=True)
        assert (kept**2).mean() < 0.2 * (raw**2).mean()
        assert (np.abs(kept) < 1e-12).all(1).mean() > 0.4

    def test_costs_what_a_slot_is_known_from(self, dice: np.random.Generator) -> None:
        """A slot seen eight times has the error of eight windows, not of the whole reference."""
        values = np.tile([1.0, 0, 0, 0, 0, 0, -1.0], (5, 8)) + dice.standard_normal((5, 56)) / 20
        found = vary(values, np.full((5, 56), 400.0), np.ones(5), weekly(8))
        np.testing.assert_allclose(found.baseline_variance, found.design[:, None] / 400 / 8 * np.ones((5, 7)), rtol=1e-9)

    def test_a_slot_the_reference_never_had_is_held_against_the_whole(self, dice: np.random.Generator) -> None:
        """A window on a weekday that the reference lacks gets the overall mean and no finite certainty beyond one window's."""
        layout = Blocks(np.arange(40) % 5, np.array([5, 6]), like_windows=True)
        values = np.tile([1.0, 0.5, 0.0, -0.5, -1.0], (4, 8)) + dice.standard_normal((4, 40)) / 20
        found = vary(values, np.full((4, 40), 400.0), np.ones(4), layout)
        np.testing.assert_allclose(found.baseline, np.repeat(values.mean(1, keepdims=True), 2, axis=1), atol=1e-12)


class TestSqueeze:
    """Columns lend each other strength about how their rows hang together."""

    def test_columns_that_agree_share_one_factor(self, dice: np.random.Generator) -> None:
        """Factors that differ no more than their error become one, known without error."""
        agreed = 0
        for _ in range(20):
            factors, df = squeeze(3.0 * dice.chisquare(40, 300) / 40, np.full(300, 40.0))
            assert (df >= 40).all()
            if np.isinf(df).all():
                agreed += 1
                assert np.ptp(factors) == 0
            assert float(np.median(factors)) == pytest.approx(3.0, rel=0.1)
        # Whether they seem to differ no more than their error is a throw of about even odds.
        assert agreed >= 5

    def test_a_column_that_stands_out_keeps_its_own(self, dice: np.random.Generator) -> None:
        """One column that hangs together a hundred times more is not drawn to the others, nor draws them."""
        raw = dice.chisquare(40, 50) / 40
        raw[7] = 100.0
        factors, df = squeeze(raw, np.full(50, 40.0))
        assert factors[7] == 100.0
        assert df[7] == 40.0
        assert np.delete(factors, 7).max() < 2.0

    def test_factors_that_differ_are_drawn_together_by_what_they_are_unsure(self, dice: np.random.Generator) -> None:
        """Drawn in factors lie closer to the truth than raw ones."""
        truth = np.exp(dice.normal(1.5, 0.5, 400))
        raw = truth * dice.chisquare(15, 400) / 15
        factors, df = squeeze(raw, np.full(400, 15.0))
        assert np.mean(np.log(factors / truth) ** 2) < 0.8 * np.mean(np.log(np.maximum(raw, 1.0) / truth) ** 2)
        assert (df >= 15).all()

    def test_few_columns_stand_alone(self) -> None:
        """Of three columns none teaches another, and no factor is below 1."""
        factors, df = squeeze(np.array([0.5, 2.0, 9.0]), np.array([30.0, 30.0, 30.0]))
        assert factors.tolist() == [1.0, 2.0, 9.0]
        assert df.tolist() == [30.0, 30.0, 30.0]

    def test_columns_in_which_nothing_varies_say_nothing(self) -> None:
        """A constant column changes nobody's factor."""
        values, rows = np.array([[0.0] * 20, *np.sin(np.arange(100.0)).reshape(5, 20)]), np.full((6, 20), 10.0)
        alone = vary(values[1:], rows[1:], np.ones(5), flat(20))
        together = vary(values, rows, np.array([0.0, 1, 1, 1, 1, 1]), flat(20))
        np.testing.assert_allclose(together.design[1:], alone.design)


def test_skewness_counts_where_windows_hang_together(dice: np.random.Generator) -> None:
    """Blocks of independent rows are taken as normal; blocks that vary on their own bring their skewness."""
    independent, rows = of_rows(dice.exponential(size=(10, 4000)) - 1, 100)
    assert (vary(independent, rows, np.ones(10), flat(40)).skew == 0).all()
    bursts = dice.exponential(size=(10, 200)) - 1
    assert (vary(bursts, np.full(bursts.shape, 100.0), np.ones(10), flat(200)).skew > 0.8).all()


def test_blocks_without_rows_are_left_out(dice: np.random.Generator) -> None:
    """An empty block has no residual and changes nothing."""
    values, rows = of_rows(dice.standard_normal((6, 2000)), 100)
    holes = np.insert(values, [3, 9], np.nan, axis=1), np.insert(rows, [3, 9], 0.0, axis=1)
    full, holed = vary(values, rows, np.ones(6), flat(20)), vary(*holes, np.ones(6), flat(22))
    np.testing.assert_allclose(holed.baseline, full.baseline)
    np.testing.assert_allclose(holed.design, full.design)
    assert np.isnan(holed.residual[:, [3, 10]]).all()


def test_few_blocks_are_no_evidence() -> None:
    """The number of blocks below which nothing is said is at least what a variance needs."""
    assert FEWEST_BLOCKS >= 4
