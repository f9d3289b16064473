from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from driftline.drift.omnibus import psi
from driftline.drift.statistic import STATISTICS

LEVELS = np.array([*"abcdef"])
WAS, NOW = np.array([0.3, 0.25, 0.2, 0.12, 0.08, 0.05]), np.array([0.22, 0.25, 0.22, 0.15, 0.1, 0.06])
TRUE_PSI = float(((NOW - WAS) * np.log(NOW / WAS)).sum())


def test_the_value_is_the_conventional_psi(drift: Any, dice: np.random.Generator) -> None:
    """Where every decile is well filled, the judged value is the statistic that can be asked for by name."""
    group = drift.group(dice.normal(size=5000), dice.normal(0.3, size=900))
    assert psi(group).value.item() == pytest.approx(float(STATISTICS["psi"].of(group.pair).item()), rel=1e-9)


@pytest.mark.parametrize("kind", ["numbers", "levels"])
def test_the_test_is_chi_square_of_homogeneity(kind: str, drift: Any, dice: np.random.Generator) -> None:
    """With no blocks to learn from, the p-value is SciPy's for the table of both samples, neither taken as the truth."""
    if kind == "numbers":
        reference, current = dice.normal(size=3000), dice.normal(0.08, size=900)
    else:
        reference, current = dice.choice(LEVELS, 3000, p=WAS), dice.choice(LEVELS, 900, p=WAS)
    group = drift.group(reference, current, blocks=4)
    pair = group.pair.coarse()
    table = np.array([pair.reference[0, 0], pair.current[0, 0]])
    wanted = stats.chi2_contingency(table[:, table.sum(0) > 0], correction=False).pvalue
    assert psi(group).p_value.item() == pytest.approx(wanted, rel=1e-9)


def test_cells_with_few_rows_are_pooled(drift: Any, dice: np.random.Generator) -> None:
    """Levels expected less than five times in the smaller sample make one cell."""
    share = np.concatenate([[0.5, 0.3, 0.1], np.full(50, 0.1 / 50)])
    names = np.array([f"v{i}" for i in range(share.size)])
    reference, current = dice.choice(names, 20_000, p=share), dice.choice(names, 200, p=share)
    group = drift.group(reference, current, blocks=4)
    r, c = group.pair.reference[0, 0], group.pair.current[0, 0]
    many = r / r.sum() * 200 >= 5
    assert many.sum() == 3
    table = np.array([[*side[many], side[~many].sum()] for side in (r, c)])
    assert psi(group).p_value.item() == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)


@pytest.mark.parametrize("case", ["independent", "autoregressive", "thin"])
def test_p_values_are_no_smaller_than_they_should_be(case: str, drift: Any, dice: np.random.Generator) -> None:
    """Over many references, unchanged windows are improbable no more often than the p-value says."""
    found = []
    for _ in range(30):
        if case == "thin":
            rows = dice.choice([f"v{i}" for i in range(200)], 60 * 150, p=stats.zipfian.pmf(np.arange(1, 201), 1.0, 200))
        else:
            rho = 0.8 if case == "autoregressive" else 0.0
            rows = lfilter([np.sqrt(1 - rho**2)], [1, -rho], dice.standard_normal(60 * 400 + 200))[200:]
        pieces = np.split(rows, 60)
        found.append(psi(drift.group(np.concatenate(pieces[:40]), *pieces[40:], blocks=40)).p_value[0])
    p = np.concatenate(found)
    for level in (0.05, 0.01):
        assert (p <= level).sum() <= stats.binom.ppf(0.9999, p.size, level * 1.2)
    assert (p <= 0.3).mean() > 0.05


def test_the_effect_is_free_of_what_noise_adds(drift: Any, dice: np.random.Generator) -> None:
    """On average the effect is the true PSI, however few the rows; the value is larger."""
    windows = [dice.choice(LEVELS, 300, p=NOW) for _ in range(300)]
    found = psi(drift.group(dice.choice(LEVELS, 60_000, p=WAS), *windows, blocks=64))
    assert float(found.effect.mean()) == pytest.approx(TRUE_PSI, abs=0.01)
    assert float(found.value.mean()) > TRUE_PSI + 0.01


@pytest.mark.parametrize("changed", [True, False])
def test_the_interval_covers(changed: bool, drift: Any, dice: np.random.Generator) -> None:  # noqa: FBT001  a parameter of the test
    """The true PSI lies in the interval in at least 87 of 100 windows, at 90%."""
    windows = [dice.choice(LEVELS, 500, p=NOW if changed else WAS) for _ in range(300)]
    found = psi(drift.group(dice.choice(LEVELS, 60_000, p=WAS), *windows, blocks=64))
    truth = TRUE_PSI if changed else 0.0
    assert ((found.low <= truth) & (truth <= found.high)).mean() > 0.87


def test_beyond_the_threshold_is_improbable(drift: Any, dice: np.random.Generator) -> None:
    """The value that the threshold names has about the level's p-value."""
    windows = [dice.normal(move, size=500) for move in np.linspace(0, 0.5, 60)]
    group = drift.group(dice.normal(size=20_000), *windows)
    found = psi(group)
    level, ratio = group.ask.level("psi"), found.value[0] / found.threshold[0]
    assert (found.p_value[0][ratio > 1.2] <= level).all()
    assert (found.p_value[0][ratio < 0.8] > level).all()
    assert ((ratio > 1.2).any(), (ratio < 0.8).any()) == (True, True)


def test_one_wild_value_hardly_moves_it(drift: Any, dice: np.random.Generator) -> None:
    """One value of ten thousand among five thousand rows moves PSI by less than 0.01."""
    reference, current = dice.normal(size=20_000), dice.normal(size=5000)
    wild = np.concatenate([current[1:], [1e4]])
    calm, moved = (psi(drift.group(reference, rows)).value.item() for rows in (current, wild))
    assert abs(moved - calm) < 0.01


def test_a_constant_column_has_one_cell_and_no_test(drift: Any) -> None:
    """A single cell cannot change its share: the value can be told, a p-value cannot; a new constant is told by its bin."""
    found = psi(drift.group(np.full(500, 2.0), np.full(100, 2.0)))
    assert found.value.item() == pytest.approx(0.0, abs=1e-12)
    assert np.isnan([found.p_value.item(), found.effect.item()]).all()


def test_windows_without_rows_say_nothing(drift: Any, dice: np.random.Generator) -> None:
    """An empty window has neither value nor test, and its neighbour keeps its own."""
    reference, current = dice.normal(size=4000), dice.normal(size=300)
    both, alone = psi(drift.group(reference, current, current[:0])), psi(drift.group(reference, current))
    assert both.p_value[0, 0] == alone.p_value.item()
    assert np.isnan([both.value[0, 1], both.p_value[0, 1]]).all()
