from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from driftline.drift.location import clustered, clustering, learn, normal_scores, shift, spread
from driftline.inference.variation import vary


def windows(dice: np.random.Generator, count: int, rows: int, move: float = 0.0, widen: float = 1.0) -> list[np.ndarray]:
    """Windows of normal rows."""
    return [dice.normal(move, widen, rows) for _ in range(count)]


def test_scores_are_van_der_waerdens(drift: Any, dice: np.random.Generator) -> None:
    """Each bin has the normal quantile of its middle rank, standardised over the reference."""
    group = drift.group(dice.integers(0, 12, 600).astype(np.float64), np.zeros(3))
    scores, counts = normal_scores(group.whole)[0], group.whole[0]
    held = counts > 0
    raw = stats.norm.ppf((np.cumsum(counts) - counts / 2)[held] / 600)
    share = counts[held] / 600
    centred = raw - share @ raw
    np.testing.assert_allclose(scores[held], centred / np.sqrt(share @ centred**2), rtol=1e-9)
    assert (np.diff(scores) >= 0).all()
    assert counts @ scores == pytest.approx(0.0, abs=1e-9)
    assert counts @ scores**2 == pytest.approx(600.0)


def test_a_constant_has_no_scores(drift: Any) -> None:
    """Where nothing varied nothing can be said about moves, and nothing is."""
    group = drift.group(np.full(100, 3.0), np.full(20, 9.0))
    assert not normal_scores(group.whole).any()
    assert np.isnan(shift(group).effect).all()


@pytest.mark.parametrize("move", [0.0, 0.1, 0.5])
def test_shift_is_the_move_of_a_normal_column_in_standard_deviations(move: float, drift: Any, dice: np.random.Generator) -> None:
    """The effect is the difference of means over the reference's deviation, within its interval in nine of ten windows."""
    group = drift.group(dice.normal(size=60_000), *windows(dice, 60, 1000, move))
    found = shift(group)
    assert float(found.effect.mean()) == pytest.approx(move, abs=0.02)
    assert ((found.low <= move) & (move <= found.high)).mean() > 0.8


@pytest.mark.parametrize("widen", [0.8, 1.0, 1.25])
def test_spread_is_the_log_of_the_factor(widen: float, drift: Any, dice: np.random.Generator) -> None:
    """The effect is about the log of the factor of the standard deviation; the tails beyond the reference shorten it a little."""
    found = spread(drift.group(dice.normal(size=60_000), *windows(dice, 60, 1000, widen=widen)))
    assert float(found.effect.mean()) == pytest.approx(np.log(widen), abs=0.02)


@pytest.mark.parametrize("turn", [np.exp, lambda x: np.sign(x) * np.abs(x) ** 5, lambda x: 1000 + 3 * x])
def test_only_ranks_count(turn: Any, drift: Any, dice: np.random.Generator) -> None:
    """Any increasing change of scale leaves effect and p-value as they are."""
    reference, current = dice.normal(size=4000), dice.normal(0.2, 1.2, 900)
    for facet in (shift, spread):
        plain, turned = facet(drift.group(reference, current)), facet(drift.group(turn(reference), turn(current)))
        assert plain.effect.item() == pytest.approx(turned.effect.item(), rel=1e-6)
        assert plain.p_value.item() == pytest.approx(turned.p_value.item(), rel=1e-5)


def test_a_wild_value_weighs_no_more_than_the_highest_rank(drift: Any, dice: np.random.Generator) -> None:
    """One value of ten thousand among five hundred moves a column by at most a hundredth of a deviation."""
    reference, current = dice.normal(size=5000), dice.normal(size=500)
    wild = np.concatenate([current[1:], [1e4]])
    calm, moved = (shift(drift.group(reference, rows)).effect.item() for rows in (current, wild))
    assert abs(moved - calm) < 0.015


