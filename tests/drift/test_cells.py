from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from driftline.drift.cells import single_bins, tails, unseen
from driftline.inference.significance import share_p


def zipf(dice: np.random.Generator, levels: int, rows: int) -> np.ndarray:
    """Rows of levels whose shares fall as 1, 1/2, 1/3 and so on."""
    return dice.choice([f"v{i}" for i in range(levels)], rows, p=stats.zipfian.pmf(np.arange(1, levels + 1), 1.0, levels))


def of_unseen(group: Any) -> Any:
    """The share of unseen levels of the only column."""
    return unseen(group, np.array([True]), np.array([group.whole.shape[1]]))


class TestLevels:
    """The level whose share changed most surely."""

    def test_the_level_that_moved_is_found(self, drift: Any, dice: np.random.Generator) -> None:
        """Of thirty levels, the one that took 5% of the rows is named, with its shares and a small p-value."""
        reference, current = zipf(dice, 30, 20_000), zipf(dice, 30, 1000)
        current[:50] = "v11"
        group = drift.group(reference, current)
        found = single_bins(group)
        names = drift_levels(group, reference)
        assert names[int(found.where.item())] == "v11"
        assert found.value.item() == pytest.approx((current == "v11").mean())
        assert found.p_value.item() < 1e-4

    def test_it_is_the_one_that_is_furthest_from_equal(self, drift: Any, dice: np.random.Generator) -> None:
        """The place is where the two-sample z of a share, from raw rows, is largest."""
        reference, current = zipf(dice, 12, 3000), zipf(dice, 12, 700)
        group = drift.group(reference, current, blocks=4)
        names = drift_levels(group, reference)
        n, m = 3000, 700

        def z(level: str) -> float:
            p, q = (reference == level).mean(), (current == level).mean()
            pooled = (n * p + m * q) / (n + m)
            return float(abs(q - p) / np.sqrt(pooled * (1 - pooled)))

        assert names[int(single_bins(group).where.item())] == max(names, key=z)

    def test_its_p_value_pays_for_all_levels(self, drift: Any, dice: np.random.Generator) -> None:
        """The exact p-value of the chosen level is multiplied by the number of levels."""
        reference, current = zipf(dice, 12, 3000), zipf(dice, 12, 700)
        group = drift.group(reference, current, blocks=4)
        found = single_bins(group)
        place = int(found.where.item())
        counts = [np.array([side]) for side in (group.pair.current[0, 0, place], 700.0, group.whole[0, place], 3000.0)]
        assert found.p_value.item() == pytest.approx(min(12 * share_p(*counts).item(), 1.0))


def drift_levels(group: Any, reference: np.ndarray) -> list[str]:
    """The levels in the order of their bins: the most frequent first, ties by name."""
    names, counts = np.unique(reference, return_counts=True)
    assert group.whole.shape[1] == names.size + 1
    return [name for _, name in sorted(zip(-counts, names, strict=True))]


class TestAtoms:
    """Values of a number that became more frequent than they were."""

    @pytest.mark.parametrize("default", [0.0, 0.37])
    def test_a_default_value_is_found(self, default: float, drift: Any, dice: np.random.Generator) -> None:
        """Replace 8% of the values by one inside the range, and the bin that holds it is named."""
        reference, current = dice.normal(size=20_000), dice.normal(size=1000)
        current[:80] = default
        group = drift.group(reference, current)
        found = single_bins(group)
        place, edges = int(found.where.item()), group.pair.edges[0, 0]
        assert edges[place - 1] <= default < edges[place]
        assert found.p_value.item() < 1e-6
        assert found.low.item() > 0.04

    def test_beyond_the_range_is_the_tails_business(self, drift: Any, dice: np.random.Generator) -> None:
        """Values above the reference's greatest are no atom."""
        reference, current = dice.uniform(size=5000), np.concatenate([dice.uniform(size=900), np.full(100, 7.0)])
        group = drift.group(reference, current)
        assert group.pair.edges[0, 0, int(single_bins(group).where.item())] <= reference.max()

    def test_a_constant_has_one_bin_to_look_at(self, drift: Any) -> None:
        """A column that always had one value and has it still has changed no share."""
        found = single_bins(drift.group(np.full(500, 2.0), np.full(100, 2.0)))
        assert found.effect.item() == 0.0
        assert found.p_value.item() == 1.0


