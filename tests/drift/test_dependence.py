from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from driftline.drift import dependence as module
from driftline.drift.dependence import NEIGHBOURS, dependence, learn
from driftline.drift.sampled import code, runs
from driftline.inference.facet import NUMBERS, Ask
from driftline.profile.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.inference.facet import Facet

ASK = Ask(column=0.01, confidence=0.9)
INDEPENDENT = np.eye(4)
PAIRED = np.array([[1, 0.8, 0, 0], [0.8, 1, 0, 0], [0, 0, 1, -0.5], [0, 0, -0.5, 1.0]])


def normal(dice: np.random.Generator, rows: int, correlation: np.ndarray = PAIRED) -> np.ndarray:
    """Normal rows, columns with these correlations."""
    return dice.multivariate_normal(np.zeros(len(correlation)), correlation, rows)


def found(drift: Any, reference: Any, *windows: Any, blocks: int = 20, ask: Ask = ASK) -> Facet:
    """The facet of all columns."""
    total, parts, current = drift.profiles(reference, *windows, blocks=blocks)
    return dependence(total, parts, current, range(len(total.plan.columns)), ask)


def learnt(drift: Any, reference: Any, blocks: int = 20) -> Any:
    """What the reference says."""
    total, parts, _ = drift.profiles(reference, blocks=blocks)
    return learn(code(total, range(len(total.plan.columns))).sampled(runs(parts, parts[0].rows)))


class TestWhatIsTold:
    """Value, effect and partner."""

    def test_a_lost_correlation_is_told_with_its_partner(self, drift: Any, dice: np.random.Generator) -> None:
        """Two columns that no longer go together name each other; value and change are those of rank correlations of the rows."""
        reference, current = normal(dice, 8000), normal(dice, 500, INDEPENDENT)
        facet = found(drift, reference, current)
        assert facet.where is not None
        assert facet.where[:2, 0].tolist() == [1, 0]
        was, now = (stats.spearmanr(rows[:, 0], rows[:, 1]).statistic for rows in (reference, current))
        np.testing.assert_allclose(facet.value[:2, 0], 2 * np.sin(np.pi / 6 * now), atol=0.05)
        np.testing.assert_allclose(facet.effect[:2, 0], facet.value[:2, 0] - 2 * np.sin(np.pi / 6 * was), atol=0.05)
        assert (facet.p_value[:2, 0] < 1e-12).all()
        assert (facet.high[:2, 0] < -0.5).all()

    def test_a_new_correlation_is_told(self, drift: Any, dice: np.random.Generator) -> None:
        """So are columns that went each their own way and now go together."""
        facet = found(drift, normal(dice, 8000, INDEPENDENT), normal(dice, 500))
        assert facet.effect[:, 0] == pytest.approx([0.8, 0.8, -0.5, -0.5], abs=0.1)
        assert (facet.p_value < 1e-9).all()

    @pytest.mark.parametrize("turn", [np.exp, lambda x: x**3, lambda x: 5 - 2 * x])
    def test_only_ranks_count(self, turn: Any, drift: Any, dice: np.random.Generator) -> None:
        """A column on another scale says the same, turned around if the scale is."""
        reference, current = normal(dice, 4000), normal(dice, 400, INDEPENDENT)
        plain = found(drift, reference, current)
        sides = [np.column_stack([turn(rows[:, 0]), rows[:, 1:]]) for rows in (reference, current)]
        turned = found(drift, *sides)
        sign = np.sign(turn(1.0) - turn(0.0))
        np.testing.assert_allclose(turned.effect[:2], sign * plain.effect[:2], atol=0.02)
        np.testing.assert_array_equal(turned.where, plain.where)

    def test_columns_that_move_and_widen_go_together_as_before(self, drift: Any, dice: np.random.Generator) -> None:
        """A mean half a deviation higher, or a fifth more spread, is no change of a correlation."""
        moved = [normal(dice, 500) * scale + by for scale, by in ((1.0, 0.5), (1.2, 0.0), (0.7, -0.3))]
        facet = found(drift, normal(dice, 8000), *moved)
        assert np.abs(facet.effect).max() < 0.15
        assert facet.p_value.min() > 1e-3

    def test_nothing_changes_between_equals(self, drift: Any, dice: np.random.Generator) -> None:
        """The reference's own rows have the reference's own correlations."""
        rows = normal(dice, 500)
        facet = found(drift, rows, rows, blocks=1)
        np.testing.assert_allclose(facet.effect, 0.0, atol=1e-5)
        assert (facet.p_value == 1.0).all()

    def test_a_level_goes_with_a_number(self, drift: Any, dice: np.random.Generator) -> None:
        """How often the most frequent level comes may hang on a number: a category takes part by it."""

        def rows(count: int, pull: float) -> list[np.ndarray]:
            x = dice.normal(size=count)
            levels = np.where(pull * x + dice.normal(size=count) > 0, "yes", dice.choice(["no", "never"], count))
            return [x, levels, dice.normal(size=count)]

        facet = found(drift, rows(8000, 2.0), rows(500, 0.0))
        assert facet.where is not None
        assert facet.where[:2, 0].tolist() == [1, 0]
        assert (facet.effect[:2, 0] < -0.5).all()
        assert (facet.p_value[:2, 0] < 1e-9).all()

    def test_rows_that_lack_a_value_are_left_out_of_its_pairs(self, drift: Any, dice: np.random.Generator) -> None:
        """With a third of a column missing, here or in the reference, its correlations are those of the other rows."""
        reference, current = normal(dice, 8000), normal(dice, 900)
        sides = [[rows, rows.copy()] for rows in (reference, current)]
        for side in sides:
            side[1][::3, 0] = np.nan
        for before, after in ((0, 1), (1, 0), (1, 1)):
            facet = found(drift, sides[0][before], sides[1][after])
            assert np.abs(facet.effect).max() < 0.16
            assert facet.p_value.min() > 1e-2
        broken = normal(dice, 900, INDEPENDENT)
        broken[::3, 0] = np.nan
        assert found(drift, sides[0][1], broken).effect[0, 0] == pytest.approx(-0.8, abs=0.12)


