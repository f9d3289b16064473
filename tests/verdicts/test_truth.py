from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from driftline.performance.maturity import Delays, count_delays, learn_delays
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.schema import Task
from driftline.verdicts.truth import by_segment, label_report
from driftline.window import Window

OUTCOME = Outcome(Task.BINARY, "y", "said", ("p",), ("0", "1"), (tuple(np.arange(1, 50) / 50),))
DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = Window(0, "2026-03-01", START, START + DAY)


def counts(rows: int, known: np.ndarray, seed: int = 0) -> OutcomeCounts:
    """Rows of which some have a label."""
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    came = np.where(known, (rng.random(rows) < score).astype(int), 2)
    return count_outcome(OUTCOME, OutcomeRows((score > 0.5).astype(int), came, (score,)))


def delays() -> Delays | None:
    """Labels that come within ten days, evenly, learnt from a month that is over."""
    rng = np.random.default_rng(1)
    made = rng.uniform(0, 30 * 86400, 20_000)
    return learn_delays(count_delays(made, made + rng.uniform(0, 10 * 86400, made.size), as_of=60 * 86400.0))


def report(share: float, as_of: datetime, *, learnt: bool = True, usual: float = 1.0) -> tuple[float, bool, float | None]:
    """What is said of 4,000 rows of which a share has a label."""
    known = np.random.default_rng(2).random(4000) < share
    found = label_report(OUTCOME, counts(4000, known), WINDOW, 4000, usual=usual, delays=delays() if learnt else None, as_of=as_of)
    return found.coverage, found.provisional, found.expected


def test_a_young_window_is_provisional_and_an_old_one_is_not() -> None:
    """Half the labels after five days are what is usual, and more will come; after ten days all have."""
    coverage, provisional, expected = report(0.45, START + 5 * DAY)
    assert provisional
    assert expected is not None
    assert abs(expected - 0.45) < 0.05
    assert abs(coverage - 0.45) < 0.05
    assert not report(1.0, START + 12 * DAY)[1]


def test_labels_that_ought_to_be_there_are_missed() -> None:
    """An old window with half its labels is not final: labels are missing."""
    assert report(0.5, START + 30 * DAY)[1]


def test_without_known_delays_the_references_coverage_is_the_measure() -> None:
    """A window with nearly the reference's share of labels is final; one with much fewer is not."""
    assert not report(0.8, START, learnt=False, usual=0.8)[1]
    assert report(0.4, START, learnt=False, usual=0.8)[1]


def test_selective_labels_are_told() -> None:
    """Where rows with low scores get their labels more often, the sentence says so; where chance decides, nothing is said."""
    rng = np.random.default_rng(3)
    score = np.random.default_rng(0).random(4000)
    by_score = label_report(OUTCOME, counts(4000, score < 0.6), WINDOW, 4000, usual=1.0, delays=None, as_of=START)
    by_chance = label_report(OUTCOME, counts(4000, rng.random(4000) < 0.6), WINDOW, 4000, usual=1.0, delays=None, as_of=START)
    assert by_score.skewed
    assert "score" in by_score.skew
    assert not by_chance.skewed
    assert by_chance.skew == ""


def test_a_window_without_rows_has_no_labels() -> None:
    """Nothing is divided by nothing."""
    found = label_report(OUTCOME, OutcomeCounts.empty(OUTCOME), WINDOW, 0, usual=1.0, delays=delays(), as_of=START + 20 * DAY)
    assert (found.labelled, found.coverage) == (0, 0.0)


def test_labels_that_came_for_some_segments_only_are_told() -> None:
    """Half of the shop's labels and nearly all of the web's: said, and not judged by before the window is mature. Chance says nothing."""
    dice = np.random.default_rng(5)
    known = counts(4000, dice.random(4000) < 0.7)
    found = label_report(OUTCOME, known, WINDOW, 4000, usual=1.0, delays=delays(), as_of=START + 7 * DAY)
    found = replace(found, telling=True)
    here, told = found.labelled, 4000 - found.labelled
    uneven = by_segment(found, {"channel=web": (here - 700, 60), "channel=shop": (700, told - 60), "country=de": (here, told)})
    assert (uneven.skewed, uneven.telling, uneven.selected) == (True, False, False)
    assert "channel web" in uneven.skew
    large = by_segment(found, {"large": (here // 2, told // 8)})
    assert "large" in large.skew
    false = 0
    for _ in range(400):
        web = dice.hypergeometric(here, told, 1_500)
        false += by_segment(found, {"channel=web": (web, 1_500 - web), "channel=shop": (here - web, told - 1_500 + web)}).skewed
    assert false <= 4
