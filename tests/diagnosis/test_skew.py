"""Serving beside training: a constant difference since the first window, and rows that differ by their id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import driftline
from driftline.diagnosis.skew import shared
from driftline.services.diagnose import diagnose

if TYPE_CHECKING:
    from conftest import Clinic

DAYS = 22


def served(clinic: Clinic, *, since: int = 0, slowly: bool = False) -> list[dict[str, Any]]:
    """Days whose balance is another one since one of them, at once or a little more each day."""
    days = [clinic.day(500 + number, 1000) for number in range(DAYS)]
    much = [(number >= since) * ((number + 1) / DAYS if slowly else 1) for number in range(DAYS)]
    return [day | {"balance": day["balance"] + 160 * part * np.sign(day["balance"] - 400)} for day, part in zip(days, much, strict=True)]


def told(clinic: Clinic, days: list[dict[str, Any]]) -> list[list[str]]:
    """The kinds of what is told of each day's balance."""
    windows = [one for one in diagnose(*clinic.judged(*days)).windows if one.segment is None]
    return [[one.kind for one in window.diagnosis if "balance" in one.columns] for window in windows]


def test_a_constant_difference_is_told_once_it_has_lasted(clinic: Clinic) -> None:
    """On the first days it may be drift that has just begun; from the twenty-first on it is made otherwise in serving."""
    found = told(clinic, served(clinic))
    assert all("serving_skew" not in kinds for kinds in found[:20])
    assert all(kinds[:1] == ["serving_skew"] for kinds in found[20:])


@pytest.mark.parametrize("drift", [{"since": 2}, {"slowly": True}])
def test_drift_that_begins_or_grows_is_no_skew(clinic: Clinic, drift: dict[str, Any]) -> None:
    """What was as in training at first drifted; what goes on moving drifts."""
    assert all("serving_skew" not in kinds for kinds in told(clinic, served(clinic, **drift)))


def test_many_levels_differ_by_chance(clinic: Clinic) -> None:
    """Of two thousand codes every window has others, and is served as it was trained on."""

    def coded(day: dict[str, Any], seed: int) -> dict[str, Any]:
        codes = np.minimum(np.random.default_rng(seed).zipf(1.2, len(day["sale"])), 2000)
        return day | {"code": np.array([f"C{code}" for code in codes], dtype=object)}

    known = type(clinic)(coded(clinic.reference, 0), {})
    days = [coded(clinic.day(800 + number, 700), 10 + number) for number in range(DAYS)]
    windows = [one for one in diagnose(*known.judged(*days)).windows if one.segment is None]
    assert not [one for window in windows for one in window.diagnosis if one.kind == "serving_skew"]


def test_rows_of_the_reference_with_another_value_are_told(clinic: Clinic) -> None:
    """A twentieth of the logged ages are those of another day; the distribution is as ever, and only the ids show it."""
    rows = {name: values[:4000] for name, values in clinic.reference.items()}
    wrong = np.random.default_rng(0).random(4000) < 0.05
    logged = rows | {"age": np.where(wrong, np.roll(rows["age"], 1), rows["age"])}
    window = diagnose(*clinic.judged(logged)).windows[-1]
    (found,) = [one for one in window.diagnosis if one.kind == "serving_skew"]
    assert found.columns == ("age",)
    assert found.interval is not None
    assert found.interval[0] <= (logged["age"] != rows["age"]).mean() <= found.interval[1]
    assert not [one for one in diagnose(*clinic.judged(rows)).windows[-1].diagnosis if one.kind == "serving_skew"]


def test_an_id_that_means_a_customer_shows_nothing(clinic: Clinic) -> None:
    """Other sales under the ids of the reference are other rows."""
    again = clinic.day(600) | {"sale": clinic.reference["sale"][:3000]}
    assert not [one for one in diagnose(*clinic.judged(again)).windows[-1].diagnosis if one.kind == "serving_skew"]


def test_an_id_that_counts_the_rows_of_a_file_shows_nothing() -> None:
    """Files whose rows are numbered from nothing share ids, and columns of few values agree by chance: no row is in both."""

    def file(seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        return {
            "id": np.arange(3000),
            "x": rng.normal(size=3000),
            "currency": rng.choice(["eur", "usd"], 3000, p=[0.98, 0.02]),
            "country": rng.choice(["de", "fr", "it"], 3000),
            "version": np.ones(3000),
        }

    assert not driftline.compare(file(0), file(1)).found.windows[0].diagnosis


def test_rows_are_met_by_their_key(clinic: Clinic) -> None:
    """Values of the same rows lie side by side; rows that nobody has seen are in neither."""
    rows = {name: values[:2000] for name, values in clinic.reference.items()}
    learnt, current, _ = clinic.judged(rows)
    blocks, (now,) = [profile for _, profile in learnt.of(None)], [profile for _, profile in current.of(None)]
    before, here = shared(blocks, now)
    assert len(here) > 100
    age = now.plan.index("age")
    assert (before[:, age] == here[:, age]).all()
    assert len(shared(blocks, next(profile for _, profile in clinic.judged(clinic.day(601))[1].of(None)))[0]) == 0