@pytest.mark.parametrize("facet", [shift, spread])
@pytest.mark.parametrize(("rho", "rows"), [(0.0, 200), (0.8, 1000)])
def test_p_values_are_uniform_where_nothing_changed(facet: Any, rho: float, rows: int, drift: Any, dice: np.random.Generator) -> None:
    """Over many references, windows of independent or autoregressive rows are improbable no more often than they say."""
    found = []
    for _ in range(40):
        noise = dice.standard_normal(60 * rows + 200)
        values = lfilter([np.sqrt(1 - rho**2)], [1, -rho], noise)[200:]
        group = drift.group(values[: 40 * rows], *np.split(values[40 * rows :], 20), blocks=40)
        found.append(facet(group).p_value[0])
    p = np.concatenate(found)
    for level in (0.1, 0.02):
        assert (p <= level).sum() <= stats.binom.ppf(0.9999, p.size, level * 1.1)
    assert (p <= 0.2).mean() > 0.1


class TestSkewness:
    """How skewed means of rows are that hang together, and ratios of what is estimated."""

    @pytest.mark.parametrize("p", [1.0, 0.5, 0.1])
    def test_of_geometric_clusters_is_exact(self, p: float) -> None:
        """For clusters of geometric size, the third cumulant over the second to 1.5, from the moments of the size."""
        size = np.arange(1.0, 2000.0)
        share = p * (1 - p) ** (size - 1)
        first, second, third = ((share * size**k).sum() for k in (1, 2, 3))
        wanted = third / first / (second / first) ** 1.5
        assert float(clustered(np.array(second / first))) == pytest.approx(wanted, rel=1e-6)

    @pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
    def test_of_squares_of_autoregressive_rows_too(self, rho: float) -> None:
        """Sums of squares of normal rows have cumulants that are traces of powers of their covariance."""
        rows = 1500
        covariance = rho ** np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))
        square = covariance @ covariance
        design = np.trace(square) / rows
        skewness = 8 * np.trace(square @ covariance) / (2 * np.trace(square)) ** 1.5
        independent = np.sqrt(8 / rows)
        assert float(clustered(np.array(design))) == pytest.approx(skewness / independent, rel=0.02)

    @pytest.mark.parametrize("rows", [100, 400])
    def test_a_spread_is_a_ratio(self, rows: int, drift: Any, dice: np.random.Generator) -> None:
        """Held against a reference no longer than itself, a window is seldom improbable, wider as well as narrower."""
        found = [spread(drift.group(dice.normal(size=rows), *windows(dice, 2, rows), blocks=4)) for _ in range(300)]
        p, effect = (np.concatenate([getattr(facet, name)[0] for facet in found]) for name in ("p_value", "effect"))
        for side in (effect > 0, effect < 0):
            assert (side & (p <= 0.02)).sum() <= stats.binom.ppf(0.999, p.size, 0.02 / 2 * 1.3)


class TestClustering:
    """How rows hang together, whatever they do together."""

    def test_size_may_cluster_where_sign_does_not(self, drift: Any, dice: np.random.Generator) -> None:
        """Of rows in calm and wild spells the location is as of independent rows, but the spread is not."""
        spells = lfilter([np.sqrt(1 - 0.98**2)], [1, -0.98], dice.standard_normal(40_000))
        group = drift.group(dice.standard_normal(40_000) * np.exp(spells), *windows(dice, 3, 1000))
        located, size = (self.design(group, scores) for scores in (normal_scores(group.whole), normal_scores(group.whole) ** 2))
        assert located < 2.0
        assert size > 10.0
        assert clustering(learn(group), 0.01)[0] >= size

    def design(self, group: Any, scores: np.ndarray) -> float:
        """The design effect of a mean score between the blocks, computed block by block."""
        rows = group.blocks[0].sum(-1)
        means = (group.blocks[0] @ scores[0]) / rows
        variance = (group.whole[0] @ scores[0] ** 2) / rows.sum() - ((group.whole[0] @ scores[0]) / rows.sum()) ** 2
        return float((rows * (means - means.mean()) ** 2).sum() / (rows.size - 1) / variance)

    @pytest.mark.parametrize("rho", [0.0, 0.8])
    def test_else_the_location_tells(self, rho: float, drift: Any, dice: np.random.Generator) -> None:
        """Where the spread does not clearly cluster more, the design effect is that of the location alone, enlarged for its doubt."""
        values = lfilter([np.sqrt(1 - rho**2)], [1, -rho], dice.standard_normal(40_200))[200:]
        group = drift.group(values, *windows(dice, 3, 1000))
        scores = normal_scores(group.whole)
        rows = group.blocks.sum(-1)
        located = vary(np.einsum("ckb,cb->ck", group.blocks, scores) / rows, rows, np.ones(1), group.layout)
        student = (stats.t.isf(0.01, located.df) / stats.norm.isf(0.01)) ** 2
        assert clustering(learn(group), 0.01)[0] == pytest.approx(float((located.design * student)[0]), rel=1e-6)


