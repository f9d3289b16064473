from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.performance.maturity import AGES, FEWEST, NEARLY_ALL, DelayCounts, Delays, Standing, count_delays, learn_delays, mature

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY = 86400.0
NOW = datetime(2026, 3, 1, tzinfo=UTC)

ROWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=60).filter(lambda r: any(d < a for a, d in r))
"""Ages and delays; at least one label has come."""


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260302)


def kaplan_meier(age: NDArray[np.float64], come: NDArray[np.bool_], at: float) -> float:
    """The share whose label has come by an age: the product over labels, one after another, of what they leave over."""
    left = 1.0
    for when in np.unique(age[come & (age < at)]):
        left *= 1 - (come & (age == when)).sum() / (age >= when).sum()
    return 1 - left


def watched(dice: np.random.Generator, rows: int, days: float, usual: float, ever: float = 0.9) -> tuple[NDArray[np.float64], ...]:
    """Predictions spread over so many days until now, and when their labels come, exponentially late; NaN for never."""
    predicted = NOW.timestamp() - dice.random(rows) * days * DAY
    labelled = predicted + dice.exponential(usual * DAY, rows)
    return predicted, np.where(dice.random(rows) < ever, labelled, np.nan)


def learnt(dice: np.random.Generator, usual: float = 5.0, ever: float = 0.9, days: float = 90.0) -> Delays:
    """Delays learnt from 20,000 predictions."""
    found = learn_delays(count_delays(*watched(dice, 20_000, days, usual, ever), NOW.timestamp()))
    assert found is not None
    return found


def at(days: float) -> datetime:
    """So many days from now."""
    return NOW + timedelta(days=days)


class TestLearning:
    """The distribution of delays."""

    @given(rows=ROWS)
    def test_is_kaplan_and_meiers_where_nobody_waits_within_a_bin_of_labels(self, rows: list[tuple[int, int]]) -> None:
        """With ages in even bins and delays in odd ones, the share at each bin's end is that of the brute force, exactly."""
        come = np.array([delay < age for age, delay in rows])
        place = np.array([2 * min(age, delay) + (delay < age) for age, delay in rows]) + 40
        time = AGES[place] * 1.01
        counts = DelayCounts(
            np.bincount(np.searchsorted(AGES, time[come], side="right") - 1, minlength=AGES.size),
            np.bincount(np.searchsorted(AGES, time[~come], side="right") - 1, minlength=AGES.size),
            np.array([0] * (AGES.size - 1) + [FEWEST]),
        )
        found = learn_delays(counts)
        assert found is not None
        for end in range(39, 170, 7):
            exact = kaplan_meier(time, come, AGES[end + 1])
            assert found.share[end] == pytest.approx(exact, abs=1e-9)

    def test_lies_between_the_two_extremes_of_kaplan_and_meier(self, dice: np.random.Generator) -> None:
        """Wherever within their bin rows were last seen, the estimate differs from the brute force by less than that can matter."""
        predicted, labelled = watched(dice, 400, 30.0, 8.0)
        counts = count_delays(predicted, labelled, NOW.timestamp())
        found = learn_delays(counts)
        assert found is not None
        come = labelled <= NOW.timestamp()
        age = np.where(come, labelled, NOW.timestamp()) - predicted
        at_risk = (counts.came + counts.waiting)[::-1].cumsum()[::-1].astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            least = 1 - np.cumprod(1 - np.nan_to_num(counts.came / at_risk))
            most = 1 - np.cumprod(1 - np.nan_to_num(counts.came / (at_risk - counts.waiting)))
        for place in np.searchsorted(AGES, [DAY, 3 * DAY, 10 * DAY, 20 * DAY]):
            exact = kaplan_meier(age, come, AGES[place + 1])
            assert least[place] - 1e-9 <= exact <= most[place] + 1e-9
            assert found.share[place] == pytest.approx(exact, abs=0.01)

    def test_is_that_of_the_world(self, dice: np.random.Generator) -> None:
        """Exponential delays of five days, and one label in ten that never comes, are found again to a hundredth."""
        found = learnt(dice)
        days = np.array([1.0, 5.0, 10.0, 30.0])
        assert found.by(days * DAY) == pytest.approx(0.9 * (1 - np.exp(-days / 5)), abs=0.01)
        assert found.ever == pytest.approx(0.9, abs=0.01)
        assert not found.still_coming

    def test_is_not_misled_by_predictions_that_are_young(self, dice: np.random.Generator) -> None:
        """Most predictions being young makes labels rare, not late."""
        predicted, labelled = watched(dice, 20_000, 1.0, 5.0, 1.0)
        old = watched(dice, 4_000, 90.0, 5.0, 1.0)
        counts = count_delays(predicted, labelled, NOW.timestamp()) + count_delays(*old, NOW.timestamp())
        found = learn_delays(counts)
        assert found is not None
        assert found.by(np.array([5 * DAY]))[0] == pytest.approx(1 - np.exp(-1), abs=0.03)

    def test_knows_when_labels_still_come(self, dice: np.random.Generator) -> None:
        """Delays of weeks cannot be known from ten days; delays of a day can."""
        assert learnt(dice, usual=20.0, days=10.0).still_coming
        assert not learnt(dice, usual=1.0, days=10.0).still_coming

    def test_goes_as_far_as_predictions_are_old(self, dice: np.random.Generator) -> None:
        """Nothing is said of ages that fewer than a hundred predictions have reached."""
        found = learnt(dice, days=30.0)
        assert 25 * DAY < found.horizon < 30 * DAY
        assert found.by(np.array([300 * DAY]))[0] == found.ever

    @pytest.mark.parametrize("ever", [0.0, 0.9])
    def test_says_nothing_of_little(self, ever: float, dice: np.random.Generator) -> None:
        """Ninety-nine predictions, or none with a label, teach nothing."""
        rows = 99 if ever else 5000
        assert learn_delays(count_delays(*watched(dice, rows, 30.0, 2.0, ever), NOW.timestamp())) is None


