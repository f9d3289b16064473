from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.inference.facet import Ask, Facet
from driftline.inference.share import share_facet
from driftline.inference.significance import share_interval

ASK = Ask(column=0.05, confidence=0.9)


def facet(hits: float, rows: float, ref_hits: float, ref_rows: float, design: float = 1.0, looks: float = 1.0) -> Facet:
    """The facet of one share in one window."""
    counts = (np.array([[float(count)]]) for count in (hits, rows, ref_hits, ref_rows))
    return share_facet("null", *counts, design, ASK, looks)


def test_value_and_effect_are_the_share_and_its_change() -> None:
    """The value is the window's share, the effect is by how much it exceeds the reference's, inside its interval."""
    found = facet(30, 200, 100, 2000)
    assert found.value.item() == pytest.approx(0.15)
    assert found.effect.item() == pytest.approx(0.10)
    assert found.low.item() < 0.10 < found.high.item()


@given(st.integers(1, 400), st.integers(0, 100), st.integers(400, 4000))
def test_what_is_beyond_the_threshold_is_believed(hits: int, ref_hits: int, ref_rows: int) -> None:
    """Well beyond the threshold a larger share has a p-value within a few times the level; well below it it has not."""
    found = facet(hits, 400, ref_hits, ref_rows)
    level, value, threshold = ASK.level("null"), found.value.item(), found.threshold.item()
    if value > 1.5 * threshold + 0.01:
        assert found.p_value.item() < 5 * level
    if found.effect.item() >= 0 and value <= 0.6 * threshold:
        assert found.p_value.item() > level / 5


def test_a_detectable_change_is_detected_four_times_in_five() -> None:
    """Of windows in which the share grew by what is called detectable, about 80% show it."""
    ref_share, rows, ref_rows = 0.10, 2000, 40_000
    detectable = facet(rows * ref_share, rows, ref_rows * ref_share, ref_rows).detectable.item()
    hits = np.arange(rows + 1.0)
    found = share_facet(
        "null",
        hits[None],
        np.full((1, rows + 1), rows),
        np.full((1, rows + 1), ref_rows * ref_share),
        np.full((1, rows + 1), ref_rows),
        1.0,
        ASK,
    )
    power = stats.binom.pmf(hits, rows, ref_share + detectable)[found.p_value[0] <= ASK.level("null")].sum()
    assert 0.7 < power < 0.9


def test_a_bin_that_was_chosen_pays_for_the_others() -> None:
    """With so many bins looked at, the p-value is that many times larger and the threshold higher."""
    alone, chosen = facet(20, 200, 50, 2000), facet(20, 200, 50, 2000, looks=10)
    assert chosen.p_value.item() == pytest.approx(10 * alone.p_value.item())
    assert chosen.threshold.item() > alone.threshold.item()
    assert chosen.low.item() < alone.low.item()


def test_dependent_rows_are_worth_less() -> None:
    """A design effect widens the interval and raises the threshold."""
    alone, dependent = facet(40, 400, 200, 4000), facet(40, 400, 200, 4000, design=4.0)
    assert dependent.high.item() - dependent.low.item() > 1.8 * (alone.high.item() - alone.low.item())
    assert dependent.threshold.item() > alone.threshold.item()


def test_counts_are_kept_for_windows_taken_together() -> None:
    """The tally holds what went in."""
    tally = facet(3, 40, 5, 60, design=2.0).tally
    assert tally is not None
    assert [float(part.item()) for part in (tally.hits, tally.rows, tally.ref_hits, tally.ref_rows, tally.design)] == [3, 40, 5, 60, 2]


def test_a_window_without_rows_says_nothing() -> None:
    """Without rows there is neither value nor p-value, and no warning."""
    found = facet(0, 0, 5, 100)
    assert np.isnan([found.value.item(), found.effect.item(), found.p_value.item()]).all()


@pytest.mark.parametrize("design", [1.0, 2.5])
@pytest.mark.parametrize(("rows", "ref_rows"), [(100, 2000), (1000, 20_000), (400, 400)])
def test_where_the_reference_has_none_the_threshold_counts_rows(rows: int, ref_rows: int, design: float) -> None:
    """The fewest hits that the test believes are those of the threshold, to the row."""
    hits = np.arange(1.0, rows + 1)
    counts = (hits, np.full(rows, float(rows)), np.zeros(rows), np.full(rows, float(ref_rows)))
    found = share_facet("null", *(part[None] for part in counts), design, ASK)
    enough = hits[found.p_value[0] <= ASK.level("null")].min()
    assert enough - 1 - 0.03 * enough <= found.threshold[0, 0] * rows <= enough + 0.03 * enough
    assert found.detectable[0, 0] >= found.threshold[0, 0]


@pytest.mark.parametrize("looks", [1.0, 20.0])
@pytest.mark.parametrize("design", [1.0, 3.0])
def test_threshold_and_detectable_are_those_of_two_shares(looks: float, design: float) -> None:
    """Of many hits they are so many standard errors of the difference of two shares, both samples' error counted."""
    found = facet(300, 1000, 6000, 20_000, design, looks)
    pooled = 6300 / 21_000
    error = np.sqrt(pooled * (1 - pooled) * design * (1 / 1000 + 1 / 20_000))
    z = stats.norm.isf(ASK.level("null") / 2 / looks)
    assert found.threshold.item() == pytest.approx(0.3 + z * error, rel=1e-9)
    assert found.detectable.item() == pytest.approx((z + stats.norm.ppf(0.8)) * error, rel=1e-4)


@pytest.mark.parametrize("looks", [1.0, 20.0])
@pytest.mark.parametrize("design", [1.0, 3.0])
def test_the_interval_is_newcombes_at_the_confidence_asked(looks: float, design: float) -> None:
    """Its z is that of the confidence, shared out among the bins that were looked at."""
    found = facet(30, 200, 100, 2000, design, looks)
    counts = (np.array([count]) for count in (30.0, 200.0, 100.0, 2000.0))
    low, high = share_interval(*counts, stats.norm.isf((1 - ASK.confidence) / 2 / looks), design)
    assert (found.low.item(), found.high.item()) == pytest.approx((low.item(), high.item()), rel=1e-12)


def test_shares_and_probabilities_end_at_one() -> None:
    """However few the rows, no threshold, no detectable change and no p-value exceeds 1."""
    found = facet(2, 3, 0, 5, looks=50.0)
    assert (found.threshold.item(), found.detectable.item(), found.p_value.item()) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("hits", "ref_hits"), [(0, 0), (50, 1000)])
def test_nothing_and_everything_have_an_error_too(hits: int, ref_hits: int) -> None:
    """Where no row, or every row, is a hit on both sides, half a row keeps the error from vanishing."""
    found = facet(hits, 50, ref_hits, 1000)
    assert found.detectable.item() > 0
    assert found.effect.item() == 0
    assert found.p_value.item() == 1.0
