"""What the reference suggests about its columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.config.guess import guess, look
from driftline.profile.bins import fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import count
from driftline.schema import Column, Kind, Role, Task
from driftline.window import Cadence

ROWS = 2000
RNG = np.random.default_rng
WEEK = 7 * 86_400


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
def test_roles_are_known_by_name_and_content(profile: Any, name: str, values: Any, role: Role) -> None:
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
def test_features_that_sound_like_a_role_stay_features(profile: Any, name: str, values: Any) -> None:
    """A credit score is not a probability, and a number is not a time."""
    assert guess(profile(**{name: values, "amount": numbers()})).roles == {}


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
def test_the_task_follows_from_label_prediction_and_score(profile: Any, columns: dict[str, Any], task: Task) -> None:
    """Two values are a yes or a no, a few are classes, many numbers are a quantity."""
    assert guess(profile(**columns)).task is task


@pytest.mark.parametrize(
    ("seconds", "cadence"),
    [(86_400, Cadence.DAY), (WEEK, Cadence.WEEK), (52 * WEEK, Cadence.MONTH), (0, None)],
)
def test_windows_are_long_enough_for_a_thousand_rows(profile: Any, seconds: float, cadence: Cadence | None) -> None:
    """The shortest calendar window with enough rows; none where time does not pass."""
    found = guess(profile(ts=times(seconds), amount=numbers()))
    assert found.arrives is cadence
    assert (found.per_day is None) == (cadence is None)


def test_names_in_digits_become_categories(profile: Any) -> None:
    """A postal code is a number to the reader of the file only."""
    found = guess(profile(zip=RNG(1).integers(1000, 9999, ROWS).astype(float), amount=numbers()))
    assert found.kinds == {"zip": Kind.CATEGORY}


def test_roles_that_counting_infers_are_told() -> None:
    """What would be taken for granted stands in the file, even where the name alone would not do."""
    planned = Planned(Column(name="when", kind=Kind.TIMESTAMP, role=Role.TIMESTAMP), fit_number_bins(np.array([1.0, 2.0])))
    score = Planned(Column(name="points", kind=Kind.NUMBER, role=Role.SCORE), fit_number_bins(np.array([1.0, 2.0])))
    assert guess(count(Plan((planned, score)), {}, 10)).roles == {"when": Role.TIMESTAMP, "points": Role.SCORE}


def test_what_is_left_out_has_a_reason(profile: Any) -> None:
    """A column of names is left out, and the reason says how many there are."""
    found = guess(profile(customer_id=ids(100), amount=numbers()))
    assert "different values in 2,000 rows" in found.reasons["customer_id"]
    assert found.named(Role.IGNORED) == ["customer_id"]


def test_a_reference_of_nothing_suggests_nothing() -> None:
    """No columns, or columns without a value, are no reason to fail."""
    empty = count(Plan((Planned(Column(name="label", kind=Kind.NUMBER), fit_number_bins(np.array([]))),)), {}, 10)
    assert guess(empty).roles == {}
    assert np.isnan(look(empty)[0].low)
