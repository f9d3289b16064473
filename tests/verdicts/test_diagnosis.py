"""The record of an explanation, and which explanations forbid learning."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from driftline.verdicts.diagnosis import Change, Diagnosis, polluting

UNIT = Diagnosis(change=Change.FAULT, kind="unit_change", columns=("amount",), sentence="cents for euros", confidence=0.9, polluted=True)


def test_an_explanation_claims_only_what_it_was_given() -> None:
    """Without a count of rows there is no share, without a search no place, and nothing is called polluted by default."""
    told = Diagnosis(change=Change.COVARIATE, kind="covariate_shift", columns=("amount",), sentence="the inputs moved")
    assert (told.share, told.interval, told.where, told.polluted, told.mark) == (None, None, (), False, None)


def test_what_was_explained_stays_explained() -> None:
    """A decision that was replayed must rest on what it rested on."""
    with pytest.raises(FrozenInstanceError):
        UNIT.confidence = 1.0  # type: ignore[misc]  # the point of the test


def test_each_change_reads_as_words() -> None:
    """A change is printed in sentences: no identifiers, none twice."""
    words = [change.value for change in Change]
    assert len(set(words)) == len(words)
    assert not any("_" in word for word in words)


def test_only_sure_faults_forbid_learning() -> None:
    """A doubtful fault keeps no rows from training, and a change of the world never does."""
    doubtful = Diagnosis(change=Change.FAULT, kind="default_fill", columns=("age",), sentence="", confidence=0.3, polluted=True)
    moved = Diagnosis(change=Change.COVARIATE, kind="covariate_shift", columns=("age",), sentence="", confidence=0.9)
    assert polluting([doubtful, UNIT, moved]) == (UNIT,)
    assert polluting([doubtful, UNIT, moved], sure=0.2) == (doubtful, UNIT)
