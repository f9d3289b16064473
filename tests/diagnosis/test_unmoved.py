"""A day on which every column is as before and they no longer go together: said where the setting asks, and not else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.decisions.faults import unexplained
from driftline.diagnosis.unmoved import with_unmoved
from driftline.services.diagnose import diagnose
from driftline.verdicts.diagnosis import FLEETING, Change

if TYPE_CHECKING:
    from conftest import Clinic

    from driftline.verdicts.diagnosis import Diagnosis


@pytest.fixture(scope="module")
def plain(clinic: Clinic) -> Clinic:
    """A shop of few columns, one of them without values and one of free text."""
    return type(clinic)(few(clinic.day(0, 6000)), {})


def few(day: dict[str, Any]) -> dict[str, Any]:
    """Some columns of a day."""
    rows = len(day["sale"])
    kept = {name: day[name] for name in ("sale", "amount", "weight", "age", "celsius", "channel")}
    memo = np.array([f"customer {sale} asked for a call and a parcel" for sale in day["sale"]], dtype=object)
    return kept | {"note": np.full(rows, None), "memo": memo}


def told(clinic: Clinic, *days: dict[str, Any], together: str | None) -> list[tuple[Diagnosis, ...]]:
    """What is said of each day of columns together."""
    report = diagnose(*clinic.judged(*days), together=together)
    return [tuple(one for one in window.diagnosis if one.change is Change.DEPENDENCE) for window in report.windows]


def test_rows_that_were_mixed_up_are_told_of(plain: Clinic) -> None:
    """Weights of other rows: no column moved, and the two that no longer go together are named, since then; a usual day says nothing."""
    mixed = [few(plain.day(seed, 2000)) for seed in (2, 3)]
    for day in mixed:
        day["weight"] = np.random.default_rng(0).permutation(day["weight"])
    usual, first, second = told(plain, few(plain.day(1, 2000)), *mixed, together="classifier")
    assert usual == ()
    assert len(first) == 1
    assert {"amount", "weight"} <= set(first[0].columns)
    assert "no longer go together" in first[0].sentence
    assert "by classifier" in first[0].sentence
    assert first[0].evidence["p"] <= 0.005
    assert (first[0].new, second[0].new, second[0].since) == (True, False, "1")


def test_what_lasts_is_known_where_only_the_newest_window_is_asked_about(plain: Clinic) -> None:
    """As in the service: the window before is looked at too, once the newest one shows something."""
    mixed = [few(plain.day(seed, 2000)) for seed in (2, 3)]
    for day in mixed:
        day["weight"] = np.random.default_rng(0).permutation(day["weight"])
    learnt, current, report = plain.judged(few(plain.day(1, 2000)), *mixed)
    newest = report.windows[-1]
    (found,) = [
        one
        for one in diagnose(learnt, current, report, {newest.window}, together="classifier").windows[-1].diagnosis
        if one.change is Change.DEPENDENCE
    ]
    assert (found.new, found.since) == (False, "1")


def test_one_window_alone_sends_nobody_to_look(plain: Clinic) -> None:
    """What one window shows is told; once the next one shows it too, it counts."""
    mixed = few(plain.day(2, 2000))
    mixed["weight"] = np.random.default_rng(0).permutation(mixed["weight"])
    learnt, _, report = plain.judged(mixed)
    blocks, dice = [profile for _, profile in learnt.of(None)], np.random.default_rng(0)
    first = with_unmoved((), "classifier", report.windows[0], report.profiles[0], blocks, dice)
    second = with_unmoved((), "classifier", report.windows[0], report.profiles[0], blocks, dice, first)
    assert first[0].confidence == FLEETING < second[0].confidence
    assert unexplained(first) == ""
    assert unexplained(second) == second[0].sentence


def test_of_a_window_that_is_not_whole_nothing_is_said(plain: Clinic) -> None:
    """Its evening may be another thing."""
    mixed = few(plain.day(2, 2000))
    mixed["weight"] = mixed["weight"][::-1]
    learnt, current, report = plain.judged(few(plain.day(1, 2000)), mixed)
    open_one = replace(report, windows=(*report.windows[:-1], replace(report.windows[-1], unfinished="its time is not over")))
    found = diagnose(learnt, current, open_one, together="classifier").windows[-1].diagnosis
    assert not [one for one in found if "p" in one.evidence]


def test_clean_days_are_held(plain: Clinic) -> None:
    """Whatever one of them shows by chance, nobody is sent to look."""
    days = [few(plain.day(700 + seed, 1000)) for seed in range(6)]
    for window in told(plain, *days, together="classifier"):
        assert unexplained(window) == ""


def test_nobody_asks_unless_told_to(plain: Clinic) -> None:
    """Without the setting no p-value of columns together is in any diagnosis."""
    mixed = few(plain.day(2, 2000))
    mixed["weight"] = mixed["weight"][::-1]
    assert all("p" not in one.evidence for day in told(plain, few(plain.day(1, 2000)), mixed, together=None) for one in day)
