"""Columns that are known by what they say of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.config.guess import guess
from driftline.schema import Kind, Role, Task

ROWS = 2000
RNG = np.random.default_rng
CLASSES = np.array(["billing", "bug", "login"])


def foretelling(seed: int, miss: float = 0.0) -> tuple[Any, Any, Any]:
    """What is said, what comes true as often (or so much oftener), and a toss that has nothing to do with it."""
    rng = RNG(seed)
    said = rng.beta(2, 5, ROWS)
    return said, (rng.random(ROWS) < said + miss).astype(float), rng.integers(0, 2, ROWS).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_a_score_tells_its_label(profile: Any, seed: int) -> None:
    """Whatever the label is called: what is said to be so probable is so frequent, and of nothing else."""
    said, came, toss = foretelling(seed)
    found = guess(profile(p_cancel=said, deposit=toss, cancelled=came, amount=RNG(1).lognormal(3, 1, ROWS) + 2))
    assert found.roles == {"p_cancel": Role.SCORE, "cancelled": Role.LABEL}
    assert found.task is Task.BINARY
    as_truths = (Kind.BOOLEAN, ["true" if one else "false" for one in came])
    assert guess(profile(score=said, deposit=toss, cancelled=as_truths)).roles == {"score": Role.SCORE, "cancelled": Role.LABEL}


@pytest.mark.parametrize("seed", range(5))
def test_what_does_not_come_true_is_no_score(profile: Any, seed: int) -> None:
    """A share that is called a score stays a feature where no column, or more than one, comes true as often as it says."""
    said, came, toss = foretelling(seed, miss=0.2)
    assert guess(profile(ip_score=said, deposit=toss, came=came)).roles == {}
    _, came, _ = foretelling(seed)
    assert guess(profile(ip_score=said, came=came, again=came)).roles == {}


def classified(seed: int, right: float = 0.8) -> tuple[list[str], list[str], Any]:
    """What came true, what was said, and a chance of each class."""
    rng = RNG(seed)
    came = rng.integers(0, 3, ROWS)
    said = np.where(rng.random(ROWS) < right, came, rng.integers(0, 3, ROWS))
    chances = rng.dirichlet(np.ones(3), ROWS) / 2 + np.eye(3)[said] / 2
    return CLASSES[came].tolist(), CLASSES[said].tolist(), chances.round(4)


def test_a_class_is_what_its_prediction_names(profile: Any) -> None:
    """A column with the same classes that mostly agrees is the label; a column that does not is none."""
    came, said, _ = classified(1)
    tossed, _, _ = classified(2)
    other = {"desk": tossed, "amount": RNG(1).lognormal(3, 1, ROWS) + 2}
    assert guess(profile(prediction=said, topic=came, **other)).roles == {"prediction": Role.PREDICTION, "topic": Role.LABEL}
    assert guess(profile(prediction=said, **other)).roles == {"prediction": Role.PREDICTION}


def test_a_prediction_is_called_after_its_label(profile: Any) -> None:
    """A number is the label where the prediction bears its name, not where it merely follows: it may be the last value."""
    rng = RNG(3)
    price = rng.lognormal(3, 1, ROWS) + 2
    said = price * rng.normal(1, 0.1, ROWS)
    assert guess(profile(price=price, predicted_price=said)).roles == {"price": Role.LABEL, "predicted_price": Role.PREDICTION}
    assert guess(profile(price=price, prediction=said)).roles == {"prediction": Role.PREDICTION}


def test_each_class_may_have_its_score(profile: Any) -> None:
    """Columns called after all classes that add up to 1 are scores; others, or too few of them, are features."""
    came, said, chances = classified(4)
    each = {f"proba_{name}": chances[:, k] for k, name in enumerate(CLASSES)}
    known = {"prediction": Role.PREDICTION, "label": Role.LABEL}
    found = guess(profile(prediction=said, label=came, **each))
    assert found.roles == known | dict.fromkeys(each, Role.SCORE)
    assert found.task is Task.MULTICLASS
    assert guess(profile(prediction=said, label=came, **{name: 0.9 * share for name, share in each.items()})).roles == known
    del each["proba_bug"]
    assert guess(profile(prediction=said, label=came, **each)).roles == known


def test_classes_may_be_numbers(profile: Any) -> None:
    """Where each value of a prediction has a chance of its own, it is a class: its label is found as one of texts is."""
    rng = RNG(5)
    came = rng.integers(0, 4, ROWS)
    said = np.where(rng.random(ROWS) < 0.8, came, rng.integers(0, 4, ROWS))
    chances = (rng.dirichlet(np.ones(4), ROWS) / 2 + np.eye(4)[said] / 2).round(4)
    shares = {f"p_{one}": chances[:, one] for one in range(4)}
    other = {"floors": rng.integers(0, 4, ROWS).astype(float), "amount": rng.lognormal(3, 1, ROWS) + 2}
    columns = {"pred": said.astype(float), "digit": came.astype(float), **other}
    found = guess(profile(**columns, **shares))
    assert found.roles == {"pred": Role.PREDICTION, "digit": Role.LABEL} | dict.fromkeys(shares, Role.SCORE)
    assert found.task is Task.MULTICLASS
    assert guess(profile(**columns)).roles == {"pred": Role.PREDICTION}, "a number may be a quantity, and what follows it its last value"
