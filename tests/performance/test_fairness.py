from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftline.errors import ConfigError
from driftline.performance.fairness import GAPS, gap, less, worst_segments
from driftline.performance.metric import measure, metrics_for

group_cells = st.lists(st.lists(st.integers(1, 30), min_size=4, max_size=4), min_size=2, max_size=4)


def counted(kinds: Any, cells: list[int]) -> Any:
    """Counts of so many true negatives, false negatives, false positives and true positives."""
    said, came = np.divmod(np.repeat(np.arange(4), cells), 2)
    return kinds.binary().count(said, came, said)


def by_definition(groups: list[list[int]]) -> dict[str, float]:
    """Fairlearn's metrics of groups, from their cells (true negatives, false negatives, false positives, true positives)."""
    cells = np.array(groups, dtype=float)
    negatives, missed, wrong, right = cells.T
    selected = (wrong + right) / cells.sum(1)
    true, false, precise = right / (right + missed), wrong / (wrong + negatives), right / (right + wrong)
    return {
        "demographic_parity_difference": np.ptp(selected),
        "demographic_parity_ratio": selected.min() / selected.max(),
        "equalized_odds_difference": max(np.ptp(true), np.ptp(false)),
        "equalized_odds_ratio": min(true.min() / true.max(), false.min() / false.max()),
        "equal_opportunity_difference": np.ptp(true),
        "equal_opportunity_ratio": true.min() / true.max(),
        "predictive_parity_difference": np.ptp(precise),
        "predictive_parity_ratio": precise.min() / precise.max(),
    }


@settings(max_examples=40)
@given(group_cells)
def test_gaps_are_fairlearns(kinds: Any, groups: list[list[int]]) -> None:
    """Every gap follows Fairlearn's definition, and lies in its interval, which lies between 0 and 1."""
    counts = {f"g{i}": counted(kinds, cells) for i, cells in enumerate(groups)}
    for name, wanted in by_definition(groups).items():
        found = gap(name, kinds.binary().outcome, counts).value
        assert found.value == pytest.approx(wanted, abs=1e-12)
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.error > 0


def test_a_gap_names_its_groups(kinds: Any) -> None:
    """The group with the greatest and with the least rate are told, and those of which nothing is known."""
    counts = {"young": counted(kinds, [50, 0, 10, 40]), "old": counted(kinds, [50, 30, 10, 10]), "none": counted(kinds, [5, 0, 1, 0])}
    found = gap("equal_opportunity_difference", kinds.binary().outcome, counts)
    assert (found.greatest, found.least, found.left_out) == ("young", "old", ("none",))
    assert found.value.value == pytest.approx(1 - 0.25)
    assert found.value.rows == 80


@pytest.mark.parametrize(("away", "least"), [(0.0, 0.93), (0.1, 0.93)])
def test_intervals_hold(away: float, least: float, kinds: Any, dice: np.random.Generator) -> None:
    """Whether three groups are alike or one is apart, 95% intervals hold the gap at least 93% of the time; alike, they begin at 0."""
    rates = np.array([0.3, 0.3, 0.3 + away])
    truth = {"demographic_parity_difference": away, "demographic_parity_ratio": 0.3 / (0.3 + away)}
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for _ in range(400):
        said = dice.binomial(300, rates)
        counts = {str(i): counted(kinds, [300 - hits, 0, hits, 0]) for i, hits in enumerate(said.tolist())}
        for name, value in truth.items():
            found = gap(name, kinds.binary().outcome, counts).value
            held[name].append(found.low <= value <= found.high)
    assert min(np.mean(hits) for hits in held.values()) >= least - 0.02


def test_groups_that_are_all_treated_alike(kinds: Any) -> None:
    """Where nobody is called positive rates are equal: the difference is 0 and the ratio 1."""
    counts = {name: counted(kinds, [20, 5, 0, 0]) for name in "ab"}
    assert gap("demographic_parity_difference", kinds.binary().outcome, counts).value.value == 0
    assert gap("demographic_parity_ratio", kinds.binary().outcome, counts).value.value == 1


def test_a_single_group_has_no_gap(kinds: Any) -> None:
    """A gap needs two groups of which the rate is known, and says which is not."""
    outcome = kinds.binary().outcome
    found = gap("equal_opportunity_difference", outcome, {"a": counted(kinds, [5, 1, 1, 5]), "b": counted(kinds, [5, 0, 1, 0])})
    assert found.value.why == "1 of 2 groups can be compared (b: no row is labelled positive)"
    assert gap("demographic_parity_ratio", outcome, {}).value.why == "0 of 0 groups can be compared"


