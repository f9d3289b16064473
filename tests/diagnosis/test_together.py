"""Whether columns go together alike: careful where nothing changed, sure where only their dependence did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from driftline.diagnosis import together as room
from driftline.diagnosis.together import FEWEST, MEASURES, scores, together, varied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """One thread, as services have it."""
    with threadpool_limits(1, user_api="blas"):
        yield


def rows(rng: np.random.Generator, many: int, tie: float) -> Floats:
    """Five columns, each with the same law whatever the tie of the first two is; one skewed, one with two values, one with gaps."""
    z = rng.normal(size=(many, 5))
    z[:, 1] = tie * z[:, 0] + np.sqrt(1 - tie**2) * z[:, 1]
    z[:, 2] = np.exp(z[:, 2])
    z[:, 3] = z[:, 3] > 0.5
    z[rng.random(many) < 0.1, 4] = np.nan
    return z


@pytest.mark.parametrize("measure", MEASURES)
def test_where_nothing_changed_it_is_seldom_said(measure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 pairs of unchanged samples, no more have a p-value up to 0.1 than a binomial law of that share allows."""
    monkeypatch.setattr(room, "DEALT", 39)
    found = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        told = together(measure, rows(rng, 150, 0.6), rows(rng, 120, 0.6), rng, level=0.0)
        assert told is not None
        found.append(told.p_value)
    assert (np.array(found) <= 0.1).sum() <= stats.binom.ppf(0.999, len(found), 0.1)
    assert 0.3 < np.mean(found) < 0.85


@pytest.mark.parametrize("measure", MEASURES)
def test_a_dependence_that_changed_is_found_and_its_columns_named(measure: str) -> None:
    """Marginals are as they were, and two columns that went together closely no longer do: these two carry it."""
    rng = np.random.default_rng(1)
    told = together(measure, rows(rng, 400, 0.85), rows(rng, 300, 0.0), rng)
    assert told is not None
    assert told.p_value <= 0.005
    assert set(told.carriers()) == {0, 1}
    assert told.carried.sum() == pytest.approx(1.0)


def test_a_bend_is_found_by_the_classifier() -> None:
    """Two columns without correlation before and after, of which one now follows the other's square."""
    rng = np.random.default_rng(2)
    before, now = rng.normal(size=(400, 4)), rng.normal(size=(300, 4))
    now[:, 3] = now[:, 2] ** 2 + 0.3 * now[:, 3]
    told = together("classifier", before, now, rng)
    assert told is not None
    assert told.p_value <= 0.005
    assert set(told.carriers()) == {2, 3}


@pytest.mark.parametrize("measure", MEASURES)
def test_marginals_alone_say_nothing(measure: str) -> None:
    """Columns that were moved and bent, each by itself, have the same ranks: the answer is the same to the last bit."""
    made = [rows(np.random.default_rng(seed), 200, 0.5)[:, :3] for seed in (3, 4)]
    bent = np.exp(made[1] / 2) * 7 + 1
    one, other = (together(measure, made[0], now, np.random.default_rng(5)) for now in (made[1], bent))
    assert one is not None
    assert other is not None
    assert (one.value, one.p_value) == (other.value, other.p_value)


def test_one_bad_column_takes_nothing_with_it() -> None:
    """A column without values, one with a single value and one that is infinite are left out and carry nothing."""
    rng = np.random.default_rng(6)
    before, now = (
        np.column_stack([np.full(300, np.nan), rows(rng, 300, tie), np.full(300, 3.0), np.full(300, np.inf)]) for tie in (0.9, 0.0)
    )
    told = together("classifier", before, now, rng)
    assert told is not None
    assert set(told.carriers()) == {1, 2}
    assert told.carried[[0, 6, 7]].tolist() == [0.0, 0.0, 0.0]
    assert varied(now).tolist() == [False, True, True, True, True, True, False, False]


def test_too_little_is_no_answer() -> None:
    """Too few rows, or a single column that varies, and nothing is said."""
    rng = np.random.default_rng(7)
    assert together("mmd", rows(rng, FEWEST - 1, 0.5), rows(rng, 300, 0.5), rng) is None
    assert together("mmd", rows(rng, 300, 0.5)[:, :1], rows(rng, 300, 0.5)[:, :1], rng) is None


def test_scores_are_normal_and_missing_values_lie_at_the_mean() -> None:
    """Known values have the normal scores of their ranks; ties share them by dice."""
    found = scores(np.array([[3.0], [np.nan], [1.0], [2.0]]), np.random.default_rng(0))[:, 0]
    assert found.tolist() == pytest.approx(stats.norm.ppf([5 / 6, 0.5, 1 / 6, 0.5]).tolist())


def test_areas_are_those_of_scikit_learn() -> None:
    """Each deal's area under the ROC curve, ties and all."""
    rng = np.random.default_rng(8)
    said, sides = rng.normal(size=(60, 4)).round(1), (rng.random((60, 4)) < 0.4).astype(float)
    expected = [roc_auc_score(sides[:, k], said[:, k]) for k in range(4)]
    assert room._areas(said, sides).tolist() == pytest.approx(expected)


def test_mmd_is_the_sum_over_pairs() -> None:
    """The unbiased estimate, written out."""
    rng = np.random.default_rng(9)
    z = np.concatenate([scores(rng.normal(size=(many, 3)), rng) for many in (18, 12)])
    side = np.repeat([0.0, 1.0], [18, 12])
    apart = ((z[:, None] - z) ** 2).sum(2)
    k = np.exp(-apart / np.median(apart))
    pairs = {
        (a, b): [k[i, j] for i in range(30) for j in range(30) if i != j and (side[i], side[j]) == (a, b)] for a in (0, 1) for b in (0, 1)
    }
    expected = np.mean(pairs[0, 0]) + np.mean(pairs[1, 1]) - 2 * np.mean(pairs[0, 1])
    assert MEASURES["mmd"].values(z, side[:, None], rng)[0] == pytest.approx(expected, abs=1e-5)
