"""What the reference suggests about its columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.config.guess import guess, look
from driftline.profile.bins import fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role, Task
from driftline.window import Cadence

if TYPE_CHECKING:
    from driftline.profile.profile import Profile

ROWS = 2000
RNG = np.random.default_rng
WEEK = 7 * 86_400


def profile(**columns: Any) -> Profile:
    """The profile of columns of numbers, texts, truths, and of pairs of a kind and numbers."""
    planned, cells = [], {}
    for name, given in columns.items():
        kind, values = given if isinstance(given, tuple) else (None, given)
        kind = kind or (Kind.NUMBER if isinstance(values, np.ndarray) else Kind.CATEGORY)
        none = np.zeros(len(values), dtype=bool)
        if kind in {Kind.NUMBER, Kind.TIMESTAMP}:
            bins: Any = fit_number_bins(np.asarray(values))
            cells[name] = Cells(np.asarray(values), [None] * len(values), none, none)
        else:
            bins = fit_level_bins(Counter(values))
            cells[name] = Cells(np.full(len(values), np.nan), values, none, none)
        planned.append(Planned(Column(name=name, kind=kind), bins))
    return count(Plan(tuple(planned)), cells, ROWS)


def times(seconds: float) -> tuple[Kind, Any]:
    """Instants spread over so many seconds."""
    return Kind.TIMESTAMP, 1.77e9 + np.linspace(0, seconds, ROWS)


def ids(distinct: int = ROWS) -> list[str]:
    """Names of which so many differ."""
    return [f"n{i % distinct}" for i in range(ROWS)]


def numbers(seed: int = 1) -> Any:
    """Quantities beyond 1."""
    return RNG(seed).lognormal(3, 1, ROWS) + 2


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("ts", times(WEEK), Role.TIMESTAMP),
        ("created_at", times(WEEK), Role.TIMESTAMP),
        ("Whenever", times(WEEK), Role.TIMESTAMP),
        ("order_id", ids(), Role.ID),
        ("y_pred", [["a", "b"][i % 2] for i in range(ROWS)], Role.PREDICTION),
        ("predicted_price", numbers(), Role.PREDICTION),
        ("probability", RNG(1).random(ROWS), Role.SCORE),
        ("model_score", RNG(1).random(ROWS), Role.SCORE),
        ("is_fraud", (Kind.BOOLEAN, ["true", "false"] * (ROWS // 2)), Role.LABEL),
        ("target", numbers(), Role.LABEL),
        ("customer_id", ids(100), Role.IGNORED),
        ("comment", ids(1500), Role.IGNORED),
    ],
)
def test_roles_are_known_by_name_and_content(name: str, values: Any, role: Role) -> None:
    """A column gets a role if it is called so and holds what the role takes."""
    assert guess(profile(**{name: values, "amount": numbers()})).roles == {name: role}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("credit_score", numbers()),
        ("score", numbers()),
        ("ip_risk", RNG(1).random(ROWS)),
        ("is_weekend", (Kind.BOOLEAN, ["true", "false"] * (ROWS // 2))),
        ("date", numbers()),
        ("paid", ids(20)),
        ("class_id", ids(5)),
    ],
)
def test_features_that_sound_like_a_role_stay_features(name: str, values: Any) -> None:
    """A credit score is not a probability, and a number is not a time."""
    assert guess(profile(**{name: values, "amount": numbers()})).roles == {}


def foretelling(seed: int, miss: float = 0.0) -> tuple[Any, Any, Any]:
    """What is said, what comes true as often (or so much oftener), and a toss that has nothing to do with it."""
    rng = RNG(seed)
    said = rng.beta(2, 5, ROWS)
    return said, (rng.random(ROWS) < said + miss).astype(float), rng.integers(0, 2, ROWS).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_a_score_tells_its_label(seed: int) -> None:
    """Whatever the label is called: what is said to be so probable is so frequent, and of nothing else."""
    said, came, toss = foretelling(seed)
    found = guess(profile(p_cancel=said, deposit=toss, cancelled=came, amount=numbers()))
    assert found.roles == {"p_cancel": Role.SCORE, "cancelled": Role.LABEL}
    assert found.task is Task.BINARY
    as_truths = (Kind.BOOLEAN, ["true" if one else "false" for one in came])
    assert guess(profile(score=said, deposit=toss, cancelled=as_truths)).roles == {"score": Role.SCORE, "cancelled": Role.LABEL}


@pytest.mark.parametrize("seed", range(5))
def test_what_does_not_come_true_is_no_score(seed: int) -> None:
    """A share that is called a risk stays a feature where no column, or more than one, comes true as often as it says."""
    said, came, toss = foretelling(seed, miss=0.2)
    assert guess(profile(ip_risk=said, deposit=toss, came=came)).roles == {}
    _, came, _ = foretelling(seed)
    assert guess(profile(ip_risk=said, came=came, again=came)).roles == {}


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"label": (Kind.BOOLEAN, ["true", "false"] * (ROWS // 2))}, Task.BINARY),
        ({"label": np.tile([0.0, 1.0], ROWS // 2)}, Task.BINARY),
        ({"label": ids(5)}, Task.MULTICLASS),
        ({"label": np.tile([0.0, 1.0, 2.0, 3.0], ROWS // 4)}, Task.MULTICLASS),
        ({"prediction": numbers()}, Task.REGRESSION),
        ({"score": RNG(1).random(ROWS)}, Task.BINARY),
        ({"amount": numbers()}, Task.NONE),
    ],
)
def test_the_task_follows_from_label_prediction_and_score(columns: dict[str, Any], task: Task) -> None:
    """Two values are a yes or a no, a few are classes, many numbers are a quantity."""
    assert guess(profile(**columns)).task is task


@pytest.mark.parametrize(
    ("seconds", "cadence"),
    [(86_400, Cadence.DAY), (WEEK, Cadence.WEEK), (52 * WEEK, Cadence.MONTH), (0, None)],
)
def test_windows_are_long_enough_for_a_thousand_rows(seconds: float, cadence: Cadence | None) -> None:
    """The shortest calendar window with enough rows; none where time does not pass."""
    found = guess(profile(ts=times(seconds), amount=numbers()))
    assert found.arrives is cadence
    assert (found.per_day is None) == (cadence is None)


def test_names_in_digits_become_categories() -> None:
    """A postal code is a number to the reader of the file only."""
    found = guess(profile(zip=RNG(1).integers(1000, 9999, ROWS).astype(float), amount=numbers()))
    assert found.kinds == {"zip": Kind.CATEGORY}


def test_roles_that_counting_infers_are_told() -> None:
    """What would be taken for granted stands in the file, even where the name alone would not do."""
    planned = Planned(Column(name="when", kind=Kind.TIMESTAMP, role=Role.TIMESTAMP), fit_number_bins(np.array([1.0, 2.0])))
    score = Planned(Column(name="points", kind=Kind.NUMBER, role=Role.SCORE), fit_number_bins(np.array([1.0, 2.0])))
    assert guess(count(Plan((planned, score)), {}, 10)).roles == {"when": Role.TIMESTAMP, "points": Role.SCORE}


def test_what_is_left_out_has_a_reason() -> None:
    """A column of names is left out, and the reason says how many there are."""
    found = guess(profile(customer_id=ids(100), amount=numbers()))
    assert "different values in 2,000 rows" in found.reasons["customer_id"]
    assert found.named(Role.IGNORED) == ["customer_id"]


def test_a_reference_of_nothing_suggests_nothing() -> None:
    """No columns, or columns without a value, are no reason to fail."""
    empty = count(Plan((Planned(Column(name="label", kind=Kind.NUMBER), fit_number_bins(np.array([]))),)), {}, 10)
    assert guess(empty).roles == {}
    assert np.isnan(look(empty)[0].low)
