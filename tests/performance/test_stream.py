from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from driftline.performance.stream import (
    BOUND,
    RISES,
    SEASONAL,
    Cohorts,
    Doubt,
    Granted,
    _log_gain,
    error_cohorts,
    exactly,
    follow,
    grant,
    placement_cohorts,
    residual_cohorts,
    threshold,
)
from driftline.profile.outcome import Outcome
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.stream import Course
    from driftline.profile.outcome import OutcomeCounts

SIZE, KNOWN = 100, 60
"""Labels in a cohort, and cohorts in a reference."""


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260301)


def single(losses: NDArray[np.float64]) -> Cohorts:
    """One label in each cohort."""
    return Cohorts(np.ones(losses.shape), losses.astype(np.float64))


def errors(dice: np.random.Generator, labels: int, streams: int, rate: float, hang: float = 0.0) -> NDArray[np.float64]:
    """Errors at a rate whose neighbours correlate: a Markov chain of two states. Shape: labels × streams."""
    thrown = dice.random((labels, streams))
    found = np.empty((labels, streams))
    found[0] = thrown[0] < rate
    for t in range(1, labels):
        found[t] = thrown[t] < np.where(found[t - 1] > 0, rate + hang * (1 - rate), rate * (1 - hang))
    return found


def cohorts(losses: NDArray[np.float64], size: int = SIZE, *, squares: bool = False, season: int = 1, first: int = 0) -> Cohorts:
    """Consecutive labels put together."""
    cut = losses.reshape(-1, size, losses.shape[1])
    slots = (np.arange(len(cut)) + first) % season
    return Cohorts(np.full((len(cut), losses.shape[1]), float(size)), cut.sum(1), (cut**2).sum(1) if squares else None, slots)


def alarms_a_month(reference: Cohorts, later: Cohorts) -> float:
    """Alarms in 30 cohorts, where one is promised at most."""
    found = follow(grant(reference), later, threshold(later.rows[0, 0]))
    return float(found.alarms.sum(0).mean() / len(later.rows) * 30)


class TestTheory:
    """The detector per observation, with a known risk."""

    @pytest.mark.parametrize("risk", [0.05, 0.3, 0.8])
    def test_the_wealth_is_expected_to_be_the_number_of_labels(self, risk: float) -> None:
        """E[M_t] = t, exactly, over all sequences of nine labels that err at the granted risk."""
        sequences = np.array(list(product([0.0, 1.0], repeat=9))).T
        odds = (risk**sequences * (1 - risk) ** (1 - sequences)).prod(0)
        granted = exactly(np.full(sequences.shape[1], risk))
        wealth = follow(granted, single(sequences), np.inf).wealth
        np.testing.assert_allclose(wealth @ odds, np.arange(1, 10), rtol=1e-9)

    @given(low=st.floats(0, 1), high=st.floats(0, 1), share=st.floats(0, 1), spare=st.floats(0, 0.2), spread=st.floats(0, 0.25))
    def test_no_bet_is_better_than_fair(self, low: float, high: float, share: float, spare: float, spread: float) -> None:
        """For any law of two losses in [0, 1] with at most the granted mean, no likelihood ratio is expected above 1, in either form."""
        risk = min(max(share * high + (1 - share) * low + spare, 1e-3), 1 - 1e-3)
        share = share if share * high + (1 - share) * low <= risk else 0.0
        odds = np.array([1 - share, share])
        losses = np.array([low, high])
        if odds @ losses > risk:
            losses = np.minimum(losses, risk)
        for squared in (False, True):
            granted = Granted(*(np.full(2, risk),) * 2, np.zeros((1, 2)), np.full(2, spread), np.ones(2), squared, (Doubt.NONE,) * 2)
            gain = _log_gain(granted, np.zeros(2), np.ones(2), losses, losses**2)
            assert (odds @ np.exp(gain) <= 1 + 1e-9).all()

    @pytest.mark.parametrize("limit", [100.0, 1000.0])
    def test_false_alarms_keep_the_promise(self, limit: float, dice: np.random.Generator) -> None:
        """At most T / A of them in T labels, at every T; and not far fewer."""
        found = follow(exactly(np.full(600, 0.05)), single(errors(dice, 700, 600, 0.05)), limit).alarms.cumsum(0).mean(1)
        labels = np.arange(1, 701)
        assert (found <= labels / limit + 4 * np.sqrt(labels / limit / 600)).all()
        assert found[-1] > 0.3 * 700 / limit

    def test_a_doubled_error_is_found_in_350_labels(self, dice: np.random.Generator) -> None:
        """From 5% to 10%, at one false alarm in 100,000 labels, after 500 good labels."""
        losses = np.concatenate([errors(dice, 500, 300, 0.05), errors(dice, 1200, 300, 0.10)])
        alarms = follow(exactly(np.full(300, 0.05)), single(losses), 1e5).alarms
        quiet = ~alarms[:500].any(0)
        assert quiet.mean() > 0.98
        assert alarms[500:].any(0).all()
        assert (alarms[500:, quiet].argmax(0) + 1).mean() <= 350

    def test_nothing_grows_while_losses_stay_below(self, dice: np.random.Generator) -> None:
        """A stream that has become better hardly raises an alarm even at a low threshold."""
        assert follow(exactly(np.full(200, 0.05)), single(errors(dice, 700, 200, 0.03)), 1000.0).alarms.sum(0).mean() < 0.05


