"""Counting rankings: what each query's list was worth, as sums over queries that add exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.errors import DataError, PlanMismatch
from driftline.profile import moments
from driftline.profile.bins import FIXED_POINT_BITS
from driftline.profile.outcome import OutcomeCounts, list_measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome

DEPTHS = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True, eq=False)
class RankCounts:
    """Sums over queries. They add, and adding is exact, as long as all rows of a query are counted at once.

    Attributes:
        ks: the depths to which lists were looked at.
        sums: int64[measures, 8]: fixed-point sums of each measure and its square (`moments`), in the order of `names`.
        queries: int64[measures]: the queries each of them sums.
        shown: int64[depths, items]: how many lists had an item among their first k; no items where none were given.
    """

    ks: tuple[int, ...]
    sums: NDArray[np.int64]
    queries: NDArray[np.int64]
    shown: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """What is summed, in order."""
        return list_measures(self.ks)

    def __add__(self, other: RankCounts) -> RankCounts:
        """Count both together, exactly."""
        if self.ks != other.ks or self.shown.shape != other.shown.shape:
            raise PlanMismatch("two rankings were counted to other depths, or for other items", hint="count both alike")
        sums = moments.add_limbs(self.sums, other.sums)
        return RankCounts(self.ks, sums, self.queries + other.queries, self.shown + other.shown)


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """Rows sorted by query and falling score. Rows of equal score in a query are tied; each array has one entry a row.

    Attributes:
        query: place of the row's query.
        place: place in the query's list, from 1 on.
        before: rows above the row's tie.
        tied: rows in the tie.
        hits_before: relevant rows above the tie.
        hits: relevant rows in the tie.
        gain: mean relevance in the tie.
        relevance: the row's own.
        sizes: rows of each query; one entry a query.
    """

    query: NDArray[np.int64]
    place: NDArray[np.int64]
    before: NDArray[np.int64]
    tied: NDArray[np.int64]
    hits_before: NDArray[np.int64]
    hits: NDArray[np.int64]
    gain: NDArray[np.float64]
    relevance: NDArray[np.float64]
    sizes: NDArray[np.int64]

    def per_query(self, worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each query's rows."""
        return np.bincount(self.query, worth, len(self.sizes)).astype(np.float64)


def count_ranks(
    query: NDArray[np.generic],
    score: NDArray[np.float64],
    relevance: NDArray[np.float64],
    ks: tuple[int, ...] = DEPTHS,
    items: NDArray[np.int64] | None = None,
    catalogue: int = 0,
) -> RankCounts:
    """Count rankings from rows in any order.

    Tied scores count as their mean over all orders of the tie (McSherry and Najork 2008), so that no order of rows matters.
    A row without a finite score or relevance is left out. A query in which nothing is relevant has precision, hit rate and
    reciprocal rank 0; its recall, NDCG and average precision are not defined and it is left out of them.

    Args:
        query: what each row answers, any values that can be sorted.
        score: the model's, higher is shown first.
        relevance: 0 or below for what is not relevant; NDCG takes it as the gain, the others as yes or no.
        ks: the depths to look to.
        items: each row's item, from 0 to `catalogue` − 1, for coverage.
        catalogue: how many items there are.

    Raises:
        DataError: the arrays differ in length, or an item is not in the catalogue.
    """
    if len({len(query), len(score), len(relevance), *([] if items is None else [len(items)])}) > 1:
        raise DataError(
            f"a ranking's columns differ in length: {len(query)}, {len(score)}, {len(relevance)} rows", hint="give one of each per row"
        )
    if items is not None and len(items) and not 0 <= int(items.min()) <= int(items.max()) < catalogue:
        raise DataError(
            f"an item is not between 0 and {catalogue - 1}, the last of the catalogue", hint="number the catalogue's items from 0 on"
        )
    known = np.isfinite(score) & np.isfinite(relevance)
    shelf, catalogue = (np.zeros(len(known), dtype=np.int64), 0) if items is None else (items, catalogue)
    lists, order = _lists(query[known], score[known], np.maximum(relevance[known], 0.0), shelf[known])
    found = [*(worth for k in ks for worth in _first(lists, k)), *_whole(lists)]
    grids = [np.rint(worth[~np.isnan(worth)] * 2.0**FIXED_POINT_BITS).astype(np.int64) for worth in found]
    shown = [np.bincount(shelf[known][order][lists.place <= k], minlength=catalogue)[:catalogue] for k in ks]
    return RankCounts(
        ks=ks,
        sums=np.array([moments.sums(grid) for grid in grids], dtype=np.int64),
        queries=np.array([grid.size for grid in grids], dtype=np.int64),
        shown=np.array(shown, dtype=np.int64).reshape(len(ks), catalogue),
    )


@dataclass(frozen=True, slots=True, eq=False)
class ListRows:
    """Rows of a ranking. Each array has one entry a row.

    Attributes:
        query: uint64, the hash of what the row answers.
        asked: bool, whether there is such a thing.
        score: float64, higher is shown first; NaN where unknown.
        relevance: float64, 0 or below for what is not relevant; NaN where unknown.
        item: int64, the item's place in the catalogue; the catalogue's size for all others.
    """

    query: NDArray[np.uint64]
    asked: NDArray[np.bool_]
    score: NDArray[np.float64]
    relevance: NDArray[np.float64]
    item: NDArray[np.int64]

    def placed(self) -> NDArray[np.bool_]:
        """Which rows have a place in a list."""
        return np.asarray(self.asked & np.isfinite(self.score))

    def cells(self) -> NDArray[np.int64]:
        """Each row's cell in `OutcomeCounts.table`, flattened."""
        with np.errstate(invalid="ignore"):
            came = np.where(np.isnan(self.relevance), 2, self.relevance > 0)
        return np.where(self.placed(), 0, 3) + came.astype(np.int64)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> ListRows:
        """Some of the rows."""
        return ListRows(self.query[which], self.asked[which], self.score[which], self.relevance[which], self.item[which])


