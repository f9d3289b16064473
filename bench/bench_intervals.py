"""Measures how often 95% intervals of performance contain the truth, for windows of 100 to 100,000 rows.

A law is a large table of rows; a window is drawn from it with replacement, so the law's own value is the truth. For each
metric the coverage furthest from 95% over all laws and sizes is told, as far as the simulation leaves no doubt of it (less 2.6
of its standard errors); the whole table goes to the standard error stream.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, softmax

from driftline.performance.fairness import GAPS, gap
from driftline.performance.metric import measure
from driftline.performance.value import ValueMatrix, value_per_row
from driftline.profile import moments
from driftline.profile.outcome import Outcome
from driftline.profile.outcome_rows import Codes, OutcomeRows, code, count_codes
from driftline.profile.ranks import RankCounts, count_ranks
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from driftline.performance.interval import Value
    from driftline.profile.outcome import OutcomeCounts

SIZES = (100, 300, 1_000, 10_000, 100_000)
LAW = 50_000
"""Rows of a law."""

QUERIES, LISTED, ITEMS = 5_000, 20, 3_000
ALLOWED = 2.0
"""Points by which the coverage may miss 95%."""

DOUBT = 2.6
"""Standard errors that are taken for luck."""

SEED = 20260707


@dataclass(frozen=True, slots=True)
class Law:
    """Rows to draw windows from.

    Attributes:
        ask: all that is measured of a window, by name; a window is the places of its rows in the law.
        truth: the same of the law, for windows of so many rows.
        rows: how many the law has.
    """

    ask: Callable[[NDArray[np.intp]], dict[str, Value]]
    truth: Callable[[int], dict[str, float]]
    rows: int


def main() -> None:
    """Measure, and print one line of JSON for each metric."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000, help="windows of each size from each law; a fifth of it of the longest")
    parser.add_argument("--law", action="append", choices=list(LAWS), help="only these laws")
    options = parser.parse_args()
    furthest: dict[str, float] = {}
    for name in options.law or LAWS:
        told = coverage(LAWS[name](np.random.default_rng(SEED)), options.repeats)
        for metric, shares in told.items():
            print(f"{name:>12}  {metric:>30} " + " ".join(f"{100 * share:6.1f}" for share in shares), file=sys.stderr, flush=True)
            sure = [abs(100 * share - 95) - DOUBT * error(options.repeats, size) for share, size in zip(shares, SIZES, strict=True)]
            furthest[metric] = max(furthest.get(metric, 0.0), *sure)
    for metric, points in furthest.items():
        what = f"95% interval of {metric}: coverage misses 95% by at least"
        print(json.dumps({"what": what, "measured": points, "unit": "points", "wanted": ALLOWED}), flush=True)


def windows(repeats: int, size: int) -> int:
    """How many windows are drawn."""
    return repeats // 5 if size == SIZES[-1] else repeats


def error(repeats: int, size: int) -> float:
    """Standard error of a coverage of 95%, in points."""
    return 100 * (0.95 * 0.05 / windows(repeats, size)) ** 0.5


def coverage(law: Law, repeats: int) -> dict[str, list[float]]:
    """For each metric, and each size, how often the interval contains the truth; windows without an interval are left out."""
    found: dict[str, list[float]] = {}
    for size in SIZES:
        truth = law.truth(size)
        dice = np.random.default_rng([SEED, size])
        held: dict[str, list[bool]] = {name: [] for name in truth}
        for _ in range(windows(repeats, size)):
            for name, value in law.ask(dice.integers(law.rows, size=size)).items():
                if value.known:
                    held[name].append(value.low - 1e-12 <= truth[name] <= value.high + 1e-12)
        for name, hits in held.items():
            found.setdefault(name, []).append(float(np.mean(hits)))
    return found


def counted(outcome: Outcome, rows: OutcomeRows) -> Callable[[NDArray[np.intp]], OutcomeCounts]:
    """Counts a window of a law's rows."""
    codes = code(outcome, rows)

    def count(places: NDArray[np.intp]) -> OutcomeCounts:
        drawn = Codes(
            codes.table[places],
            tuple(one[places] for one in codes.scores),
            tuple((cells[places], steps[places]) for cells, steps in codes.sums),
            tuple((grid[places], known[places]) for grid, known in codes.measures),
        )
        return count_codes(outcome, drawn)

    return count