class TestThePromise:
    """At most one false alarm in 30 days, learnt from a reference of sixty cohorts."""

    @pytest.mark.parametrize("hang", [0.0, 0.3, 0.5, 0.8])
    def test_holds_for_errors_that_hang_together(self, hang: float, dice: np.random.Generator) -> None:
        """For correlations of neighbouring labels up to 0.8."""
        losses = errors(dice, (KNOWN + 240) * SIZE, 60, 0.05, hang)
        known = KNOWN * SIZE
        assert alarms_a_month(cohorts(losses[:known]), cohorts(losses[known:])) <= 0.5

    def test_holds_for_weeks(self, dice: np.random.Generator) -> None:
        """For error rates that swing by half with the weekday, with the season taken out and without."""
        rate = 0.05 * (1 + 0.5 * np.sin(2 * np.pi * np.arange(KNOWN + 240) / 7))
        losses = (dice.random(((KNOWN + 240) * 500, 40)) < np.repeat(rate, 500)[:, None]).astype(np.float64)
        known = KNOWN * 500
        for season in (1, 7):
            reference = cohorts(losses[:known], 500, season=season)
            later = cohorts(losses[known:], 500, season=season, first=KNOWN)
            assert alarms_a_month(reference, later) <= 0.2

    def test_holds_for_days_that_hang_together(self, dice: np.random.Generator) -> None:
        """For error rates that wander from day to day."""
        wander = dice.standard_normal((KNOWN + 240, 60))
        for t in range(1, len(wander)):
            wander[t] = 0.5 * wander[t - 1] + np.sqrt(0.75) * wander[t]
        wrong = dice.binomial(1000, 0.05 * np.exp(0.3 * wander)).astype(np.float64)
        rows = np.full(wrong.shape, 1000.0)
        assert alarms_a_month(Cohorts(rows[:KNOWN], wrong[:KNOWN]), Cohorts(rows[KNOWN:], wrong[KNOWN:])) <= 0.8

    @pytest.mark.parametrize("squares", [False, True])
    def test_holds_for_losses_between_0_and_1(self, squares: bool, dice: np.random.Generator) -> None:  # noqa: FBT001  a parameter
        """For skewed losses, their squares known or not."""
        losses = np.minimum(dice.gamma(1.5, 0.05, ((KNOWN + 240) * SIZE, 30)), 1.0)
        known = KNOWN * SIZE
        assert alarms_a_month(cohorts(losses[:known], squares=squares), cohorts(losses[known:], squares=squares)) <= 0.2

    def test_threshold_is_the_labels_of_the_promised_time(self) -> None:
        """A thousand labels a day and one alarm in 30 days need 30,000; two streams share it at twice that."""
        assert threshold(1000.0) == 30_000
        assert threshold(1000.0, days=7, alarms=0.5, streams=2) == 28_000