class TestTails:
    """Values in the outermost bins or beyond."""

    @pytest.mark.parametrize("factor", [1000.0, -1000.0])
    def test_one_row_in_a_hundred_is_found(self, factor: float, drift: Any, dice: np.random.Generator) -> None:
        """Turn 1% of the rows a thousand times larger, or smaller, and the tail on that side shows it."""
        reference, current = dice.lognormal(size=20_000), dice.lognormal(size=2000)
        current[:20] *= factor
        group = drift.group(reference, current)
        found = tails(group)
        assert found.p_value.item() < 1e-4
        assert (int(found.where.item()) > 0) == (factor > 0)
        assert found.value.item() == pytest.approx(0.01, abs=0.006)

    def test_a_point_mass_at_the_end_is_no_tail(self, drift: Any, dice: np.random.Generator) -> None:
        """Where a tenth of the reference is zero, the low tail is what lies below zero."""
        reference, current = (np.maximum(dice.normal(1.3, size=rows), 0.0) for rows in (5000, 500))
        group = drift.group(reference, current)
        low = tails(group)
        assert low.value.item() < 0.05


class TestUnseen:
    """Levels that the reference never had."""

    def test_a_new_level_is_found(self, drift: Any, dice: np.random.Generator) -> None:
        """A new level of half a percent shows in a thousand rows; its share is the value."""
        reference, current = zipf(dice, 8, 20_000), zipf(dice, 8, 1000)
        current[:5] = "new"
        found = of_unseen(drift.group(reference, current))
        assert found.value.item() == pytest.approx(0.005)
        assert found.p_value.item() < 1e-4

    def test_columns_that_always_bring_new_levels_are_expected_to(self, drift: Any, dice: np.random.Generator) -> None:
        """Where each part of the reference has levels that no other part has, a window's new levels are as many as expected."""
        values = [np.array([f"id{i}" for i in dice.integers(0, 900, rows)]) for rows in (1200, *([30] * 40))]
        found = of_unseen(drift.group(values[0], *values[1:]))
        assert found.value.mean() > 0.2
        assert np.abs(found.effect.mean()) < 0.05
        assert (found.p_value <= 0.01).mean() < 0.06

    def test_rare_levels_that_share_the_last_bin_cannot_tell(self, drift: Any, dice: np.random.Generator) -> None:
        """Where the last bin also holds rare known levels, nothing is said of unseen ones."""
        group = drift.group(zipf(dice, 8, 2000), zipf(dice, 8, 100))
        assert np.isnan(unseen(group, np.array([False]), np.array([group.whole.shape[1]])).p_value).all()

    def test_levels_can_only_be_newly_seen(self, drift: Any, dice: np.random.Generator) -> None:
        """Fewer new levels than expected are no change."""
        values = np.array([f"id{i}" for i in dice.integers(0, 900, 1200)])
        assert of_unseen(drift.group(values, values[:300])).p_value.item() > 0.5


@pytest.mark.parametrize("case", ["level", "atom", "tail", "unseen"])
@pytest.mark.parametrize("rows", [30, 400])
def test_unchanged_windows_are_seldom_improbable(case: str, rows: int, drift: Any, dice: np.random.Generator) -> None:
    """Over many references, each test of single bins has a small p-value no more often than it says."""
    ask = {"level": single_bins, "atom": single_bins, "tail": tails, "unseen": of_unseen}[case]
    found = []
    for _ in range(25):
        values = dice.standard_cauchy(80 * rows) if case in {"atom", "tail"} else zipf(dice, 300, 80 * rows)
        pieces = np.split(values, 80)
        found.append(ask(drift.group(np.concatenate(pieces[:42]), *pieces[42:], blocks=42)).p_value[0])
    p = np.concatenate(found)
    for level in (0.05, 0.01):
        assert (p <= level).sum() <= stats.binom.ppf(0.9999, p.size, level * 1.2)
