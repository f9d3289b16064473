"""Statistics asked for, and thresholds set by hand, against scipy and NumPy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from driftline.drift.statistic import STATISTICS
from driftline.verdicts.evidence import gather
from driftline.verdicts.extras import beyond, extras, told
from driftline.verdicts.judge import VERDICTS, judge
from driftline.verdicts.policy import HandSet, Limit, Policy
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from conftest import Table, Workshop

    from driftline.verdicts.comparison import Comparison


def table(dice: np.random.Generator, rows: int, move: float = 0.0) -> Table:
    """Two numbers of few values, and a category."""
    return {
        "x": np.round(dice.standard_normal(rows) + move),
        "y": np.round(2 * dice.standard_normal(rows)),
        "c": dice.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]).astype(object),
    }


@pytest.fixture
def reference(dice: np.random.Generator) -> Table:
    """800 rows."""
    return table(dice, 800)


@pytest.fixture
def windows(dice: np.random.Generator) -> list[Table]:
    """One window as usual and one that moved."""
    return [table(dice, 200), table(dice, 200, move=1.0)]


@pytest.fixture
def comparison(workshop: Workshop, reference: Table, windows: list[Table]) -> Comparison:
    """The windows against the reference in ten blocks."""
    return workshop.compare(reference, *windows)


def by_hand(*items: HandSet) -> Policy:
    """Thresholds and nothing else."""
    return Policy(hand_set=items)


def test_values_and_p_values_are_scipys(comparison: Comparison, reference: Table, windows: list[Table]) -> None:
    """Kolmogorov and Smirnov's distance and Pearson's chi-square are what scipy finds in the raw rows."""
    found = extras(comparison, Policy(statistics=("ks", "chi_square")))
    for w, window in enumerate(windows):
        for c, name in enumerate(("x", "y")):
            expected = stats.ks_2samp(reference[name], window[name], method="asymp")
            assert found["ks"].value[c, w] == pytest.approx(expected.statistic)
            assert found["ks"].p_value[c, w] == pytest.approx(expected.pvalue, rel=0.15, abs=1e-3)
        crossed = [[(side["c"] == level).sum() for level in "abc"] for side in (reference, window)]
        expected = stats.chi2_contingency(crossed, correction=False)
        assert found["chi_square"].value[2, w] == pytest.approx(expected.statistic)
        assert found["chi_square"].p_value[2, w] == pytest.approx(expected.pvalue)


def test_a_statistic_is_silent_where_it_does_not_serve(comparison: Comparison) -> None:
    """A category has no Kolmogorov-Smirnov distance, and a distance without a test no p-value."""
    found = extras(comparison, Policy(statistics=("ks", "hellinger")))
    assert np.isnan(found["ks"].value).any(1).tolist() == [False, False, True]
    assert np.isfinite(found["hellinger"].value).all()
    assert np.isnan(found["hellinger"].p_value).all()


def test_what_was_only_asked_for_has_no_threshold(comparison: Comparison) -> None:
    """A reported statistic never condemns anybody."""
    found = extras(comparison, Policy(statistics=("ks",)))
    assert np.isnan(found["ks"].threshold).all()
    flags = beyond(found)
    assert flags is not None
    assert not flags.any()
    assert beyond(extras(comparison, Policy())) is None


@pytest.mark.parametrize("order", [1, -1])
def test_one_columns_threshold_beats_the_one_for_all(comparison: Comparison, order: int) -> None:
    """In whatever order they were written."""
    items = [HandSet("y", "psi", Limit.FIXED, 0.9), HandSet("*", "psi", Limit.FIXED, 0.2)][::order]
    assert extras(comparison, by_hand(*items))["psi"].threshold[:, 0].tolist() == [0.2, 0.9, 0.2]


def test_limits_are_made_from_the_references_own_blocks(comparison: Comparison) -> None:
    """A quantile of, or so many standard deviations above, the scores that the blocks have against the whole."""
    scores = np.abs(extras(replace(comparison, windows=comparison.blocks), Policy(statistics=("mean_shift",)))["mean_shift"].value[0])
    quantile = extras(comparison, by_hand(HandSet("x", "mean_shift", Limit.QUANTILE, 0.9)))["mean_shift"].threshold
    deviations = extras(comparison, by_hand(HandSet("x", "mean_shift", Limit.STANDARD_DEVIATION, 3)))["mean_shift"].threshold
    assert quantile[0] == pytest.approx(np.quantile(scores, 0.9))
    assert deviations[0] == pytest.approx(scores.mean() + 3 * scores.std(ddof=1))
    assert np.isnan(quantile[1:]).all()


def test_what_lies_beyond_its_threshold_is_flagged(comparison: Comparison) -> None:
    """Only the column that moved, only in the window in which it did; in either direction."""
    item = HandSet("*", "mean_shift", Limit.FIXED, 0.5)
    assert beyond(extras(comparison, by_hand(item))).tolist() == [[False, True], [False, False], [False, False]]
    swapped = replace(comparison, total=comparison.windows[1], references=[comparison.windows[1]], windows=[comparison.total])
    found = extras(swapped, by_hand(item))
    assert found["mean_shift"].value[0, 0] < -0.5
    assert beyond(found).tolist() == [[True], [False], [False]]


def test_an_empty_window_has_no_value(workshop: Workshop, reference: Table) -> None:
    """No rows are not a distance of zero, nor of one."""
    comparison = workshop.compare(reference, {name: rows[:0] for name, rows in reference.items()})
    found = extras(comparison, Policy(statistics=tuple(s.name for s in STATISTICS)))
    assert all(np.isnan(extra.value).all() and np.isnan(extra.p_value).all() for extra in found.values())


def test_psi_is_told_apart_from_the_judged_one(comparison: Comparison) -> None:
    """PSI is judged anyway: the one that was asked for has another name."""
    found = extras(comparison, Policy(statistics=("psi", "ks")))
    assert {key: extra.name for key, extra in found.items()} == {"psi": "psi (set)", "ks": "ks"}


@pytest.mark.parametrize("limit", [Limit.QUANTILE, Limit.STANDARD_DEVIATION])
def test_a_made_limit_for_all_columns_passes_over_those_it_does_not_serve(comparison: Comparison, limit: Limit) -> None:
    """A category has no Kolmogorov-Smirnov distance, hence no threshold, and nobody is warned of that."""
    found = extras(comparison, by_hand(HandSet("*", "ks", limit, 0.9)))
    assert np.isnan(found["ks"].threshold).any(1).tolist() == [False, False, True]


def test_a_threshold_for_numbers_does_not_excuse_categories(workshop: Workshop, reference: Table, dice: np.random.Generator) -> None:
    """A column that the statistic cannot serve is judged as if nobody had set anything."""
    window = {**table(dice, 400), "c": np.array(["c"] * 400, dtype=object)}
    comparison = workshop.compare(reference, window)
    for policy in (Policy(), by_hand(HandSet("*", "ks", Limit.FIXED, 0.5))):
        asked = extras(comparison, policy)
        judgement = judge(gather(comparison, 0.01, policy.confidence), comparison, policy, 0.02, beyond(asked), told(asked))
        assert VERDICTS[judgement.verdict[2, 0]] is Verdict.DRIFTED