def changed(dice: np.random.Generator, rate: float, *, hang: float = 0.0) -> tuple[Granted, Course]:
    """Sixty cohorts to learn from; then thirty unchanged, sixty at another error rate, and forty as before, in 100 streams."""
    known = cohorts(errors(dice, KNOWN * SIZE, 100, 0.05, hang))
    parts = [errors(dice, days * SIZE, 100, r, hang) for days, r in ((30, 0.05), (60, rate), (40, 0.05))]
    granted = grant(known)
    return granted, follow(granted, cohorts(np.concatenate(parts)), threshold(SIZE))


class TestChange:
    """What is said of a change, by cohorts of a hundred labels."""

    @pytest.mark.parametrize(("rate", "days"), [(0.08, 9.0), (0.10, 5.0), (0.20, 2.0)])
    def test_is_found_soon(self, rate: float, days: float, dice: np.random.Generator) -> None:
        """A higher error rate is found, on average, within so many days."""
        found = changed(dice, rate)[1].active[30:90]
        assert found.any(0).mean() > 0.97
        assert found.argmax(0)[found.any(0)].mean() + 1 <= days

    def test_is_dated(self, dice: np.random.Generator) -> None:
        """The cohort in which it most likely began is right to within two in half of the streams; -1 where nothing is active."""
        found = changed(dice, 0.10)[1]
        since = found.since[60][found.active[60]]
        assert since.size > 90
        assert np.median(np.abs(since - 30)) <= 2
        assert (found.since[~found.active] == -1).all()

    def test_stays_while_it_lasts_and_ends_when_it_goes(self, dice: np.random.Generator) -> None:
        """A run lasts while the errors stay high, and is over within twenty cohorts of their end."""
        found = changed(dice, 0.10)[1].active
        assert found[60:90].mean() > 0.95
        assert found[110:].mean() < 0.1

    def test_takes_longer_where_labels_hang_together(self, dice: np.random.Generator) -> None:
        """Tempering costs delay, not power: correlated errors are found, later."""
        loose, hanging = changed(dice, 0.12), changed(dice, 0.12, hang=0.5)
        assert np.median(hanging[0].overdispersion) > 2 * np.median(loose[0].overdispersion)
        first = [np.where(course.active[30:90].any(0), course.active[30:90].argmax(0), 60).mean() for _, course in (loose, hanging)]
        assert first[0] < first[1] < 15

    def test_of_losses_with_known_squares_is_found_sooner(self, dice: np.random.Generator) -> None:
        """Losses that vary little are believed sooner where their squares say so."""
        losses = np.minimum(dice.gamma(8, 0.02, ((KNOWN + 60) * SIZE, 40)), 1.0)
        losses[(KNOWN + 20) * SIZE :] *= 1.2
        first = {}
        for squares in (False, True):
            reference, later = (
                cohorts(part, squares=squares) for part in (losses[: KNOWN * SIZE], np.minimum(losses[KNOWN * SIZE :], 1.0))
            )
            active = follow(grant(reference), later, threshold(SIZE)).active[20:]
            first[squares] = np.where(active.any(0), active.argmax(0), 40).mean()
        assert first[True] < 4 < 2 * first[True] + 4 < first[False]

    def test_within_the_tolerance_is_not_told(self, dice: np.random.Generator) -> None:
        """A rise that does not matter raises no alarm; without the tolerance it does."""
        losses = np.concatenate([errors(dice, KNOWN * SIZE, 40, 0.05), errors(dice, 90 * SIZE, 40, 0.08)])
        known, later = cohorts(losses[: KNOWN * SIZE]), cohorts(losses[KNOWN * SIZE :])
        told = [follow(grant(known, tolerance=by), later, threshold(SIZE)).alarms.any(0).mean() for by in (0.0, 0.04)]
        assert told[0] > 0.9
        assert told[1] < 0.1


