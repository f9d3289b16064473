"""Early labels: taken for a sample of all where both kinds wait equally long, and not where one comes sooner."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.performance.early import alike, alike_by_class, count_early, settled_age, sort_labels, sorts
from driftline.performance.maturity import AGES, Delays, count_delays, learn_delays
from driftline.profile.outcome import Outcome
from driftline.profile.outcome_rows import OutcomeRows
from driftline.schema import Task

DAY = 86_400.0
BINARY = Outcome(Task.BINARY, "y", "said", ("p",), ("0", "1"), ((0.5,),))
NUMBER = Outcome(Task.REGRESSION, "y", "said", (), (), ((0.0, 1.0), (-1.0, 0.0, 1.0)), center=5.0)


def learnt(wait: np.ndarray, sort: np.ndarray, seed: int = 0) -> tuple[Delays, bool]:
    """Delays of rows of sixty days that wait so long, in days, and whether their sorts are alike."""
    dice = np.random.default_rng(seed)
    made = dice.uniform(0, 60 * DAY, wait.size)
    now = 60 * DAY
    known = np.where(made + wait * DAY <= now, made + wait * DAY, np.nan)
    delays = learn_delays(count_delays(made, known, now))
    assert delays is not None
    counts = count_early(sort, 2, made, known, now)
    return delays, alike(counts[:, settled_age(delays) :].sum(1))


def by_class(wait: np.ndarray, sort: np.ndarray) -> bool:
    """Whether labels of each class by itself wait equally long."""
    everything = np.full(sort.size, 60 * DAY)
    return alike_by_class(count_early(sort, 2, everything - wait * DAY, everything, 60 * DAY).sum(1))


def labels(share: float, many: int = 20_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and which of them the model missed."""
    dice = np.random.default_rng(seed)
    return (dice.random(many) < share).astype(np.int64), dice.random(many) < 0.2


@pytest.mark.parametrize("seed", range(5))
def test_labels_that_wait_equally_long_are_alike(seed: int) -> None:
    """Neither what they say nor whether the model was right has to do with how late they come."""
    what, missed = labels(0.1, seed=seed)
    assert learnt(np.random.default_rng(seed).gamma(2.0, 3.0, what.size), 2 * what + missed, seed)[1]


def test_labels_of_one_class_that_come_sooner_are_not() -> None:
    """Frauds are reported in days, all else is known after weeks."""
    what, missed = labels(0.1)
    wait = np.random.default_rng(2).gamma(2.0, 3.0, what.size) * np.where(what == 1, 0.5, 1.0)
    assert not learnt(wait, 2 * what + missed)[1]


def test_a_class_that_comes_sooner_is_like_itself() -> None:
    """Frauds come sooner, whether the model met them or not: of each class those that came are a fair sample, but for one seed in fifty."""
    found = []
    for seed in range(40):
        what, missed = labels(0.1, seed=seed)
        wait = np.random.default_rng(100 + seed).gamma(2.0, 3.0, what.size) * np.where(what == 1, 0.5, 1.0)
        found.append(by_class(wait, 2 * what + missed))
    assert sum(found) >= 38


def test_frauds_that_were_missed_and_come_late_are_not() -> None:
    """What the model stopped is known at once, what it let pass when a customer complains."""
    what, missed = labels(0.1)
    wait = np.random.default_rng(6).gamma(2.0, 3.0, what.size) * np.where((what == 1) & ~missed, 0.5, 1.0)
    assert not by_class(wait, 2 * what + missed)
    assert not alike_by_class(np.zeros((4, AGES.size), dtype=np.int64))
    assert not alike_by_class(np.full((2, AGES.size), 100)), "there are no classes to tell apart"


def test_a_term_that_most_labels_share_hides_nothing() -> None:
    """Frauds are reported in days, all else is known on one day."""
    what, missed = labels(0.1)
    wait = np.where(what == 1, np.random.default_rng(5).exponential(2.0, what.size), 21.0)
    assert not learnt(wait, 2 * what + missed)[1]


def test_mistakes_that_come_sooner_are_not() -> None:
    """Customers complain of mistakes at once."""
    what, missed = labels(0.3)
    wait = np.random.default_rng(3).gamma(2.0, 3.0, what.size) * np.where(missed, 0.5, 1.0)
    assert not learnt(wait, 2 * what + missed)[1]


def test_of_too_few_nobody_knows() -> None:
    """A dozen frauds do not tell whether frauds come sooner, and nothing at all tells nothing."""
    assert not alike(np.zeros((4, AGES.size), dtype=np.int64))
    few = np.zeros((4, AGES.size), dtype=np.int64)
    few[0, 100], few[2, 90:100] = 40, 1
    assert not alike(few)


def test_counts_add() -> None:
    """Counting parts and counting the whole is the same."""
    dice = np.random.default_rng(4)
    made, sort = dice.uniform(0, 10 * DAY, 1000), dice.integers(-1, 4, 1000)
    known = made + dice.exponential(DAY, 1000)
    whole = count_early(sort, 2, made, known, 10 * DAY)
    parts = [count_early(sort[part], 2, made[part], known[part], 10 * DAY) for part in (slice(0, 300), slice(300, None))]
    assert (whole == parts[0] + parts[1]).all()
    assert whole.sum() == ((sort >= 0) & (known <= 10 * DAY)).sum()


def test_sorts_tell_what_labels_say_and_whether_the_model_was_right() -> None:
    """Twice the class and one more for a miss; numbers by the side of the middle and by how far off; nothing where none came."""
    rows = OutcomeRows(np.array([0, 1, 1, 0, 2]), np.array([0, 0, 1, 1, 2]))
    assert sort_labels(BINARY, rows).tolist() == [0, 1, 2, 3, -1]
    assert sorts(BINARY) == 2
    numbers = OutcomeRows(np.array([4.0, 9.0, 6.5, 1.0]), np.array([4.5, 4.0, 7.0, np.nan]))
    assert sort_labels(NUMBER, numbers).tolist() == [0, 1, 2, -1]
    many = Outcome(Task.MULTICLASS, "y", "said", (), tuple(map(str, range(30))))
    assert sort_labels(many, OutcomeRows(np.array([3, 4]), np.array([3, 5]))).tolist() == [0, 1]
