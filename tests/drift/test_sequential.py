from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from driftline.drift.sequential import BETS, GRANTED, LARGEST, RETURNED, Detection, detect, rehearsed_limit


def follow(deviation: np.ndarray, limit: float, bias: float = 0.0, skew: float = 0.0) -> Detection:
    """Follow streams that all have the same error of the reference and the same skewness."""
    return detect(deviation, np.full(deviation.shape, bias), np.full(deviation.shape, skew), limit)


def alarms(deviation: np.ndarray, limit: float, skew: float = 0.0) -> np.ndarray:
    """How many alarms each stream raised: windows in which the wealth reached the limit."""
    return (follow(deviation, limit, skew=skew).wealth >= limit).sum(0)


def by_hand(z: list[float], bias: float, skew: float, limit: float) -> list[tuple[float, bool, int]]:
    """One stream followed window by window: wealth, whether a change is shown, and since when."""
    laws = [log_moment(bet, skew) for bet in BETS.tolist()]
    bets, on, begun, back, usual = [0.0] * len(BETS), False, -1, 0.0, 1.0
    said = []
    for w, now in enumerate(z):
        if math.isfinite(now):
            drawn = min(now - GRANTED * bias, LARGEST)
            bets = [(bet + 1) * math.exp(by * drawn - law) for bet, by, law in zip(bets, BETS.tolist(), laws, strict=True)]
        wealth = sum(bets) / len(bets)
        alarm = wealth >= limit
        told = [0.0 if math.isnan(known) else known for known in z[: w + 1]]
        if alarm and not on:
            sums = [sum(told[first:]) for first in range(w + 1)]
            begun = max(range(w + 1), key=lambda first: (sums[first] ** 2 / (w + 1 - first) if sums[first] > 0 else -1.0, -first))
            usual = min(max(sums[begun] / (w + 1 - begun), 1.0), LARGEST)
        elif on:
            # How much likelier it is that the run is over than that it goes on at its usual size.
            back = max(back + (stats.norm.logpdf(now) - stats.norm.logpdf(now - usual) if math.isfinite(now) else 0.0), 0.0)
        back = back if on else 0.0
        on = alarm or (on and back < RETURNED)
        bets = [0.0] * len(BETS) if alarm else bets
        said.append((wealth, on, begun if on else -1))
    return said


def log_moment(bet: float, skew: float) -> float:
    """Log of the mean of exp(bet · z), integrated numerically, for z of that skewness; infinite where the law has none."""
    if not skew:
        # A thousandth counts as none: what it adds is its third cumulant's part.
        return bet**2 / 2 + 0.001 * bet**3 / 6
    if bet * skew / 2 >= 0.9:
        return math.inf
    shape = 4 / skew**2
    law = stats.gamma(shape)
    mean, _ = quad(lambda x: math.exp(bet * (x - shape) / math.sqrt(shape) + law.logpdf(x)), 0, shape + 60 * math.sqrt(shape), limit=500)
    return math.log(mean)


@pytest.mark.parametrize(("move", "bias", "skew", "limit"), [(1.0, 0.0, 0.0, 50.0), (1.5, 0.3, 0.0, 500.0), (1.2, 0.1, 0.5, 100.0)])
def test_a_stream_is_followed_window_by_window(move: float, bias: float, skew: float, limit: float, dice: np.random.Generator) -> None:
    """Wealth, runs and their beginnings are those of the definition, over changes that come and go and windows that say nothing."""
    deviation = dice.standard_normal((90, 4))
    deviation[20:45] += move
    deviation[60:63] += 3 * move
    deviation[[5, 30, 31, 50]] = np.nan
    found = follow(deviation, limit, bias, skew)
    for j in range(deviation.shape[1]):
        for w, (wealth, active, since) in enumerate(by_hand(deviation[:, j].tolist(), bias, skew, limit)):
            assert found.wealth[w, j] == pytest.approx(wealth, rel=1e-4)
            assert (bool(found.active[w, j]), int(found.since[w, j])) == (active, since), (w, j)
    assert found.active.any(0).all()


@pytest.mark.parametrize("limit", [20.0, 100.0, 1000.0])
class TestThePromise:
    """The expected number of false alarms in T windows is at most T / A."""

    def test_holds_for_normal_deviations(self, limit: float, dice: np.random.Generator) -> None:
        """Over two thousand streams of a thousand independent windows."""
        found = alarms(dice.standard_normal((1000, 2000)), limit)
        assert found.mean() <= 1000 / limit
        assert found.mean() > 0.1 * 1000 / limit

    @pytest.mark.parametrize("skew", [0.4, 1.0, 1.8])
    def test_holds_for_skewed_deviations_that_are_told(self, skew: float, limit: float, dice: np.random.Generator) -> None:
        """Gamma deviations, with their skewness passed, keep it as well."""
        shape = 4 / skew**2
        deviation = (dice.gamma(shape, size=(1000, 2000)) - shape) / np.sqrt(shape)
        assert alarms(deviation, limit, skew).mean() <= 1000 / limit

    def test_holds_for_deviations_skewed_the_other_way(self, limit: float, dice: np.random.Generator) -> None:
        """A long tail downwards is bounded by the normal law."""
        deviation = -(dice.exponential(size=(1000, 2000)) - 1)
        assert alarms(deviation, limit, -2.0).mean() <= 1000 / limit

    def test_holds_from_window_to_window(self, limit: float, dice: np.random.Generator) -> None:
        """At every horizon, not only at the end."""
        reached = follow(dice.standard_normal((300, 2000)), limit).wealth >= limit
        upto = reached.cumsum(0).mean(1)
        error = 4 * np.sqrt(np.arange(1, 301) / limit / 2000)
        assert (upto <= np.arange(1, 301) / limit + error).all()