class TestWhatIsNotTold:
    """Too few rows, too few columns, nothing that varies."""

    def test_a_single_column_has_no_partner(self, drift: Any, dice: np.random.Generator) -> None:
        """It takes two."""
        facet = found(drift, dice.normal(size=(500, 1)), dice.normal(size=(90, 1)))
        assert facet.where is not None
        assert facet.where.tolist() == [[-1]]
        assert all(np.isnan(getattr(facet, name)).all() for name in NUMBERS)

    def test_no_columns_are_none(self, drift: Any, dice: np.random.Generator) -> None:
        """Neither are there pairs among none."""
        total, parts, current = drift.profiles(normal(dice, 500), normal(dice, 90))
        assert dependence(total, parts, current, [], ASK).value.shape == (0, 1)

    @pytest.mark.parametrize("empty", ["window", "rows", "reference"])
    def test_an_empty_side_says_nothing(self, empty: str, drift: Any, dice: np.random.Generator) -> None:
        """Without sampled rows there is nothing to go by, and windows beside it keep their own."""
        total, parts, current = drift.profiles(normal(dice, 2000), normal(dice, 300), normal(dice, 300, INDEPENDENT))
        nothing = Sample(np.empty(0, np.uint64), np.empty((0, 4)))
        whole = dependence(total, parts, current, range(4), ASK)
        if empty == "reference":
            assert np.isnan(dependence(total, [replace(p, sample=nothing) for p in parts], current, range(4), ASK).value).all()
            return
        emptied = replace(current[0], sample=nothing, **({"rows": 0} if empty == "window" else {}))
        facet = dependence(total, parts, [emptied, current[1]], range(4), ASK)
        assert np.isnan(facet.value[:, 0]).all()
        np.testing.assert_allclose(facet.value[:, 1], whole.value[:, 1])

    def test_a_stuck_column_has_no_correlations(self, drift: Any, dice: np.random.Generator) -> None:
        """What does not vary goes with nothing, and is nobody's partner."""
        stuck = normal(dice, 400)
        stuck[:, 0] = 1.5
        facet = found(drift, normal(dice, 4000), stuck)
        assert facet.where is not None
        assert np.isnan(facet.p_value[0, 0])
        assert 0 not in facet.where
        assert facet.where[1, 0] in {2, 3}

    def test_all_missing_is_no_correlation_either(self, drift: Any, dice: np.random.Generator) -> None:
        """A column without a value, in a window or always, is left out."""
        for side in (0, 1):
            sides = [normal(dice, 4000), normal(dice, 400)]
            sides[side][:, 0] = np.nan
            facet = found(drift, *sides)
            assert np.isnan(facet.p_value[0, 0])
            assert np.isfinite(facet.p_value[1:, 0]).all()

    @pytest.mark.parametrize(("rows", "told"), [(1, False), (12, False), (60, True)])
    def test_few_rows_are_no_correlation(self, rows: int, told: bool, drift: Any, dice: np.random.Generator) -> None:  # noqa: FBT001  a cell
        """Of a handful of rows nothing is said; of some dozens something is."""
        assert bool(np.isfinite(found(drift, normal(dice, 4000), normal(dice, rows)).p_value).all()) is told

    def test_rare_rows_that_meet_are_no_correlation(self, drift: Any, dice: np.random.Generator) -> None:
        """One row in which two columns leave zero together would be a correlation of 1; it is not told."""
        reference = np.maximum(dice.normal(-1.6, 1.0, (4000, 3)), 0.0)
        window = np.zeros((100, 3))
        window[7] = 2.0
        assert np.isnan(found(drift, reference, window).p_value).all()

    def test_copies_are_not_held_to_the_last_digit(self, drift: Any, dice: np.random.Generator) -> None:
        """Columns that are copies stay within what binning does; a copy that broke is told."""
        rows = dice.normal(size=(4400, 3))
        rows[:, 1] = 2 * rows[:, 0] + 1
        intact, broken = rows[4000:], rows[4000:].copy()
        broken[::4, 1] = dice.permutation(broken[::4, 1])
        facet = found(drift, rows[:4000], intact, broken)
        assert facet.p_value[0, 0] > 0.3
        assert np.isfinite([facet.low[0, 0], facet.high[0, 0], facet.threshold[0, 0]]).all()
        assert facet.p_value[0, 1] < 1e-9
        assert facet.effect[0, 1] < -0.15