class TestCohorts:
    """What cohorts may be like."""

    def test_without_labels_change_nothing(self, dice: np.random.Generator) -> None:
        """An empty cohort neither raises nor lowers the wealth, and moves no date but by its place."""
        granted = grant(cohorts(errors(dice, KNOWN * SIZE, 20, 0.05)))
        later = cohorts(errors(dice, 40 * SIZE, 20, 0.09))
        holed = Cohorts(*(np.insert(part, 3, filling, axis=0) for part, filling in ((later.rows, 0.0), (later.losses, np.nan))))
        whole, holes = (follow(granted, part, threshold(SIZE)) for part in (later, holed))
        np.testing.assert_allclose(np.delete(holes.wealth, 3, axis=0), whole.wealth)
        assert (np.delete(holes.active, 3, axis=0) == whole.active).all()

    def test_streams_do_not_know_each_other(self, dice: np.random.Generator) -> None:
        """What is learnt and said of a stream does not depend on its neighbours."""
        losses = errors(dice, (KNOWN + 30) * SIZE, 4, 0.06, 0.4)
        known, later = cohorts(losses[: KNOWN * SIZE]), cohorts(losses[KNOWN * SIZE :])
        together = follow(grant(known), later, threshold(SIZE))
        for j in range(4):
            parts = [Cohorts(part.rows[:, [j]], part.losses[:, [j]]) for part in (known, later)]
            np.testing.assert_allclose(follow(grant(parts[0]), parts[1], threshold(SIZE)).wealth[:, 0], together.wealth[:, j])

    def test_that_are_large_are_not_believed_on_weak_odds(self) -> None:
        """A cohort that alone has the labels of three months raises an alarm only at odds of 20 to 1."""
        one = Cohorts(np.full((1, 2), 3000.0), np.array([[155.0, 300.0]]))
        assert follow(exactly(np.full(2, 0.05)), one, threshold(1000 / 30)).alarms.tolist() == [[False, True]]

    def test_that_fail_entirely_do_not_overflow(self) -> None:
        """A million wrong answers in a row are an alarm, and a number."""
        found = follow(exactly(0.01), Cohorts(np.full((2, 1), 1e6), np.full((2, 1), 1e6)), 1e9)
        assert found.alarms.all()
        assert np.isfinite(found.wealth).all()

    def test_of_a_reference_without_errors_can_be_followed(self) -> None:
        """No error in 6,000 labels grants a risk of less than a thousandth, and twenty errors in a hundred are told."""
        granted = grant(Cohorts(np.full((60, 1), 100.0), np.zeros((60, 1))))
        assert 0 < granted.limit[0] < 1e-3
        assert follow(granted, Cohorts(np.full((1, 1), 100.0), np.full((1, 1), 20.0)), threshold(100.0)).alarms.all()

    @pytest.mark.parametrize(("known", "doubt"), [(0, Doubt.NO_LABELS), (7, Doubt.FEW_COHORTS)])
    def test_too_few_of_them_say_nothing(self, known: int, doubt: Doubt) -> None:
        """A reference without labels, or with few cohorts of them, is inconclusive, with the reason."""
        rows = np.zeros((10, 1))
        rows[:known] = 100.0
        granted = grant(Cohorts(rows, rows / 20))
        found = follow(granted, Cohorts(np.full((5, 1), 100.0), np.full((5, 1), 90.0)), 100.0)
        assert granted.doubts == (doubt,)
        assert not found.alarms.any()
        assert np.isnan(found.wealth).all()