def test_skewness_that_is_not_told_breaks_it(dice: np.random.Generator) -> None:
    """The law matters: exponential deviations taken for normal ones raise more alarms than promised."""
    deviation = dice.exponential(size=(1000, 1000)) - 1
    assert alarms(deviation, 1000.0).mean() > 1.0 >= alarms(deviation, 1000.0, 2.0).mean()


@pytest.mark.parametrize(("move", "delay"), [(0.5, 85), (1.0, 28), (2.0, 10), (3.5, 5)])
def test_a_change_is_shown_soon(move: float, delay: int, dice: np.random.Generator) -> None:
    """A move of so many standard errors a window is shown within so many windows, in nine of ten streams, at one false alarm in 5,000."""
    deviation = dice.standard_normal((300, 400))
    deviation[100:] += move
    active = follow(deviation, 5000.0).active[100:]
    first = np.where(active.any(0), active.argmax(0), 999)
    assert np.quantile(first, 0.9) < delay


def test_the_beginning_is_found(dice: np.random.Generator) -> None:
    """`since` is within a few windows of where the change began."""
    deviation = dice.standard_normal((120, 400))
    deviation[60:] += 1.5
    found = follow(deviation, 5000.0)
    begun = found.since[90][found.active[90]]
    assert begun.size > 330
    assert np.median(np.abs(begun - 60)) <= 2
    assert (found.since[~found.active] == -1).all()


def test_a_run_ends_when_the_change_goes_away(dice: np.random.Generator) -> None:
    """Ten windows after everything is as it was, nine in ten streams are quiet, and stay so."""
    deviation = dice.standard_normal((200, 400))
    deviation[50:100] += 2.0
    active = follow(deviation, 5000.0).active
    assert active[99].mean() > 0.95
    assert active[110].mean() < 0.1
    assert active[150:].mean() < 0.02


def test_a_run_lasts_while_the_change_does(dice: np.random.Generator) -> None:
    """A change that stays is shown in at least four of five later windows."""
    deviation = dice.standard_normal((300, 300))
    deviation[50:] += 1.0
    assert follow(deviation, 1000.0).active[100:].mean() > 0.8


def test_a_single_wild_window_is_nobodys_run() -> None:
    """One window, however large its deviation, counts as at most so many standard errors and raises no alarm at a usual limit."""
    deviation = np.zeros((50, 1))
    deviation[20] = 1e6
    found = follow(deviation, 20_000.0)
    assert not found.active.any()
    assert found.wealth[20, 0] < 20 * np.exp(LARGEST**2 / 2)


def test_the_references_error_is_granted(dice: np.random.Generator) -> None:
    """A steady deviation within the reference's own bound is never shown; one well beyond it is."""
    noise = 0.01 * dice.standard_normal((400, 50))
    within, beyond = (follow(noise + by * 0.5 * GRANTED, 1000.0, bias=0.5) for by in (1.0, 2.0))
    assert not within.active.any()
    assert beyond.active[-1].all()


def test_windows_that_say_nothing_change_nothing(dice: np.random.Generator) -> None:
    """An unknown deviation neither raises nor lowers a stream's wealth, and ends no run."""
    deviation = dice.standard_normal((60, 20)) + 0.8
    holes = np.insert(deviation, 30, np.nan, axis=0)
    whole, holed = follow(deviation, 500.0), follow(holes, 500.0)
    kept = np.delete(holed.wealth, 30, axis=0)
    np.testing.assert_allclose(kept, whole.wealth)
    assert (np.delete(holed.active, 30, axis=0) == whole.active).all()
    assert np.isfinite(holed.wealth).all()


def test_streams_do_not_know_each_other(dice: np.random.Generator) -> None:
    """What is said of a stream does not depend on its neighbours."""
    deviation = dice.standard_normal((80, 6)) + np.linspace(0, 1.5, 6)
    together = follow(deviation, 300.0)
    for j in range(6):
        alone = follow(deviation[:, [j]], 300.0)
        assert (alone.active[:, 0] == together.active[:, j]).all()
        np.testing.assert_allclose(alone.wealth[:, 0], together.wealth[:, j])


class TestRehearsal:
    """The threshold after the reference's own blocks have been followed."""

    def test_quiet_blocks_leave_it(self, dice: np.random.Generator) -> None:
        """Independent blocks of forty windows raise a usual threshold in few streams."""
        raised = rehearsed_limit(dice.standard_normal((42, 500)), np.zeros((10, 500)), 5000.0)
        assert (raised >= 5000.0).all()
        assert (raised == 5000.0).mean() > 0.9

    def test_waves_raise_it(self) -> None:
        """Blocks that rise and fall together over days would have raised an alarm: the threshold lies tenfold above."""
        wave = 2.5 * np.sin(np.arange(42) / 42 * 4 * np.pi)[:, None]
        limit = rehearsed_limit(wave, np.zeros((10, 1)), 1000.0)
        peak = follow(wave, np.inf).wealth.max()
        assert limit[0] == pytest.approx(10 * peak)
        assert peak > 1000

    def test_blocks_that_say_nothing_leave_it(self) -> None:
        """Where no block is as long as a window, the threshold is the one that was asked for."""
        assert rehearsed_limit(np.full((42, 3), np.nan), np.zeros((5, 3)), 700.0).tolist() == [700.0] * 3