class TestTheNumbersBehindIt:
    """What is learnt from the reference."""

    def test_one_rows_part_varies_as_the_rows_say(self, drift: Any, dice: np.random.Generator) -> None:
        """Of normal rows the variance is (1 - ρ²)²; of rows heavy together, their products' own."""
        usual = learnt(drift, normal(dice, 9000))
        np.testing.assert_allclose(usual.variance[0, 1:], [(1 - 0.8**2) ** 2, 1.0, 1.0], rtol=0.2)
        scale = np.sqrt(2 / dice.chisquare(2, 9000))[:, None]
        heavy = learnt(drift, normal(dice, 9000, INDEPENDENT) * scale)
        assert heavy.variance[0, 1] > 1.3

    def test_variances_are_those_of_the_influence(self, drift: Any, dice: np.random.Generator) -> None:
        """Each is the mean square of one row's influence on the correlation, computed row by row."""
        usual = learnt(drift, np.exp(normal(dice, 3000)), blocks=10)
        z = usual.sampled.scores.astype(np.float64)
        for i, j in ((0, 1), (0, 2), (2, 3)):
            r = (z[:, i] * z[:, j]).mean()
            influence = z[:, i] * z[:, j] - r / 2 * (z[:, i] ** 2 + z[:, j] ** 2)
            assert usual.correlation[i, j] == pytest.approx(r, abs=1e-5)
            assert usual.variance[i, j] == pytest.approx((influence**2).mean(), rel=1e-3)

    def test_means_that_differ_between_runs_are_no_correlation(self, drift: Any, dice: np.random.Generator) -> None:
        """A season that lifts all columns together lies between windows, not within them."""
        days = np.repeat(np.sin(np.arange(20)), 200)[:, None]
        usual = learnt(drift, normal(dice, 4000, INDEPENDENT) + 2 * days)
        assert np.abs(usual.correlation - np.eye(4)).max() < 0.08

    def test_independent_rows_have_no_design_effect(self, drift: Any, dice: np.random.Generator) -> None:
        """Twelve columns of independent rows agree on about 1."""
        assert learnt(drift, dice.normal(size=(4000, 12))).design.max() < 1.2

    @pytest.mark.parametrize("rho", [0.6, 0.8])
    def test_autoregressive_rows_have_the_known_one(self, rho: float, drift: Any, dice: np.random.Generator) -> None:
        """Products of two AR(1) columns hang together by ρ², so that correlations vary (1 + ρ²) / (1 - ρ²) times as much."""
        rows = lfilter([np.sqrt(1 - rho**2)], [1, -rho], dice.normal(size=(6000, 12)), axis=0)
        usual = learnt(drift, rows)
        assert float(np.median(usual.design)) == pytest.approx((1 + rho**2) / (1 - rho**2), rel=0.25)

    def test_few_runs_tell_no_design_effect(self, drift: Any, dice: np.random.Generator) -> None:
        """With fewer than eight runs rows count as independent."""
        usual = learnt(drift, np.repeat(dice.normal(size=(200, 5)), 10, axis=0), blocks=5)
        assert usual.design.tolist() == [1.0] * 5
        assert np.isinf(usual.df).all()

    def test_more_neighbours_than_columns_are_no_trouble(self, drift: Any, dice: np.random.Generator) -> None:
        """Two columns have one neighbour each, and the same design effect."""
        usual = learnt(drift, dice.normal(size=(2000, 2)))
        assert NEIGHBOURS > 1
        assert usual.design[0] == usual.design[1]