def law_of(outcome: Outcome, rows: OutcomeRows, names: Iterable[str]) -> Law:
    """The law of a table of rows, asked for metrics."""
    count = counted(outcome, rows)
    chosen = list(names)
    whole = count(np.arange(LAW))
    truth = {name: measure(name, outcome, whole).value for name in chosen}

    def ask(places: NDArray[np.intp]) -> dict[str, Value]:
        counts = count(places)
        return {name: measure(name, outcome, counts) for name in chosen}

    return Law(ask, lambda _: truth, LAW)


BINARY = (
    *("accuracy", "precision", "recall", "specificity", "f0.5", "f1", "f2", "balanced_accuracy", "mcc", "positive_rate", "prevalence"),
    *("roc_auc", "average_precision", "log_loss", "brier", "ece", "precision@10%", "recall@10%", "lift@20%"),
)
MANY = (
    *("accuracy", "balanced_accuracy", "mcc", "precision_macro", "recall_macro", "f1_macro", "precision_weighted", "f1_weighted"),
    *("roc_auc_macro", "roc_auc_weighted", "log_loss", "brier"),
)
NUMBERS = ("mae", "mse", "rmse", "rmsle", "mape", "smape", "r2", "bias", "pinball@0.9", "pinball@0.5")
LISTS = ("precision@10", "recall@10", "ndcg@10", "hit_rate@1", "hit_rate@5", "mrr", "map")


def binary(dice: np.random.Generator, prevalence: float, apart: float, certain: float, threshold: float) -> tuple[Outcome, OutcomeRows]:
    """Normal evidence `apart` standard deviations apart, turned into scores that are `certain` times too sure."""
    came = (dice.random(LAW) < prevalence).astype(np.int64)
    evidence = dice.standard_normal(LAW) + (came - 0.5) * apart
    score = expit(certain * apart * evidence + np.log(prevalence / (1 - prevalence)))
    edges = np.unique(np.append(np.quantile(score, np.arange(1, 1000) / 1000), threshold))
    outcome = Outcome(task=Task.BINARY, label="y", scores=("s",), classes=("0", "1"), edges=(tuple(edges.tolist()),), threshold=threshold)
    return outcome, OutcomeRows((score >= threshold).astype(np.int64), came, (score,))


def classes(dice: np.random.Generator, shares: tuple[float, ...], apart: float) -> tuple[Outcome, OutcomeRows]:
    """Normal evidence for each of several classes."""
    many = len(shares)
    came = dice.choice(many, LAW, p=shares)
    evidence = dice.standard_normal((LAW, many))
    evidence[np.arange(LAW), came] += apart
    score = softmax(apart * evidence + np.log(shares), axis=1)
    edges = tuple(tuple(np.unique(np.quantile(column, np.arange(1, 500) / 500)).tolist()) for column in score.T)
    names = tuple(f"c{i}" for i in range(many))
    outcome = Outcome(task=Task.MULTICLASS, label="y", prediction="p", scores=names, classes=names, edges=edges)
    return outcome, OutcomeRows(score.argmax(axis=1), came, tuple(score.T))


def numbers(said: NDArray[np.float64], came: NDArray[np.float64]) -> tuple[Outcome, OutcomeRows]:
    """A regression, with bins where the engine puts them."""
    edges = tuple(
        tuple(np.unique(np.quantile(part, np.arange(1, many + 1) / (many + 1))).tolist()) for part, many in ((said, 63), (said - came, 127))
    )
    scale = float(2.0 ** np.floor(np.log2(came.std())))
    outcome = Outcome(task=Task.REGRESSION, label="y", prediction="p", edges=edges, center=float(np.round(came.mean())), scale=scale)
    return outcome, OutcomeRows(said, came)


def gaussian(dice: np.random.Generator) -> Law:
    """Normal errors."""
    came = 10 + 2 * dice.standard_normal(LAW)
    return law_of(*numbers(came + dice.standard_normal(LAW), came), NUMBERS)


def multiplied(dice: np.random.Generator) -> Law:
    """Labels over several orders of size, and errors in proportion to them."""
    came = np.exp(0.7 * dice.standard_normal(LAW))
    return law_of(*numbers(came * np.exp(0.05 + 0.3 * dice.standard_normal(LAW)), came), NUMBERS)


