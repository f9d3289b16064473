from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from driftline.errors import DataError, PlanMismatch
from driftline.profile import moments
from driftline.profile.ranks import count_ranks

rows_of_lists = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.25, 0.5, 0.75]), st.sampled_from([0.0, 0.0, 1.0, 2.0])), min_size=1, max_size=40
)


def sums_of(counts: object) -> dict[str, tuple[float, int]]:
    """Each measure's sum over queries, and the queries."""
    totals = {name: moments.from_limbs(row[: moments.SUM_LIMBS]) / 2**28 for name, row in zip(counts.names, counts.sums, strict=True)}
    return {name: (total, int(queries)) for (name, total), queries in zip(totals.items(), counts.queries, strict=True)}


def by_hand(relevance: np.ndarray, k: int) -> dict[str, float]:
    """One list's measures, best first; NaN where they are not defined."""
    hits = relevance > 0
    discount = 1 / np.log2(np.arange(len(relevance)) + 2)
    best = (np.sort(relevance)[::-1] * discount)[:k].sum()
    precise = np.cumsum(hits) / (np.arange(len(hits)) + 1)
    return {
        f"precision@{k}": hits[:k].sum() / k,
        f"recall@{k}": hits[:k].sum() / hits.sum() if hits.any() else np.nan,
        f"ndcg@{k}": (relevance * discount)[:k].sum() / best if hits.any() else np.nan,
        f"hit_rate@{k}": float(hits[:k].any()),
        "mrr": 1 / (hits.argmax() + 1) if hits.any() else 0.0,
        "map": precise[hits].mean() if hits.any() else np.nan,
    }


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5]), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=6), st.integers(1, 7))
def test_ties_count_as_their_mean_over_all_orders(table: list[tuple[float, float]], k: int) -> None:
    """Each measure of a list with ties is the mean over every order in which the ties could be shown."""
    score, relevance = (np.array(side) for side in zip(*table, strict=True))
    orders = [order for order in permutations(range(len(score))) if (np.diff(score[list(order)]) <= 0).all()]
    each = [by_hand(relevance[list(order)], k) for order in orders]
    found = sums_of(count_ranks(np.zeros(len(score)), score, relevance, ks=(k,)))
    for name, (total, queries) in found.items():
        wanted = np.array([one[name] for one in each])
        assert queries == (0 if np.isnan(wanted).any() else 1)
        if queries:
            assert total == pytest.approx(wanted.mean(), abs=1e-8)


def test_ndcg_and_average_precision_are_scikit_learns() -> None:
    """Over lists without ties NDCG is scikit-learn's with the relevance as gain, and MAP its label ranking average precision."""
    dice = np.random.default_rng(5)
    score, relevance = dice.random((60, 12)), dice.integers(0, 3, (60, 12)).astype(float)
    counts = count_ranks(np.repeat(np.arange(60), 12), score.ravel(), relevance.ravel(), ks=(5,))
    found = sums_of(counts)
    assert found["ndcg@5"][0] / 60 == pytest.approx(metrics.ndcg_score(relevance, score, k=5), abs=1e-8)
    assert found["map"][0] / 60 == pytest.approx(metrics.label_ranking_average_precision_score(relevance > 0, score), abs=1e-8)


@settings(max_examples=30)
@given(rows_of_lists, st.randoms(use_true_random=False), st.integers(0, 5))
def test_counting_adds_over_queries_in_any_order(table: list[tuple[int, float, float]], dice: object, cut: int) -> None:
    """The counts of some queries and of the others add to the counts of all, to the last bit, however rows are ordered."""
    shuffled = list(table)
    dice.shuffle(shuffled)

    def counted(rows: list[tuple[int, float, float]]) -> object:
        query, score, relevance = (np.array(side) for side in zip(*rows, strict=True)) if rows else (np.empty(0), np.empty(0), np.empty(0))
        return count_ranks(query, score, relevance, items=(query * 2 + (score > 0.3)).astype(np.int64), catalogue=12)

    whole = counted(shuffled)
    parts = counted([row for row in table if row[0] < cut]) + counted([row for row in table if row[0] >= cut])
    for one, other in ((whole.sums, parts.sums), (whole.queries, parts.queries), (whole.shown, parts.shown)):
        np.testing.assert_array_equal(one, other)


def test_shown_items_are_those_of_the_first_places() -> None:
    """An item counts once for each list that has it among its first k."""
    query, score = np.array([1, 1, 1, 2, 2]), np.array([0.9, 0.5, 0.1, 0.7, 0.6])
    counts = count_ranks(query, score, np.zeros(5), ks=(1, 2), items=np.array([0, 1, 2, 1, 0]), catalogue=4)
    assert counts.shown.tolist() == [[1, 1, 0, 0], [2, 2, 0, 0]]


def test_rows_without_score_or_relevance_are_left_out() -> None:
    """A row that cannot be placed or judged is not in its list."""
    whole = count_ranks(np.array([1, 1, 1]), np.array([0.5, np.nan, 0.4]), np.array([0.0, 1.0, 1.0]))
    clean = count_ranks(np.array([1, 1]), np.array([0.5, 0.4]), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(whole.sums, clean.sums)


def test_no_rows() -> None:
    """No rows count as no queries."""
    counts = count_ranks(np.empty(0), np.empty(0), np.empty(0))
    assert not counts.queries.any()
    assert not counts.sums.any()


def test_what_does_not_fit_is_refused() -> None:
    """Columns of unequal length, items outside the catalogue, and counts to other depths are errors with a hint."""
    two = np.array([0.1, 0.2])
    with pytest.raises(DataError, match="differ in length"):
        count_ranks(np.array([1]), two, two)
    with pytest.raises(DataError, match="between 0 and 4"):
        count_ranks(two, two, two, items=np.array([0, 5]), catalogue=5)
    with pytest.raises(PlanMismatch, match="other depths"):
        count_ranks(two, two, two, ks=(1,)) + count_ranks(two, two, two, ks=(2,))