def test_what_does_not_fit_is_refused(kinds: Any) -> None:
    """Unknown gaps have a near miss, and gaps are for binary models."""
    many = kinds.classes("a", "b", "c", scored=False)
    with pytest.raises(ConfigError, match="did you mean 'equalized_odds_difference'"):
        gap("equalised_odds_difference", kinds.binary().outcome, {})
    with pytest.raises(ConfigError, match="binary"):
        gap("demographic_parity_ratio", many.outcome, {})


@pytest.mark.parametrize("name", GAPS)
def test_each_gap_says_what_it_is(name: str) -> None:
    """Every gap has its name, a title, a formula and a source."""
    kind = GAPS[name]
    assert kind.name == name
    assert all((kind.title, kind.formula, kind.source, kind.rates))


class TestSegments:
    """The segments that fare worst."""

    def test_the_worst_comes_first(self, kinds: Any) -> None:
        """Sorted by how much worse they are at least: a sure loss stands before a larger one in a handful of rows."""
        parts = {"good": [500, 20, 30, 450], "bad": [300, 100, 100, 300], "tiny": [1, 2, 2, 1], "gone": [0, 0, 0, 0]}
        segments = {name: counted(kinds, cells) for name, cells in parts.items()}
        whole = segments["good"] + segments["bad"] + segments["tiny"]
        table = worst_segments("accuracy", kinds.binary().outcome, whole, segments)
        assert [one.name for one in table] == ["bad", "tiny", "good", "gone"]
        assert table[0].gap.high < 0
        assert table[0].adjusted < 1e-6
        assert math.isnan(table[-1].p_value)
        assert table[-1].value.why == "no row has a label"

    def test_for_losses_higher_is_worse(self, kinds: Any, dice: np.random.Generator) -> None:
        """Of a loss the segment with most comes first."""
        came = dice.normal(size=600)
        said = came + np.concatenate([dice.normal(size=300), 3 * dice.normal(size=300)])
        rows = kinds.numbers(said, came)
        segments = {"calm": rows.count(said[:300], came[:300]), "rough": rows.count(said[300:], came[300:])}
        table = worst_segments("mae", rows.outcome, segments["calm"] + segments["rough"], segments)
        assert [one.name for one in table] == ["rough", "calm"]
        assert table[0].rest.value == pytest.approx(table[1].value.value)

    def test_p_values_are_level_and_adjusted(self, kinds: Any, dice: np.random.Generator) -> None:
        """Alike segments have small p-values as often as they should; the adjusted ones are Benjamini and Hochberg's."""
        found = []
        for _ in range(100):
            cells = dice.multinomial(200, [0.6, 0.1, 0.1, 0.2], 5)
            segments = {str(i): counted(kinds, row.tolist()) for i, row in enumerate(cells)}
            whole = counted(kinds, cells.sum(0).tolist())
            table = worst_segments("f1", kinds.binary().outcome, whole, segments)
            found += [one.p_value for one in table]
        assert 0.02 <= np.mean(np.array(found) < 0.05) <= 0.08
        wanted = stats.false_discovery_control([one.p_value for one in table])
        assert [one.adjusted for one in table] == pytest.approx(wanted.tolist())

    def test_a_segment_of_all_rows_has_no_rest(self, kinds: Any) -> None:
        """Where no other rows are left there is nothing to compare with."""
        everyone = counted(kinds, [5, 2, 2, 5])
        (only,) = worst_segments("accuracy", kinds.binary().outcome, everyone, {"all": everyone})
        assert only.value.known
        assert only.gap.why == "no row has a label"

    def test_taking_a_part_away_is_exact(self, kinds: Any, dice: np.random.Generator) -> None:
        """All counts less a part are the counts of the other rows, to the last bit."""
        came = dice.normal(size=100)
        said = came + dice.normal(size=100)
        rows = kinds.numbers(said, came)
        one, other = rows.count(said[:37], came[:37]), rows.count(said[37:], came[37:])
        for left, right in zip(less(one + other, one).arrays(), other.arrays(), strict=True):
            np.testing.assert_array_equal(left, right)
        left = less(one + other, one)
        assert all(measure(name, rows.outcome, left) == measure(name, rows.outcome, other) for name in metrics_for(rows.outcome))