class TestGranted:
    """What is learnt from the reference."""

    def test_is_the_bound_of_clopper_and_pearson(self) -> None:
        """Where cohorts vary less than independent labels would, it is SciPy's exact one-sided bound."""
        granted = grant(Cohorts(np.full((60, 1), 100.0), np.full((60, 1), 5.0)))
        exact = stats.binomtest(300, 6000, alternative="less").proportion_ci(BOUND, method="exact").high
        assert granted.overdispersion[0] == 1
        assert granted.limit[0] == pytest.approx(exact)

    def test_covers_the_risk(self, dice: np.random.Generator) -> None:
        """The bound lies below the true risk in at most one of forty references, hanging together or not."""
        for hang in (0.0, 0.6):
            granted = grant(cohorts(errors(dice, KNOWN * SIZE, 400, 0.05, hang)))
            assert (granted.limit < 0.05).mean() <= 0.025 + 0.01

    def test_covers_means_with_known_squares(self, dice: np.random.Generator) -> None:
        """So does the empirical Bernstein bound, which is nearer than that of losses of 0 or 1."""
        losses = np.minimum(dice.gamma(8, 0.02, (KNOWN * SIZE, 300)), 1.0)
        squared, plain = (grant(cohorts(losses, squares=squares)).limit for squares in (True, False))
        assert (squared < 0.16).mean() <= 0.025
        assert (squared < plain).all()

    def test_knows_how_cohorts_hang_together(self, dice: np.random.Generator) -> None:
        """φ is (1 + ρ) / (1 − ρ) or more in most references, less by a third in hardly any, and not far above."""
        for hang in (0.0, 0.5, 0.8):
            factor = grant(cohorts(errors(dice, KNOWN * 200, 200, 0.05, hang), 200)).overdispersion
            wanted = (1 + hang) / (1 - hang)
            assert wanted <= np.median(factor) <= 1.35 * wanted
            assert (factor >= 2 / 3 * wanted).mean() >= 0.975

    def test_takes_a_season_out(self, dice: np.random.Generator) -> None:
        """Rates that swing with the weekday leave φ near 1 once the slots are known, and each slot is granted its own risk."""
        swing = 0.04 * np.sin(2 * np.pi * np.arange(7) / 7)
        rates = 0.08 + np.tile(swing, 12)
        wrong = dice.binomial(2000, rates).astype(np.float64)[:, None]
        rows = np.full(wrong.shape, 2000.0)
        blind, seeing = grant(Cohorts(rows, wrong)), grant(Cohorts(rows, wrong, slots=np.arange(84) % 7))
        assert blind.overdispersion[0] > 10 > SEASONAL > seeing.overdispersion[0]
        assert seeing.offsets[:, 0] == pytest.approx(swing, abs=0.01)
        assert seeing.offset(9).tolist() == [0.0]

    def test_says_where_a_season_cannot_be_known(self, dice: np.random.Generator) -> None:
        """A reference of two weeks that swings is followed with a large φ, and the doubt is told."""
        wrong = dice.binomial(2000, np.tile([0.02, 0.1, 0.1, 0.1, 0.1, 0.1, 0.02], 2)).astype(np.float64)[:, None]
        granted = grant(Cohorts(np.full((14, 1), 2000.0), wrong, slots=np.arange(14) % 7))
        assert granted.doubts == (Doubt.SHORT_FOR_SEASON,)
        assert granted.overdispersion[0] > SEASONAL


EDGES = tuple(np.linspace(0, 1, 257)[1:].tolist())
BINARY = Outcome(task=Task.BINARY, label="y", scores=("s",), classes=("0", "1"), edges=(EDGES,))