def wild(dice: np.random.Generator) -> Law:
    """Errors with heavy tails: Student's law with five degrees of freedom."""
    came = 50 + 5 * dice.standard_normal(LAW)
    return law_of(*numbers(came + dice.standard_t(5, LAW), came), NUMBERS)


def lists(dice: np.random.Generator) -> Law:
    """Lists of twenty items, a few of them relevant, some items shown far more often than others."""
    query = np.repeat(np.arange(QUERIES), LISTED)
    score = dice.standard_normal(query.size)
    relevance = (dice.random(query.size) < expit(1.5 * score - 2.5)).astype(np.float64)
    popular = 1 / np.arange(10, ITEMS + 10)
    items = dice.choice(ITEMS, query.size, p=popular / popular.sum())
    parts = np.split(np.arange(query.size), QUERIES)
    each = [count_ranks(query[part], score[part], relevance[part], items=items[part], catalogue=ITEMS) for part in parts]
    worth = np.array([[moments.from_limbs(row[: moments.SUM_LIMBS]) for row in one.sums] for one in each])
    told = np.array([one.queries for one in each]) > 0
    shown = np.array([one.shown[2] for one in each]) > 0
    outcome = Outcome(task=Task.RANKING, label="relevance", scores=("score",))

    def count(places: NDArray[np.intp]) -> RankCounts:
        drawn, known = worth[places], told[places]
        sums = np.array([moments.sums(drawn[known[:, i], i]) for i in range(drawn.shape[1])])
        times = np.bincount(places, minlength=QUERIES)
        seen = np.zeros((len(each[0].ks), ITEMS), dtype=np.int64)
        seen[2] = times @ shown
        return RankCounts(each[0].ks, sums, known.sum(axis=0), seen)

    def ask(places: NDArray[np.intp]) -> dict[str, Value]:
        counts = count(places)
        return {name: measure(name, outcome, counts) for name in (*LISTS, "coverage@10")}

    whole = ask(np.arange(QUERIES))

    def truth(size: int) -> dict[str, float]:
        covered = float((1 - (1 - shown.mean(axis=0)) ** size).mean())
        return {name: value.value for name, value in whole.items()} | {"coverage@10": covered}

    return Law(ask, truth, QUERIES)


def groups(dice: np.random.Generator) -> Law:
    """A binary model in two groups, one of which it serves worse; and what its decisions are worth."""
    outcome, rows = binary(dice, 0.3, 1.5, 1.0, 0.4)
    group = (dice.random(LAW) < 0.4).astype(np.int64)  # noqa: PLR2004  a share
    said = np.where((group == 1) & (dice.random(LAW) < 0.15), 0, rows.said)  # noqa: PLR2004  a share
    count = counted(outcome, OutcomeRows(said, rows.came, rows.scores))
    matrix = ValueMatrix(true_positive=50.0, false_positive=-10.0, true_negative=0.0, false_negative=-200.0)

    def ask(places: NDArray[np.intp]) -> dict[str, Value]:
        counts = {str(one): count(places[group[places] == one]) for one in (0, 1)}
        found = {name: gap(name, outcome, counts).value for name in GAPS}
        return found | {"value per row": value_per_row(matrix, outcome, counts["0"] + counts["1"])}

    truth = {name: value.value for name, value in ask(np.arange(LAW)).items()}
    return Law(ask, lambda _: truth, LAW)


LAWS: dict[str, Callable[[np.random.Generator], Law]] = {
    "usual": lambda dice: law_of(*binary(dice, 0.3, 1.5, 1.3, 0.5), BINARY),
    "rare": lambda dice: law_of(*binary(dice, 0.1, 1.5, 1.0, 0.3), BINARY),
    "sharp": lambda dice: law_of(*binary(dice, 0.5, 2.5, 0.7, 0.5), BINARY),
    "four classes": lambda dice: law_of(*classes(dice, (0.4, 0.3, 0.2, 0.1), 1.5), MANY),
    "ten classes": lambda dice: law_of(*classes(dice, (0.1,) * 10, 2.0), MANY),
    "gaussian": gaussian,
    "multiplied": multiplied,
    "wild": wild,
    "lists": lists,
    "groups": groups,
}


if __name__ == "__main__":
    main()
