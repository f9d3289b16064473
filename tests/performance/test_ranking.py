from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.errors import ConfigError
from driftline.performance.metric import measure, metrics_for
from driftline.profile import moments
from driftline.profile.outcome import Outcome
from driftline.profile.ranks import RankCounts, count_ranks
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTCOME = Outcome(task=Task.RANKING, label="relevance", scores=("score",))
QUERIES, LISTED, ITEMS = 1000, 10, 400


def lists(dice: np.random.Generator, queries: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Queries, scores, relevance that goes with them, and items of which some are shown far more often."""
    score = dice.normal(size=queries * LISTED)
    relevance = (dice.random(score.size) < 1 / (1 + np.exp(2 - 1.5 * score))).astype(float)
    popular = 1 / np.arange(5, ITEMS + 5)
    return np.repeat(np.arange(queries), LISTED), score, relevance, dice.choice(ITEMS, score.size, p=popular / popular.sum())


def test_values_are_means_over_queries(dice: np.random.Generator) -> None:
    """Precision, hit rate and reciprocal rank are plain means of what each list was worth."""
    query, score, relevance, _ = lists(dice, 200)
    table = np.take_along_axis(relevance.reshape(200, LISTED), np.argsort(-score.reshape(200, LISTED), axis=1), axis=1) > 0
    counts = count_ranks(query, score, relevance)
    first = np.where(table.any(1), 1 / (table.argmax(1) + 1), 0.0)
    assert measure("precision@5", OUTCOME, counts).value == pytest.approx(table[:, :5].mean(), abs=1e-8)
    assert measure("hit_rate@1", OUTCOME, counts).value == pytest.approx(table[:, 0].mean(), abs=1e-8)
    found = measure("mrr", OUTCOME, counts)
    assert found.value == pytest.approx(first.mean(), abs=1e-8)
    assert found.error == pytest.approx(first.std(ddof=1) / np.sqrt(200), rel=0.05)
    assert found.rows == 200


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, dice: np.random.Generator, astray: object) -> None:
    """Of 95% intervals 93 to 97% hold the truth, in windows of few and of many queries; that of coverage at least as many."""
    query, score, relevance, items = lists(dice, QUERIES)
    parts = np.split(np.arange(query.size), QUERIES)
    each = [count_ranks(query[part], score[part], relevance[part], ks=(5,), items=items[part], catalogue=ITEMS) for part in parts]
    worth = np.array([[moments.from_limbs(row[: moments.SUM_LIMBS]) for row in one.sums] for one in each])
    told, shown = np.array([one.queries for one in each]) > 0, np.array([one.shown for one in each]) > 0

    def drawn(places: NDArray[np.intp]) -> RankCounts:
        sums = np.array([moments.sums(worth[places, i][told[places, i]]) for i in range(worth.shape[1])])
        return RankCounts(each[0].ks, sums, told[places].sum(0), shown[places].sum(0))

    names = ("precision@5", "recall@5", "ndcg@5", "hit_rate@5", "mrr", "map")
    truth = {name: measure(name, OUTCOME, drawn(np.arange(QUERIES))).value for name in names}
    truth["coverage@5"] = float((1 - (1 - shown[:, 0].mean(0)) ** size).mean())
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for _ in range(400):
        counts = drawn(dice.integers(QUERIES, size=size))
        for name, value in truth.items():
            found = measure(name, OUTCOME, counts)
            held[name].append(found.low <= value <= found.high)
    shares = {name: float(np.mean(hits)) for name, hits in held.items()}
    assert shares.pop("coverage@5") >= 0.92
    assert astray(shares) == {}


def test_coverage_is_the_share_of_items_seen() -> None:
    """Of four items two are among the first places of some list."""
    query, score = np.array([1, 1, 2, 2]), np.array([0.9, 0.1, 0.8, 0.2])
    counts = count_ranks(query, score, np.ones(4), ks=(1,), items=np.array([0, 1, 3, 0]), catalogue=4)
    found = measure("coverage@1", OUTCOME, counts)
    assert (found.value, found.rows) == (0.5, 2)
    assert found.low < 0.5 < found.high


def test_perfect_lists_leave_room_for_some_mistakes() -> None:
    """Where every list begins with what is relevant the hit rate is 1, with an interval as wide as queries are few."""
    query = np.repeat(np.arange(10), 2)
    counts = count_ranks(query, np.tile([0.9, 0.1], 10), np.tile([1.0, 0.0], 10))
    found = measure("hit_rate@1", OUTCOME, counts)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 10))


def test_lists_that_are_all_alike_say_little() -> None:
    """Where every list is worth the same the interval is that of a share, not empty."""
    query = np.repeat(np.arange(20), 2)
    counts = count_ranks(query, np.tile([0.9, 0.1], 20), np.tile([0.0, 1.0], 20))
    found = measure("mrr", OUTCOME, counts)
    assert found.value == pytest.approx(0.5)
    assert found.high - found.low > 0.3


def test_too_little_is_inconclusive() -> None:
    """No queries, one query, nothing relevant and no items are said."""
    none = count_ranks(np.empty(0), np.empty(0), np.empty(0))
    assert measure("mrr", OUTCOME, none).why == "there are no queries"
    one = count_ranks(np.array([1, 1]), np.array([0.1, 0.2]), np.array([1.0, 0.0]))
    assert measure("mrr", OUTCOME, one).why == "one query says nothing about how much queries differ"
    barren = count_ranks(np.array([1, 2]), np.array([0.1, 0.2]), np.zeros(2))
    assert measure("ndcg@10", OUTCOME, barren).why == "nothing is relevant to any query"
    assert measure("coverage@10", OUTCOME, barren).why == "no items were given"
    unseen = count_ranks(np.empty(0), np.empty(0), np.empty(0), items=np.empty(0, dtype=np.int64), catalogue=3)
    assert measure("coverage@10", OUTCOME, unseen).why == "there are no queries"


def test_a_depth_that_was_not_counted_is_refused() -> None:
    """Only depths to which lists were looked at can be asked for."""
    counts = count_ranks(np.array([1, 1]), np.array([0.1, 0.2]), np.array([1.0, 0.0]), ks=(5,))
    with pytest.raises(ConfigError, match="depth of 7"):
        measure("ndcg@7", OUTCOME, counts)


def test_the_usual_metrics_can_be_measured(dice: np.random.Generator) -> None:
    """What is measured where nobody says is known to the usual depths."""
    query, score, relevance, _ = lists(dice, 30)
    counts = count_ranks(query, score, relevance)
    assert all(measure(name, OUTCOME, counts).known for name in metrics_for(OUTCOME))