def p_values(drift: Any, dice: np.random.Generator, make: Any, columns: int, rows: int, repeats: int, known: int = 20) -> np.ndarray:
    """The window's least p-value of unchanged windows, times the columns it was chosen from; each pair counts for two."""
    least = []
    for _ in range(repeats):
        table = make(dice, (known + 20) * rows, columns)
        windows = np.split(table[known * rows :], 20)
        facet = found(drift, table[: known * rows], *windows, blocks=known)
        least.append(np.nan_to_num(facet.p_value, nan=1.0).min(0) * columns / 2)
    return np.concatenate(least)


def autoregressive(dice: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Rows of which each has much of the one before."""
    return lfilter([0.6], [1, -0.8], dice.normal(size=(rows, columns)), axis=0)


def factor(dice: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Columns that have something in common."""
    return 0.7 * dice.normal(size=(rows, 1)) + 0.7 * dice.normal(size=(rows, columns))


def heavy(dice: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Columns that are wild in the same rows."""
    return dice.normal(size=(rows, columns)) * np.sqrt(2 / dice.chisquare(2, (rows, 1)))


def mostly_zero(dice: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Columns that are zero but for one row in sixteen."""
    return np.maximum(dice.normal(-1.53, 1.0, (rows, columns)), 0.0)


@pytest.mark.parametrize("make", [autoregressive, factor, heavy, mostly_zero], ids=lambda make: make.__name__)
@pytest.mark.parametrize("rows", [60, 400])
def test_unchanged_windows_are_seldom_improbable(make: Any, rows: int, drift: Any, dice: np.random.Generator) -> None:
    """The least of all pairs' p-values, paid for, is small no more often than it says."""
    p = p_values(drift, dice, make, 6, rows, 12)
    for level in (0.1, 0.02, 0.002):
        assert (p <= level).sum() <= stats.binom.ppf(0.999, p.size, level)
    if not (rows == 60 and make in {mostly_zero, autoregressive}):
        assert (p <= 0.5).mean() > 0.15


def test_the_interval_covers(drift: Any, dice: np.random.Generator) -> None:
    """Of two columns, which choose each other, the true change lies in the interval in at least 86 of 100 windows, at 90%."""
    now = np.array([[1, 0.45], [0.45, 1.0]])
    windows = [normal(dice, 300, now) for _ in range(300)]
    facet = found(drift, normal(dice, 12_000, PAIRED[:2, :2]), *windows)
    # Sixteenths take a little off every correlation.
    assert float(facet.effect.mean()) == pytest.approx(-0.35, abs=0.02)
    inside = (facet.low[0] <= -0.34) & (facet.high[0] >= -0.34)
    assert 0.86 < inside.mean() < 0.99


def test_a_detectable_change_is_detected_four_times_in_five(drift: Any, dice: np.random.Generator) -> None:
    """Of windows whose correlation changed by what is called detectable, about 80% are beyond the threshold and below the level."""
    reference = normal(dice, 12_000, np.eye(2))
    wanted = float(np.median(found(drift, reference, *[normal(dice, 300, np.eye(2)) for _ in range(9)]).detectable)) / 0.985
    now = np.array([[1, wanted], [wanted, 1.0]])
    facet = found(drift, reference, *[normal(dice, 300, now) for _ in range(150)])
    shown = facet.p_value[0] <= ASK.level("dependence")
    assert 0.68 < shown.mean() < 0.92
    assert np.mean(shown == (facet.value[0] > facet.threshold[0])) > 0.96


def test_the_threshold_lies_on_the_side_of_the_change(drift: Any, dice: np.random.Generator) -> None:
    """For a correlation that fell it is below the reference's, for one that rose above."""
    facet = found(drift, normal(dice, 8000), normal(dice, 500, INDEPENDENT))
    was = facet.value - facet.effect
    assert (np.sign(facet.threshold - was) == np.sign(facet.effect)).all()


def test_a_pair_with_a_life_of_its_own_is_held_against_it(drift: Any, dice: np.random.Generator) -> None:
    """Two columns of many whose correlation comes and goes in the reference are no news when it has gone."""

    def rows(strength: Sequence[float]) -> np.ndarray:
        table = dice.normal(size=(300 * len(strength), 12))
        pull = np.repeat(strength, 300)
        table[:, 1] = pull * table[:, 0] + np.sqrt(1 - pull**2) * table[:, 1]
        return table

    restless, steady = rows(dice.choice([0.2, 0.8], 24)), rows([0.5] * 24)
    window = rows([0.2])
    assert found(drift, restless, window, blocks=24).p_value[0, 0] > 1e-3
    assert found(drift, steady, window, blocks=24).p_value[0, 0] < 1e-4


def test_a_thinner_sample_of_rows_that_hang_together_varies_less(drift: Any, dice: np.random.Generator) -> None:
    """A window that is sampled more densely than the reference's blocks is granted more of what neighbours share."""
    reference = autoregressive(dice, 20_000, 8)
    window = autoregressive(dice, 800, 8)
    total, parts, current = drift.profiles(reference, window, blocks=20)
    dense = [replace(current[0], rows=rows) for rows in (10_000, 1000, 500)]
    facet = dependence(total, parts, dense, range(8), ASK)
    widths = (facet.high - facet.low).mean(0)
    assert widths[0] == pytest.approx(widths[1], rel=1e-6)
    assert widths[2] > 1.1 * widths[1]


@pytest.mark.parametrize("cells", [1, 3000])
def test_windows_in_parts_are_judged_as_at_once(cells: int, drift: Any, dice: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """However windows are split to save memory, the numbers are the same."""
    sides = [normal(dice, 3000), *(normal(dice, 200, c) for c in (PAIRED, INDEPENDENT, PAIRED))]
    whole = found(drift, *sides)
    monkeypatch.setattr(module, "MOST_CELLS", cells)
    parts = found(drift, *sides)
    for name in NUMBERS:
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-4, atol=1e-6, err_msg=name)
    np.testing.assert_array_equal(parts.where, whole.where)


def test_very_many_columns_are_compared_with_their_neighbours(
    drift: Any, dice: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In groups of bounded size each column has its own place and its partner in its own group."""
    sides = [normal(dice, 3000), normal(dice, 300, INDEPENDENT)]
    apart = [np.column_stack([rows, dice.normal(size=len(rows))]) for rows in sides]
    monkeypatch.setattr(module, "MOST_TOGETHER", 4)
    monkeypatch.setattr(module, "NEIGHBOURHOOD", 2)
    facet = found(drift, *apart)
    assert facet.where is not None
    # Five columns make groups of two, two and one.
    assert facet.where[:, 0].tolist() == [1, 0, 3, 2, -1]
    assert (facet.p_value[:4, 0] < 1e-6).all()
    assert np.isnan(facet.p_value[4, 0])


def test_columns_are_placed_as_asked(drift: Any, dice: np.random.Generator) -> None:
    """Only the columns that are named are compared, in the order in which they are named."""
    total, parts, current = drift.profiles(normal(dice, 4000), normal(dice, 400, INDEPENDENT))
    facet = dependence(total, parts, current, [3, 1, 2], ASK)
    assert facet.where is not None
    assert facet.where[0, 0] == 2
    assert facet.where[2, 0] == 3
    assert facet.p_value[0, 0] == pytest.approx(facet.p_value[2, 0], rel=0.5)
    assert facet.p_value[1, 0] > 1e-4
