"""A fault must show against the last good days and against the reference, and explain most of the change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.case import FITS, agreed, each, marked, shows
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.gaps import null_burst
from driftline.diagnosis.scale import unit_change
from driftline.schema import Kind
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from conftest import Clinic

NUMBERS = frozenset({Kind.NUMBER})


def fault(explained: float, p_value: float = 0.0) -> Fault:
    """A fault that explains so much."""
    evidence = {"explained": explained}
    return Fault(
        signature="x",
        columns=("a",),
        window="w",
        share=0.1,
        interval=(0, 1),
        evidence=evidence,
        p_value=p_value,
        confidence=1,
        cause="",
        remedy="",
    )


def test_a_bad_fit_is_no_fault() -> None:
    """Of what was found against two bases the better counts, if it fits well and the other not badly; both must be sure."""
    assert agreed([]) is None
    assert agreed([fault(FITS - 0.1)]) is None
    assert agreed([fault(0.95), fault(0.2)]) is None
    best = agreed([fault(0.95, 1e-9), fault(0.6, 1e-5)])
    assert best is not None
    assert (best.explained, best.p_value) == (0.95, 1e-9)
    unsure = agreed([fault(0.95, 1e-9), fault(0.6, 1e-3)])
    assert unsure is not None
    assert unsure.p_value == 1e-3


def test_only_asked_kinds_are_asked(clinic: Clinic) -> None:
    """A question about numbers is put to every changed number and to nothing else."""
    asked: list[str] = []
    case = clinic.case(clinic.day(1), clinic.day(2))
    assert list(each(case, NUMBERS, lambda _, look: asked.append(look.name))) == []
    assert set(asked) == {"amount", "weight", "age", "celsius", "balance", "hour"}


def test_what_came_before_is_no_fault_of_today(clinic: Clinic) -> None:
    """Cents for two days running, in a column that nobody called faulty yesterday, are no new fault today."""
    cents = [clinic.day(seed) | {"amount": clinic.day(seed)["amount"] * 100} for seed in (1, 2)]
    assert [one.columns for one in each(clinic.case(clinic.day(3), cents[0]), NUMBERS, unit_change)] == [("amount",)]
    assert list(each(clinic.case(*cents), NUMBERS, unit_change)) == []


def test_marked_rows_are_counted(clinic: Clinic) -> None:
    """A mark means rows without a value, of a level, or within a range; more of them than before must show."""
    day = clinic.day(1)
    gone = np.arange(3000) % 10 == 0
    case = clinic.case(day | {"age": np.where(gone, None, day["age"]), "amount": np.where(gone, -1.0, day["amount"])})
    nothing = Mark(case.plan.index("age"), np.nan, np.nan)
    below = Mark(case.plan.index("amount"), -2.0, 0.0)
    germany = Mark(case.plan.index("country"), 0.0, 0.0)
    looks = {mark: case.looks[mark.column][0] for mark in (nothing, below, germany)}
    assert marked(looks[nothing].now, looks[nothing], nothing) == 300
    assert abs(marked(looks[below].now, looks[below], below) - 300) < 100
    assert marked(looks[germany].now, looks[germany], germany) == (day["country"] == looks[germany].levels[0]).sum()
    told = null_burst(case, looks[nothing])
    assert told is not None
    assert shows(looks[nothing], told)


def test_a_suspicion_that_is_not_believed_itself_speaks_against_none(clinic: Clinic) -> None:
    """What hardly explains anything of the reference's change, and is thought to be chance, does not veto what yesterday shows."""
    case = clinic.case(clinic.day(1), clinic.day(2) | {"amount": clinic.day(2)["amount"] * 100})
    sure = replace(fault(0.95), mark=None)

    def told(doubt: float) -> list[Fault]:
        answers = [replace(sure, evidence={"explained": 0.1}, confidence=doubt), sure]
        looks = {id(look): answer for look, answer in zip(case.looks[case.plan.index("amount")], answers, strict=True)}
        return list(each(case, NUMBERS, lambda _, look: looks.get(id(look))))

    assert len(told(0.0)) == 1
    assert told(1.0) == []