class TestCounting:
    """Counts of delays."""

    @given(cut=st.integers(0, 300), early=st.integers(0, 20))
    def test_adds(self, cut: int, early: int) -> None:
        """Counting two parts and adding is counting the whole."""
        predicted, labelled = watched(np.random.default_rng(cut), 300, 20.0, 5.0)
        labelled[:early] = predicted[:early] - 60.0
        now = NOW.timestamp()
        parts = count_delays(predicted[:cut], labelled[:cut], now) + count_delays(predicted[cut:], labelled[cut:], now)
        whole = count_delays(predicted, labelled, now)
        for name in ("came", "waiting", "made"):
            assert (getattr(parts, name) == getattr(whole, name)).all()
        assert parts.early == whole.early == early

    def test_knows_only_what_was_known_then(self, dice: np.random.Generator) -> None:
        """Seen from an earlier instant, later labels have not come and later predictions were not made."""
        predicted, labelled = watched(dice, 500, 20.0, 5.0, 1.0)
        then = NOW.timestamp() - 5 * DAY
        found = count_delays(predicted, labelled, then)
        assert found.made.sum() == (predicted <= then).sum() == found.came.sum() + found.waiting.sum()
        assert found.came.sum() == ((labelled <= then) & (predicted <= then)).sum()

    def test_takes_what_is_beyond_the_bins(self) -> None:
        """A delay of no time, and one of ten years, have their bins; an unknown prediction has none."""
        now = 20 * 365 * DAY
        found = count_delays(np.array([now, now - 10 * 365 * DAY, np.nan]), np.array([now, now, 5.0]), now)
        assert found.came[0] == found.came[-1] == 1
        assert found.made.sum() == 2


