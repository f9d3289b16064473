"""What spoilt the data, from diagnoses and from verdicts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.decisions.faults import causes, explained, polluted, spoilt, unexplained
from driftline.decisions.losses import whole
from driftline.verdicts.diagnosis import EVERY_COLUMN, FLEETING, Change, Diagnosis

if TYPE_CHECKING:
    from typing import Any

LABELS = ("a", "b", "c", "d", "e")
UNIT = Diagnosis(
    change=Change.FAULT, kind="unit_change", columns=("amount",), sentence="× 100", remedy="divide", confidence=0.9, polluted=True,
    explains=("ratio",),
)  # fmt: skip
MOVED = Diagnosis(change=Change.COVARIATE, kind="covariate shift", columns=("x",), sentence="moved", confidence=0.5)
ODD = Diagnosis(change=Change.UNKNOWN, kind="unknown", columns=(), sentence="odd", confidence=0.1)


def test_one_fault_over_windows_is_one() -> None:
    """It begins where its last run does, lasts where it is in the newest window, and keeps all its windows out of training."""
    told = {"a": (UNIT,), "b": (MOVED,), "c": (UNIT,), "d": (UNIT, MOVED)}
    over = spoilt(told, LABELS)
    assert [(one.kind, one.columns, one.since, one.lasts) for one in over] == [("unit change", ("amount",), "c", False)]
    assert polluted(told, LABELS) == ("a", "c", "d")
    lasting = spoilt({**told, "e": (UNIT,)}, LABELS)
    assert (lasting[0].since, lasting[0].lasts) == ("c", True)


def test_no_fault_is_over_for_what_cannot_be_told_yet() -> None:
    """A window that leaves a column open does not end its fault; one that shows it to be well does."""
    told = {"c": (UNIT,)}
    left_open = {"d", "e"}
    (lasting,) = spoilt(told, LABELS, lambda label, names: label in left_open and "amount" in names)
    assert lasting.lasts
    left_open.discard("d")
    (over,) = spoilt(told, LABELS, lambda label, names: label in left_open and "amount" in names)
    assert not over.lasts


def test_faults_that_last_come_first_and_then_the_surest() -> None:
    """Whoever is called looks at what is broken now."""
    sure, doubted = replace(UNIT, columns=("x",), confidence=0.95), replace(UNIT, columns=("y",), confidence=0.6)
    found = spoilt({"a": (sure,), "e": (doubted, UNIT)}, LABELS)
    assert [one.columns for one in found] == [("amount",), ("y",), ("x",)]
    assert spoilt({"e": (replace(UNIT, columns=(EVERY_COLUMN,)),)}, LABELS)[0].columns == ("the whole table",)


def test_columns_that_no_longer_go_together_are_looked_at_once_it_lasts() -> None:
    """One window in two hundred shows it by chance, and nobody looks; two in a row, or a verdict, are looked at."""
    apart = Diagnosis(change=Change.DEPENDENCE, kind="multivariate_only", columns=("x", "y"), sentence="apart", confidence=FLEETING)
    assert unexplained((apart,)) == ""
    assert unexplained((replace(apart, confidence=0.4, new=False),)) == "apart"


def test_only_sure_faults_are_repaired() -> None:
    """A fault that is not sure is looked into; a movement of the world is neither."""
    doubted = replace(UNIT, confidence=0.3)
    assert spoilt({"e": (doubted, MOVED)}, LABELS) == ()
    assert polluted({"e": (doubted,)}, LABELS) == ()
    assert unexplained((doubted,)) == "× 100"
    assert unexplained((MOVED, ODD)) == "odd"
    assert unexplained((UNIT, ODD)) == unexplained((MOVED,)) == ""
    assert list(explained((UNIT, MOVED))) == ["amount", "ratio"]


def test_verdicts_alone_tell_what_was_never_seen(story: Any) -> None:
    """Without a diagnosis values beyond all that the reference had are a fault, from the day on which they come."""
    windows = [replace(window, diagnosis=()) for window, _ in whole(story.report(scaled=range(6, 8)))]
    told = causes(windows)
    days = tuple(window.window.label for window in windows)
    assert polluted(told, days) == ("2026-03-07", "2026-03-08")
    assert spoilt(told, days)[0].columns == ("x",)


def test_missing_labels_are_no_fault(story: Any) -> None:
    """That labels have not come yet says nothing of the data that the model is fed."""
    windows = [window for window, _ in whole(story.report(unlabelled=range(9, 12)))]
    assert not any(polluted(causes([replace(window, diagnosis=()) for window in windows]), tuple(w.window.label for w in windows)))