def scored(dice: np.random.Generator, rows: int, apart: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores and labels, some unknown; the further apart the means, the better the model."""
    labels = (dice.random(rows) < 0.3).astype(np.int64)
    scores = 1 / (1 + np.exp(-dice.standard_normal(rows) - apart * (labels - 0.5)))
    return scores, np.where(dice.random(rows) < 0.05, 2, labels)


def counted(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> OutcomeCounts:
    """Their counts, at a threshold of a half."""
    return count_outcome(BINARY, OutcomeRows((scores >= 0.5).astype(np.int64), labels, (scores,)))


class TestCounts:
    """Cohorts from counts of outcomes."""

    def test_give_errors(self, dice: np.random.Generator) -> None:
        """Labels and wrong answers are those of the raw rows."""
        scores, labels = scored(dice, 2000, 2.0)
        found = error_cohorts([counted(scores, labels), counted(scores[:0], labels[:0])])
        known = labels < 2
        assert found.rows.tolist() == [[known.sum()], [0]]
        assert found.losses.tolist() == [[((scores >= 0.5) != labels)[known].sum()], [0]]

    def test_give_placements(self, dice: np.random.Generator) -> None:
        """Over the reference itself the mean loss of positives, and of negatives, is 1 less scikit-learn's AUC of the binned scores."""
        scores, labels = scored(dice, 3000, 2.0)
        scores[:20] = np.nan
        reference = counted(scores, labels)
        found = placement_cohorts(reference, [reference])
        known = (labels < 2) & ~np.isnan(scores)
        area = roc_auc_score(labels[known], np.searchsorted(np.array(EDGES), scores[known], side="right"))
        assert found.losses / found.rows == pytest.approx(np.full((1, 2), 1 - area), abs=1e-12)
        assert found.rows.tolist() == [[(labels[known] == 1).sum(), (labels[known] == 0).sum()]]

    def test_find_a_fallen_auc(self, dice: np.random.Generator) -> None:
        """Both streams find a model that orders worse, and no alarm comes before."""
        days = [counted(*scored(dice, 400, 2.0 if day < 90 else 1.0)) for day in range(120)]
        whole = counted(*scored(dice, 0, 1.0))
        for day in days[:60]:
            whole = whole + day
        known, later = (placement_cohorts(whole, part) for part in (days[:60], days[60:]))
        limits = np.array([threshold(rate, streams=2) for rate in known.rows.mean(0)])
        found = follow(grant(known), later, limits)
        assert not found.alarms[:30].any()
        assert found.active[40:].mean() > 0.9
        assert (np.abs(found.since[45] - 30) <= 2).all()

    def test_of_one_class_place_nobody(self, dice: np.random.Generator) -> None:
        """A reference without negatives says nothing of positives: no labels, no warning."""
        scores = dice.random(100)
        one = counted(scores, np.ones(100, dtype=np.int64))
        assert placement_cohorts(one, [one]).rows.tolist() == [[0.0, 0.0]]

    def test_give_clipped_errors_of_a_regression(self, dice: np.random.Generator) -> None:
        """Absolute errors over the reference's 99.9% quantile, to within the bins."""
        edges = tuple(np.linspace(-4, 4, 161).tolist())
        outcome = Outcome(task=Task.REGRESSION, label="y", prediction="p", edges=((0.0,), edges))
        error = dice.standard_normal(20_000)
        error[:10] *= 100
        count = count_outcome(outcome, OutcomeRows(error, np.where(np.arange(error.size) % 10, 0.0, np.nan)))
        known = np.abs(error[np.arange(error.size) % 10 > 0])
        found = residual_cohorts(outcome, count, [count])
        unit = np.minimum(known / np.quantile(known, 0.999), 1.0)
        assert found.rows[0, 0] == known.size
        assert found.losses[0, 0] / known.size == pytest.approx(unit.mean(), rel=0.02)
        assert found.squares is not None
        assert found.squares[0, 0] / known.size == pytest.approx((unit**2).mean(), rel=0.03)

    def test_of_a_perfect_regression_count_any_error(self) -> None:
        """Where the reference has no error at all, any error later is a whole one."""
        outcome = Outcome(task=Task.REGRESSION, label="y", prediction="p", edges=((0.0,), (-1.5, -0.5, 0.5, 1.5)))
        exact, off = (count_outcome(outcome, OutcomeRows(np.zeros(50), np.full(50, by))) for by in (0.0, 1.0))
        assert residual_cohorts(outcome, exact, [exact, off]).losses.tolist() == [[0.0], [50.0]]


def test_bets_are_rises() -> None:
    """No bet is on a loss that falls."""
    assert (RISES > 1).all()
