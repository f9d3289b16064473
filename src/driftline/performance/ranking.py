"""Metrics of rankings: means over queries of what each list was worth, and how much of a catalogue is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError
from driftline.performance.curve import flawless
from driftline.performance.interval import Value, bounded, unknown
from driftline.profile import moments

if TYPE_CHECKING:
    from driftline.performance.question import Question
    from driftline.profile.ranks import RankCounts


OFTEN = 10
"""An item that was shown more often than this would surely be seen again."""


def precision_at(asked: Question) -> Value:
    """Share of the first k places that hold something relevant; short lists leave the rest empty."""
    return _mean(asked, f"precision@{_depth(asked)}")


def recall_at(asked: Question) -> Value:
    """Share of what is relevant that is among the first k."""
    return _mean(asked, f"recall@{_depth(asked)}")


def ndcg_at(asked: Question) -> Value:
    """Normalised discounted cumulative gain of the first k, gain being the relevance (Järvelin and Kekäläinen 2002)."""
    return _mean(asked, f"ndcg@{_depth(asked)}")


def hit_rate_at(asked: Question) -> Value:
    """Share of queries with something relevant among the first k."""
    return _mean(asked, f"hit_rate@{_depth(asked)}")


def mean_reciprocal_rank(asked: Question) -> Value:
    """Mean of 1 over the place of the first relevant row; 0 where nothing is relevant."""
    return _mean(asked, "mrr")


def mean_average_precision(asked: Question) -> Value:
    """Mean over queries of the mean precision at the places of what is relevant."""
    return _mean(asked, "map")


def coverage_at(asked: Question) -> Value:
    """Share of the catalogue that was among the first k of any list.

    It grows with the number of queries; the interval is for what as many queries show on average. The variance of the number
    of items seen is Σ P(seen) P(unseen), which for Poisson numbers of showings f is estimated without bias by
    f₁ − f₂ + f₃ − … (Good and Toulmin 1956), fₙ being the items shown n times; items shown often add nothing but noise to it.
    """
    counts = asked.ranked
    shown = counts.shown[counts.ks.index(_depth(asked))]
    queries, items = int(counts.queries[0]), shown.size
    if not items:
        return unknown("no items were given", queries)
    if not queries:
        return unknown("there are no queries")
    seen = shown[shown > 0]
    plain = float((np.exp(-seen) * (1 - np.exp(-seen))).sum())
    few = seen[seen <= OFTEN]
    variance = max(float(np.where(few % 2, 1, -1).sum()), plain, 0.5) / items**2
    center = (seen.size + 0.5) / (items + 1)
    return bounded(seen.size / items, center, variance, queries, asked.confidence)


def _depth(asked: Question) -> int:
    counts: RankCounts = asked.ranked
    k = int(asked.parameter)
    if k not in counts.ks:
        depths = ", ".join(map(str, counts.ks))
        raise ConfigError(f"lists were not looked at to a depth of {k}", hint=f"ask for one of {depths}, or count them to other depths")
    return k


def _mean(asked: Question, name: str) -> Value:
    """A mean over queries of something between 0 and 1."""
    counts = asked.ranked
    at = counts.names.index(name)
    queries = int(counts.queries[at])
    if queries <= 1:
        return unknown("one query says nothing about how much queries differ" if queries else _nothing(counts), queries)
    found = moments.means(counts.sums[at : at + 1], counts.queries[at : at + 1], np.zeros(1), np.ones(1))[0]
    value, variance = float(found[0]), float(found[1]) / (queries - 1)
    if value in {0.0, 1.0}:
        return flawless(value, queries, queries, asked.confidence)
    # Queries that are all alike say little: the most that a mean between 0 and 1 can vary.
    return bounded(value, value, variance or value * (1 - value) / queries, queries, asked.confidence, queries - 1)


def _nothing(counts: RankCounts) -> str:
    return "nothing is relevant to any query" if counts.queries.any() else "there are no queries"
