"""Which rows to train on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.decisions.sampling import WAYS, History, Supply, Terms, advise, choose, learning_curve
from driftline.errors import ConfigError

DAY = 86_400.0


def history(rows: int = 400, seed: int = 0) -> History:
    """Rows of a hundred days, labels up to twenty days late, some never; a fifth spoilt, a tenth rare."""
    rng = np.random.default_rng(seed)
    made = np.sort(rng.uniform(0, 100 * DAY, rows))
    known = np.where(rng.random(rows) < 0.1, np.nan, made + rng.uniform(0, 20 * DAY, rows))
    return History(made, known, rng.random(rows) < 0.1, rng.random(rows) < 0.2)


ways = st.sampled_from(list(WAYS))


@given(
    ways, st.integers(0, 9), st.floats(1, 110), st.none() | st.floats(0, 100), st.sampled_from([0.0, 5.0]), st.none() | st.integers(2, 50)
)
def test_no_way_looks_ahead(way: str, seed: int, now: float, since: float | None, held: float, most: int | None) -> None:
    """No row that was made, or whose label was known, later; none that is spoilt or held out; weights are positive, 1 on average."""
    rows = history(seed=seed)
    terms = Terms(now=now * DAY, since=None if since is None else since * DAY, holdout=held * DAY, most=most)
    found = choose(way, rows, terms, np.random.default_rng(0))
    assert (rows.known[found.rows] <= terms.now).all()
    assert (rows.made[found.rows] < terms.now - terms.holdout).all()
    assert not rows.spoilt[found.rows].any()
    assert (np.diff(found.rows) > 0).all()
    if found.rows.size:
        assert (found.weights > 0).all()
        assert found.weights.mean() == pytest.approx(1.0)
    assert most is None or found.rows.size <= most


@given(ways, st.integers(0, 9), st.floats(5, 95))
def test_what_comes_later_changes_nothing(way: str, seed: int, now: float) -> None:
    """The same rows are chosen, as heavy, whatever is made or becomes known later."""
    rows = history(seed=seed)
    past = (rows.made < now * DAY) & (rows.known <= now * DAY)
    other = History(
        np.where(rows.made < now * DAY, rows.made, 99 * DAY), np.where(past, rows.known, np.inf), rows.rare ^ ~past, rows.spoilt | ~past
    )
    before, after = (choose(way, one, Terms(now=now * DAY, since=now * DAY / 2), np.random.default_rng(0)) for one in (rows, other))
    assert before.rows.tolist() == after.rows.tolist()
    assert before.weights.tolist() == after.weights.tolist()


def test_each_way_weighs_as_it_says() -> None:
    """Since the change nothing older; half and half the same weight on both sides; recent halves it every half-life."""
    rows = history()
    terms = Terms(now=110 * DAY, since=80 * DAY, length=10 * DAY, half_life=10 * DAY)
    found = {way: choose(way, rows, terms, np.random.default_rng(0)) for way in WAYS}
    assert rows.made[found["since the change"].rows].min() >= 80 * DAY
    assert np.ptp(rows.made[found["sliding"].rows]) <= 10 * DAY
    after = rows.made[found["half and half"].rows] >= 80 * DAY
    heavy = found["half and half"].weights
    assert heavy[after].sum() == pytest.approx(heavy[~after].sum())
    made, weights = rows.made[found["recent"].rows], found["recent"].weights
    assert np.log2(weights[-1] / weights[0]) == pytest.approx((made[-1] - made[0]) / (10 * DAY))
    assert np.ptp(found["everything"].weights) == 0.0


def test_rare_rows_are_kept_where_rows_are_thinned() -> None:
    """All rare rows stay while they are at most half; the others weigh as much together as they did."""
    rows = history(2000)
    whole = choose("everything", rows, Terms(now=130 * DAY), np.random.default_rng(0))
    thin = choose("everything", rows, Terms(now=130 * DAY, most=400), np.random.default_rng(0))
    assert rows.rare[thin.rows].sum() == rows.rare[whole.rows].sum()
    share = [one.weights[rows.rare[one.rows]].sum() / one.weights.sum() for one in (whole, thin)]
    assert share[0] == pytest.approx(share[1])


def test_importance_follows_the_classifier() -> None:
    """Rows that look like the newest weigh as their odds, clipped; without a classifier all weigh alike."""
    rows = history()
    likely = np.where(np.arange(400) % 2 == 0, 0.75, 0.5)
    found = choose("importance", rows, Terms(now=130 * DAY, recency=likely), np.random.default_rng(0))
    even = found.rows % 2 == 0
    assert found.weights[even].mean() / found.weights[~even].mean() == pytest.approx(3.0)


def test_an_unknown_way_is_told() -> None:
    """With the one that was probably meant."""
    with pytest.raises(ConfigError, match="no way to choose rows called 'slidin'") as told:
        choose("slidin", history(), Terms(now=1.0), np.random.default_rng(0))
    assert "sliding" in told.value.hint


def test_advice_goes_towards_more_data() -> None:
    """A way that is better by less than one standard error is not advised; one that is surely better is."""
    rng = np.random.default_rng(1)
    level = rng.normal(1.0, 0.3, 12)
    near = {"everything": level + 0.01 + 0.05 * np.tile([1.0, -1.0], 6), "sliding": level}
    assert advise(near).way == "everything"
    assert advise({"everything": level + 0.2 + rng.normal(0, 0.05, 12), "sliding": level}).way == "sliding"
    with pytest.raises(ConfigError):
        advise({})


def test_a_learning_curve_says_how_many_rows_would_do() -> None:
    """Of a loss that falls as 1 + 100 / n it tells the n from which a third more rows bring less than the margin."""
    sizes = (500, 750, 1000)
    curve = learning_curve(sizes, tuple(1 + 100 / n for n in sizes), margin=0.01)
    assert not curve.enough
    assert curve.wanted == 2500
    n = curve.wanted
    assert 100 / n - 100 / (4 * n / 3) == pytest.approx(0.01)
    assert learning_curve(sizes, (1.0, 1.0, 1.0), margin=0.01).enough


@pytest.mark.parametrize(
    ("rows", "a_day", "on", "said"),
    [
        (1000, 100.0, date(2026, 4, 16), "at 100 a day are there on 2026-04-16; until then keep the champion, or fall back to a rule"),
        (3000, 100.0, date(2026, 4, 1), "and 3,000 are there now"),
        (1000, 1.0, None, "will not be there within a year"),
        (1000, 0.0, None, "will not be there within a year"),
    ],
)
def test_a_learning_curve_says_when_there_will_be_enough(rows: int, a_day: float, on: date | None, said: str) -> None:
    """From how many come a day; and what serves until then."""
    sizes = (500, 750, 1000)
    curve = learning_curve(sizes, tuple(1 + 100 / n for n in sizes), 0.01, Supply(rows, a_day, datetime(2026, 4, 1, tzinfo=UTC)))
    assert curve.on == on
    assert said in curve.sentence