def test_the_mean_of_a_wild_window_is_less_sure(drift: Any, dice: np.random.Generator) -> None:
    """A window half as wide again has half as large an error again; a narrower one has no smaller one than the reference's rows give it."""
    found = shift(drift.group(dice.normal(size=100_000), *(dice.normal(0.0, widen, 4000) for widen in (1.0, 1.5, 0.5)), blocks=4))
    assert found.error is not None
    usual, wild, calm = found.error[0]
    assert wild / usual == pytest.approx(1.5, rel=0.1)
    assert calm / usual == pytest.approx(1.0, abs=0.03)
    assert found.high[0, 1] - found.low[0, 1] == pytest.approx(1.5 * (found.high[0, 0] - found.low[0, 0]), rel=0.1)


def test_windows_with_references_of_their_own_are_held_against_them(drift: Any, dice: np.random.Generator) -> None:
    """Each window's effect is what its mean exceeds its own reference's, and both errors count."""
    group = drift.group(dice.normal(size=60_000), *(dice.normal(by, size=500) for by in (0.3, 0.3, 0.9)))
    before = np.concatenate([np.zeros_like(group.pair.current[:, :1]), group.pair.current[:, :-1]], axis=1)
    before[:, 0] = group.whole / 60_000 * 500
    trailing = replace(group, pair=replace(group.pair, reference=before))
    found, plain = shift(trailing), shift(group)
    assert found.effect[0] == pytest.approx([0.3, 0.0, 0.6], abs=0.15)
    assert (found.high - found.low)[0] == pytest.approx(np.sqrt(2) * (plain.high - plain.low)[0], rel=0.05)


def test_a_detectable_shift_is_detected_four_times_in_five(drift: Any, dice: np.random.Generator) -> None:
    """Of windows that moved by what is called detectable, about 80% show it at the level asked."""
    reference = dice.normal(size=100_000)
    wanted = shift(drift.group(reference, *windows(dice, 2, 500))).detectable[0, 0]
    group = drift.group(reference, *windows(dice, 200, 500, float(wanted)))
    power = (shift(group).p_value <= group.ask.level("shift")).mean()
    assert 0.68 < power < 0.92


def test_blocks_as_long_as_windows_are_a_rehearsal(drift: Any, dice: np.random.Generator) -> None:
    """The reference's own blocks show what the detector will see, where they are about as long as the windows."""
    reference = dice.normal(size=4000)
    alike, unlike = drift.group(reference, *windows(dice, 3, 100)), drift.group(reference, *windows(dice, 3, 900))
    deviations = shift(alike).rehearsal
    assert deviations.shape == (1, 40)
    assert float(deviations.std()) == pytest.approx(1.0, abs=0.3)
    assert shift(unlike).rehearsal.shape == (1, 0)


def test_an_empty_window_says_nothing(drift: Any, dice: np.random.Generator) -> None:
    """Without rows there is no effect; the window beside it keeps its own."""
    reference, current = dice.normal(size=400), dice.normal(size=90)
    for facet in (shift, spread):
        found = facet(drift.group(reference, current, current[:0]))
        assert found.effect[0, 0] == facet(drift.group(reference, current)).effect.item()
        assert np.isnan([found.effect[0, 1], found.p_value[0, 1]]).all()
