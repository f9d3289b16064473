from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.outcome import Outcome, OutcomeCounts, total_outcome
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.schema import Task

BINARY = Outcome(Task.BINARY, "y", "said", ("p",), ("0", "1"), ((0.1, 0.5, 0.75),))
MANY = Outcome(Task.MULTICLASS, "y", "said", ("a", "b", "c"), ("a", "b", "c"), ((0.5,), (0.25, 0.5), ()))
NUMBER = Outcome(Task.REGRESSION, "y", "said", edges=((0.0, 1.0), (-0.5, 0.0, 0.5)), center=1.0, scale=2.0)


def rows(outcome: Outcome, seed: int, size: int) -> OutcomeRows:
    """Random rows of a task, some of them without a label."""
    rng = np.random.default_rng(seed)
    if outcome.task is Task.REGRESSION:
        came = np.where(rng.random(size) < 0.2, np.nan, rng.normal(size=size))
        return OutcomeRows(rng.normal(size=size), came)
    classes = len(outcome.classes)
    scores = tuple(np.where(rng.random(size) < 0.1, np.nan, rng.random(size)) for _ in outcome.scores)
    return OutcomeRows(rng.integers(0, classes + 1, size), rng.integers(0, classes + 1, size), scores)


def cut(whole: OutcomeRows, at: int) -> tuple[OutcomeRows, OutcomeRows]:
    """The rows before and from `at` on."""
    first = OutcomeRows(whole.said[:at], whole.came[:at], tuple(score[:at] for score in whole.scores))
    return first, OutcomeRows(whole.said[at:], whole.came[at:], tuple(score[at:] for score in whole.scores))


def same(left: OutcomeCounts, right: OutcomeCounts) -> bool:
    """Equal in every count."""
    return all(np.array_equal(a, b) for a, b in zip(left.arrays(), right.arrays(), strict=True))


@pytest.mark.parametrize("outcome", [BINARY, MANY, NUMBER], ids=lambda outcome: outcome.task.value)
@given(seed=st.integers(0, 1000), size=st.integers(0, 60), at=st.integers(0, 60))
def test_counting_is_a_homomorphism(outcome: Outcome, seed: int, size: int, at: int) -> None:
    """Counting rows in two parts and adding gives what counting them at once gives, to the last bit."""
    whole = rows(outcome, seed, size)
    first, second = cut(whole, at)
    assert same(count_outcome(outcome, whole), count_outcome(outcome, first) + count_outcome(outcome, second))


@pytest.mark.parametrize("outcome", [BINARY, MANY, NUMBER], ids=lambda outcome: outcome.task.value)
def test_adding_is_a_commutative_monoid(outcome: Outcome) -> None:
    """The order of adding does not matter, and no rows add nothing."""
    a, b, c = (count_outcome(outcome, rows(outcome, seed, 50)) for seed in range(3))
    assert same(a + b, b + a)
    assert same((a + b) + c, a + (b + c))
    assert same(total_outcome([a, b, c]), a + b + c)
    assert same(a + OutcomeCounts.empty(outcome), a)


@pytest.mark.parametrize("outcome", [BINARY, MANY, NUMBER], ids=lambda outcome: outcome.task.value)
def test_an_outcome_comes_back_from_json(outcome: Outcome) -> None:
    """What is written of an outcome reads as the same outcome, its floats exactly."""
    assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome


@pytest.mark.parametrize("outcome", [BINARY, MANY, NUMBER], ids=lambda outcome: outcome.task.value)
def test_counts_come_back_from_one_row_of_numbers(outcome: Outcome) -> None:
    """Laying all tables one after another and cutting them apart again changes nothing; another length is refused."""
    counts = count_outcome(outcome, rows(outcome, 1, 40))
    flat = np.concatenate([array.ravel() for array in counts.arrays()])
    assert same(OutcomeCounts.of(outcome, flat), counts)
    with pytest.raises(ValueError, match="counts of outcomes where the plan has"):
        OutcomeCounts.of(outcome, flat[:-1])


def test_labelled_rows_are_those_whose_label_is_known() -> None:
    """Rows without a label do not count as labelled, whatever was said."""
    said, came = np.array([0, 1, 2, 1]), np.array([1, 2, 0, 1])
    assert count_outcome(BINARY, OutcomeRows(said, came, (np.full(4, 0.3),))).labelled == 3
