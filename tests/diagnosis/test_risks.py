"""Risks are flagged where they were built in, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.risks import risks
from driftline.verdicts.diagnosis import Change
from driftline.verdicts.report import LabelReport

if TYPE_CHECKING:
    from conftest import Clinic

SETTINGS = {"task": "binary", "columns": {"id": "sale", "score": "score", "label": "bought"}}


def labelled(day: dict[str, Any], seed: int = 0) -> dict[str, Any]:
    """Who buys again is partly known from the age; the model knows as much."""
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-(day["age"] - 44) / 15))
    return day | {
        "score": np.clip(chance + rng.normal(0, 0.05, chance.size), 0, 1),
        "bought": (rng.random(chance.size) < chance).astype(float),
    }


def found(clinic: Clinic, day: dict[str, Any], **labels: Any) -> dict[str, Any]:
    """The risks of a day by their kind."""
    known = type(clinic)(labelled(clinic.reference), SETTINGS)
    window = known.judged(labelled(clinic.day(1)), day)[2].windows[-1]
    if labels:
        told = window.labels or LabelReport(
            labelled=0, coverage=0.0, expected=None, maturity=None, provisional=False, mature_on=None, reason=""
        )
        window = replace(window, labels=replace(told, **labels))
    return {one.kind: one for one in risks(known.case(labelled(clinic.day(1)), day), window)}


@pytest.mark.parametrize("seed", range(3))
def test_a_usual_day_has_no_risk(clinic: Clinic, seed: int) -> None:
    """Neither have labels that came for all."""
    # That labels are too few to be sure of the performance is true on most days.
    assert set(found(clinic, labelled(clinic.day(400 + seed), seed))) <= {"few_labels"}


def test_a_column_that_knows_the_answer_is_flagged(clinic: Clinic) -> None:
    """A balance that is booked after the sale is known: it tells the label, and a risk says so."""
    day = labelled(clinic.day(2))
    told = found(clinic, day | {"balance": np.where(day["bought"] > 0, 900.0, 100.0) + np.random.default_rng(0).normal(0, 50, 3000)})
    assert told["leakage"].columns == ("balance",)
    assert told["leakage"].change is Change.RISK
    assert "balance" in told["leakage"].sentence


def test_labels_made_from_predictions_are_flagged(clinic: Clinic) -> None:
    """Where the model's own decision becomes the label, it learns from itself."""
    day = labelled(clinic.day(3))
    sharp = np.where(day["score"] > 0.5, 0.97, 0.03)
    told = found(clinic, day | {"score": sharp, "bought": (sharp > 0.5).astype(float)})
    assert told["feedback_loop"].columns == ("score",)
    assert "leakage" not in told


def test_selective_labels_are_flagged(clinic: Clinic) -> None:
    """What the count of labels found out is told as a risk."""
    told = found(clinic, labelled(clinic.day(4)), skewed=True, skew="by score, PSI 0.4")
    assert "PSI 0.4" in told["label_skew"].sentence


def test_labels_that_do_not_come_are_flagged(clinic: Clinic) -> None:
    """A tenth where nine tenths are usual; but not where they are as late as ever."""
    assert "labels_overdue" in found(clinic, labelled(clinic.day(5)), coverage=0.1, expected=0.9)
    assert "labels_overdue" not in found(clinic, labelled(clinic.day(5)), coverage=0.8, expected=0.9)


def test_no_labels_where_hardly_any_are_usual_are_nothing_to_speak_of(clinic: Clinic) -> None:
    """Of a window that has just ended one row in a hundred thousand usually has a label: none is as usual."""
    assert "labels_overdue" not in found(clinic, labelled(clinic.day(5)), coverage=0.0, expected=8e-6)
    assert "labels_overdue" in found(clinic, labelled(clinic.day(5)), coverage=0.0, expected=0.05)


def test_an_old_reference_is_flagged(clinic: Clinic) -> None:
    """A week of reference, and a window half a year later; the next week is not late."""

    def at(day: dict[str, Any], first: str) -> dict[str, Any]:
        minutes = np.arange(len(day["age"])) * 7 * 1440 // len(day["age"])
        return day | {"at": (np.datetime64(first) + minutes.astype("timedelta64[m]")).astype("datetime64[us]").astype(object)}

    known = type(clinic)(at(clinic.reference, "2025-01-06T00:00"), {"columns": {"id": "sale", "timestamp": "at"}})
    for first, told in (("2025-07-07T00:00", ["stale_reference"]), ("2025-01-13T00:00", [])):
        day = at(clinic.day(6), first)
        assert [one.kind for one in risks(known.case(day), known.judged(day)[2].windows[-1])] == told
