from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import DataError
from driftline.rollout.evidence import (
    Arm,
    Evidence,
    Tally,
    broken_limit,
    harm_by_bounds,
    harm_by_wealth,
    mismatched,
    of_gain,
    of_means,
    of_shares,
    safe_at_end,
    safe_by_wealth,
)
from driftline.rollout.paired import discordant_gain, untold

SOME = st.builds(Evidence, st.floats(-1e4, 1e4), st.floats(0, 1e5), st.integers(0, 1000))


@given(SOME, SOME, SOME)
def test_evidence_adds(a: Evidence, b: Evidence, c: Evidence) -> None:
    """Steps may be added in any order, and nothing adds nothing."""
    one, other = (a + b) + c, c + (b + a)
    assert (one.pull, one.information, one.rows) == pytest.approx((other.pull, other.information, other.rows))
    assert a + Evidence() == a


def test_a_share_gives_the_two_sample_z() -> None:
    """Of many rows the z is that of the pooled test of two shares, and its sign says what is better."""
    found = of_shares((8000, 10_000), (770, 1000))
    share = 8770 / 11_000
    z = (0.77 - 0.8) / math.sqrt(share * (1 - share) * (1 / 10_000 + 1 / 1000))
    assert found.z() == pytest.approx(z, rel=1e-3)
    assert of_shares((8000, 10_000), (770, 1000), better=False).gain == pytest.approx(0.03)
    assert of_shares((0, 0), (1, 1)) == Evidence()


def test_a_mean_gives_welchs_z() -> None:
    """Losses that are lower are a gain, with the variance of both means."""
    found = of_means((1.0, 4.0, 100), (0.5, 1.0, 50))
    assert found.gain == pytest.approx(0.5)
    assert 1 / found.information == pytest.approx(4 / 100 + 1 / 50)
    assert of_means((1.0, 4.0, 100), (0.5, 1.0, 1)) == of_means((1.0, 0.0, 9), (1.0, 0.0, 9)) == Evidence()


def test_a_paired_gain_keeps_its_error() -> None:
    """Value and error of a paired comparison are kept; what is not known is no evidence."""
    gain = discordant_gain(20, 30, 1000)
    found = of_gain(gain)
    assert (found.gain, found.information**-0.5) == pytest.approx((gain.value, gain.error))
    assert of_gain(untold("no rows")) == Evidence()


def test_refuses_what_is_no_evidence() -> None:
    """Gains that are no numbers and counts that do not fit are told."""
    with pytest.raises(DataError, match="no evidence"):
        Evidence(math.nan, 1.0)
    with pytest.raises(DataError, match="of 3 requests 4 failed"):
        Arm(3, errors=4)


def test_limits_break_at_once_when_all_fails() -> None:
    """Five failures out of five requests are enough, where the champion answers."""
    tally = Tally(Arm(95), Arm(5, errors=5), 0.05)
    assert broken_limit((tally,), "errors", 0.01, 0.002)
    assert not broken_limit((tally,), "nulls", 0.01, 0.002)


def test_an_outage_of_both_is_nobodys_fault() -> None:
    """Where the champion fails as often the limit is not called broken, unless there is no champion to ask."""
    assert not broken_limit((Tally(Arm(950, errors=475), Arm(50, errors=25), 0.05),), "errors", 0.01, 0.002)
    assert broken_limit((Tally(Arm(), Arm(50, errors=25), 1.0),), "errors", 0.01, 0.002)


def test_limits_hold_while_they_are_watched() -> None:
    """A challenger just at its limit, watched from request to request, breaks it in at most the level's share of runs."""
    dice = np.random.default_rng(1)
    runs = np.cumsum(dice.random((200, 1500)) < 0.02, axis=1)
    broken = [
        any(broken_limit((Tally(Arm(), Arm(n, errors=int(run[n - 1])), 1.0),), "errors", 0.02, 0.05) for n in range(10, 1500, 50))
        for run in runs
    ]
    assert np.mean(broken) <= 0.05


def test_a_mismatch_counts_entities_where_they_are_known() -> None:
    """A few busy entities are no mismatch; too many entities are."""
    assert mismatched(Tally(Arm(50_000), Arm(4000), 0.05), 0.0005)
    assert not mismatched(Tally(Arm(50_000, entities=9500), Arm(4000, entities=500), 0.05), 0.0005)


def test_harm_and_safety_need_evidence() -> None:
    """Nothing seen is neither harm nor safety, whoever asks."""
    nothing = Evidence()
    assert not harm_by_bounds(nothing, (), 0.05)
    assert not harm_by_wealth(nothing, 0.02, 0.05)
    assert not safe_by_wealth(nothing, 0.02, 0.05)
    assert not safe_at_end(nothing, 0.02, 0.05, 0)


def test_harm_and_safety_are_shown_by_enough_of_it() -> None:
    """A gain of −5 points with an error of 0.5 is harm by both ways; 0 with that error is within a margin of 2.5 points."""
    harm, fine = Evidence(-0.05 * 4e4, 4e4, 1000), Evidence(0.0, 4e4, 1000)
    assert harm_by_bounds(harm, (0.5,), 0.05)
    assert harm_by_wealth(harm, 0.02, 0.05)
    assert safe_by_wealth(fine, 0.025, 0.05)
    assert safe_at_end(fine, 0.025, 0.05, 0)
    assert not safe_at_end(harm, 0.025, 0.05, 0)


def test_asking_again_is_paid_for() -> None:
    """What just suffices the first time does not suffice the second."""
    just = Evidence(1.97, 1.0, 10)
    assert safe_at_end(just, 1e-9, 0.05, 0)
    assert not safe_at_end(just, 1e-9, 0.05, 1)