class TestMaturity:
    """What is said of a window."""

    def said(self, delays: Delays | None, days_ago: float, labels: int, predictions: int = 1000) -> object:
        """A window of one day that ended so many days ago."""
        return mature(delays, at(-days_ago - 1), at(-days_ago), NOW, predictions=predictions, labels=labels)

    def test_of_a_young_window(self, dice: np.random.Generator) -> None:
        """It is provisional, with what is expected at its age, and the day on which it will be mature."""
        found = self.said(learnt(dice), 4.5, 570)
        expected = 0.9 * (1 - np.exp(-1))
        assert (found.standing, found.provisional) == (Standing.PROVISIONAL, True)
        assert found.coverage == 0.57
        assert found.expected == pytest.approx(expected, abs=0.01)
        assert found.maturity == pytest.approx(0.57 / 0.9, abs=0.01)
        assert found.mature_on == pytest.approx(at(-5.0 + 5 * np.log(20)), abs=timedelta(hours=16))
        assert "570 of 1,000 labels have come; at this age 57% usually have" in found.reason

    def test_becomes_mature_when_it_was_said(self, dice: np.random.Generator) -> None:
        """At the instant that was told a window is mature, and a minute before it is not."""
        delays = learnt(dice)
        due = self.said(delays, 0.0, 0).mature_on
        early, late = (mature(delays, at(-1), at(0), due + timedelta(minutes=m), predictions=1000, labels=870) for m in (-1, 0))
        assert (early.standing, late.standing) == (Standing.PROVISIONAL, Standing.MATURE)
        assert late.expected == pytest.approx(NEARLY_ALL * delays.ever, abs=1e-4)

    @given(days=st.floats(0, 60), more=st.floats(0, 60))
    def test_only_grows(self, days: float, more: float) -> None:
        """An older window has no less to expect."""
        delays = learnt(np.random.default_rng(5))
        young, old = (self.said(delays, d, 0).expected for d in (days, days + more))
        assert young <= old + 1e-12

    def test_of_a_window_whose_labels_are_missing(self, dice: np.random.Generator) -> None:
        """Far fewer labels than usual at an age at which nearly all have come are overdue; slightly fewer are chance."""
        delays = learnt(dice)
        assert self.said(delays, 30.0, 600).standing is Standing.OVERDUE
        assert self.said(delays, 30.0, 600).provisional
        assert self.said(delays, 30.0, 860).standing is Standing.MATURE
        assert self.said(delays, 30.0, 16, predictions=20).standing is Standing.MATURE

    def test_is_not_claimed_while_labels_still_come(self, dice: np.random.Generator) -> None:
        """Where longer delays have not been seen yet, no window is mature and no date is given."""
        found = self.said(learnt(dice, usual=20.0, days=10.0), 9.0, 400)
        assert (found.standing, found.mature_on) == (Standing.PROVISIONAL, None)
        assert "more may follow" in found.reason

    def test_of_nobody_knows_what(self) -> None:
        """Without delays there is a coverage, and no more."""
        found = self.said(None, 3.0, 250)
        assert (found.coverage, found.expected, found.maturity, found.standing) == (0.25, None, None, Standing.UNKNOWN)
        assert found.provisional

    def test_of_a_window_that_is_not_over(self, dice: np.random.Generator) -> None:
        """Half a day into a day, only the predictions that were made are expected to have labels; before it, none."""
        delays = learnt(dice, usual=0.25, days=20.0)
        running = mature(delays, at(-0.5), at(0.5), NOW, predictions=500, labels=250)
        ages = np.linspace(0, 0.5, 2001)
        assert running.expected == pytest.approx(0.9 * (1 - np.exp(-ages / 0.25)).mean(), abs=0.015)
        ahead = mature(delays, at(1), at(2), NOW, predictions=0, labels=0)
        assert (ahead.coverage, ahead.expected, ahead.standing) == (0.0, 0.0, Standing.PROVISIONAL)