def count_lists(outcome: Outcome, rows: ListRows) -> OutcomeCounts:
    """Count all rows of some queries: the definition, whatever their order."""
    whole = rows.take(rows.placed())
    # An item that is not in the catalogue is shown in one more place, which is then left out.
    items = (whole.item, outcome.catalogue + 1) if outcome.catalogue else (None, 0)
    found = count_ranks(whole.query, whole.score, whole.relevance, outcome.depths, *items)
    shown = found.shown[:, :-1]
    return OutcomeCounts(
        table=np.bincount(rows.cells(), minlength=6).astype(np.int64).reshape(2, 3),
        scores=(shown,) if outcome.catalogue else (),
        sums=(np.zeros((len(outcome.depths), 3), dtype=np.int64),) if outcome.catalogue else (),
        measures=found.sums,
        measured=found.queries,
    )


def ranks_of(outcome: Outcome, counts: OutcomeCounts) -> RankCounts:
    """The sums over queries among the counts of a ranking's window."""
    shown = counts.scores[0] if counts.scores else np.zeros((len(outcome.depths), 0), dtype=np.int64)
    return RankCounts(outcome.depths, counts.measures, counts.measured, shown)


def _lists(
    query: NDArray[np.generic], score: NDArray[np.float64], relevance: NDArray[np.float64], items: NDArray[np.int64]
) -> tuple[_Lists, NDArray[np.intp]]:
    """Sort rows into lists, and the order in which they were sorted."""
    _, codes = np.unique(query, return_inverse=True)
    # By relevance last, so that sums over a tie are the same to the last bit.
    order = np.lexsort((relevance, items, -score, codes))
    code, worth, gain = codes[order].astype(np.int64), score[order], relevance[order]
    sizes = np.bincount(code)
    first = (np.cumsum(sizes) - sizes)[code]
    place = np.arange(len(code)) - first + 1
    begins = np.ones(len(code), dtype=np.bool_)
    begins[1:] = (code[1:] != code[:-1]) | (worth[1:] != worth[:-1])
    tie = np.cumsum(begins) - 1
    good = (gain > 0).astype(np.int64)
    tied, hits, upto = np.bincount(tie), np.bincount(tie, good), np.cumsum(good) - good
    starts = np.flatnonzero(begins)
    lists = _Lists(
        query=code,
        place=place,
        before=(place[starts] - 1)[tie],
        tied=tied[tie],
        hits_before=(upto[starts])[tie] - upto[first],
        hits=hits[tie].astype(np.int64),
        gain=(np.bincount(tie, gain) / tied)[tie],
        relevance=gain,
        sizes=sizes.astype(np.int64),
    )
    return lists, order


def _first(lists: _Lists, k: int) -> list[NDArray[np.float64]]:
    """Of each query's first k places: precision, recall, NDCG and hit rate."""
    within, likely = lists.place <= k, lists.hits / lists.tied
    relevant = lists.per_query((lists.relevance > 0).astype(np.float64))
    found = lists.per_query(np.where(within, likely, 0.0))
    gained = lists.per_query(np.where(within, lists.gain / np.log2(lists.place + 1), 0.0))
    best = np.lexsort((-lists.relevance, lists.query))
    ideal = lists.per_query(np.where(within, lists.relevance[best] / np.log2(lists.place + 1), 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return [found / k, found / relevant, gained / ideal, 1 - lists.per_query(np.where(_last_within(lists, k), _missed(lists, k), 0.0))]


def _last_within(lists: _Lists, k: int) -> NDArray[np.bool_]:
    """The row at each query's k-th place, or at its last one."""
    return np.asarray(lists.place == np.minimum(k, lists.sizes[lists.query]))


def _missed(lists: _Lists, k: int) -> NDArray[np.float64]:
    """The probability that nothing relevant is among the first k, as the row of the k-th place tells it."""
    reached = np.minimum(k, lists.sizes[lists.query]) - lists.before
    none = np.exp(_log_choose(lists.tied - lists.hits, reached) - _log_choose(lists.tied, reached))
    return np.where(lists.hits_before > 0, 0.0, none)


def _log_choose(many: NDArray[np.int64], some: NDArray[np.int64]) -> NDArray[np.float64]:
    """The logarithm of the binomial coefficient; minus infinity where there are fewer than `some`."""
    possible = (some >= 0) & (some <= many)
    n, r = np.where(possible, many, 0), np.where(possible, some, 0)
    return np.where(possible, special.gammaln(n + 1) - special.gammaln(r + 1) - special.gammaln(n - r + 1), -np.inf)


def _whole(lists: _Lists) -> list[NDArray[np.float64]]:
    """Of each query's whole list: the reciprocal rank of the first relevant row, and average precision."""
    within = lists.place - lists.before
    first = np.exp(_log_choose(lists.tied - within, lists.hits - 1) - _log_choose(lists.tied, lists.hits))
    reciprocal = lists.per_query(np.where((lists.hits > 0) & (lists.hits_before == 0), first / lists.place, 0.0))
    others = (within - 1) * (lists.hits - 1) / np.maximum(lists.tied - 1, 1)
    precise = lists.hits / lists.tied * (lists.hits_before + 1 + others) / lists.place
    with np.errstate(invalid="ignore", divide="ignore"):
        return [
            reciprocal,
            lists.per_query(np.where(lists.hits > 0, precise, 0.0)) / lists.per_query((lists.relevance > 0).astype(np.float64)),
        ]
