"""Windows in order: each is held against the reference and against the last ones in which nothing was wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.diagnosis.history import History, Known, case_at, walk
from driftline.schema import Role
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from conftest import Clinic


def history(clinic: Clinic, *days: Any) -> History:
    """Days as they are diagnosed."""
    learnt, _, report = clinic.judged(*days)
    return History([profile for _, profile in learnt.of(None)], report.windows, report.profiles, learnt.like_windows)


def cents(day: dict[str, Any]) -> dict[str, Any]:
    """Cents for euros."""
    return day | {"amount": day["amount"] * 100}


def test_a_fault_of_three_days_is_one_fault(clinic: Clinic) -> None:
    """Days with the fault are no measure of what is usual: on the third day it is found as on the first, and is as old as it is."""
    told = walk(history(clinic, clinic.day(1), cents(clinic.day(2)), cents(clinic.day(3)), cents(clinic.day(4)), clinic.day(5)))
    assert [[one.kind for one in day] for day in told] == [[], ["unit_change"], ["unit_change"], ["unit_change"], []]
    assert [day[0].since for day in told[1:4]] == ["1", "1", "1"]
    assert [day[0].new for day in told[1:4]] == [True, False, False]


def test_a_case_asks_about_what_drifted(clinic: Clinic) -> None:
    """Columns that drifted, each against the reference and against the good days before; rows of both."""
    made = history(clinic, clinic.day(1), clinic.day(2), cents(clinic.day(3)))
    known = Known.of(made.blocks)
    case = case_at(made, known, 2, {place: [0, 1] for place in range(len(known.total.plan.columns))})
    assert [case.plan.names[place] for place in case.changed] == ["amount"]
    assert [look.base.rows for look in case.looks[case.changed[0]]] == [12_000, 3000]
    assert len(case.rows.bases) == 2
    assert case.earlier.labels == ("0", "1")
    assert case.usual_rows == 3000


def test_small_days_are_put_together(clinic: Clinic) -> None:
    """Of days with few rows as many are taken as make a thousand, at most eight."""
    made = history(clinic, *(clinic.day(seed, 150) for seed in range(12)))
    known = Known.of(made.blocks)
    windows = [replace(one, columns=[replace(column, verdict=Verdict.DRIFTED) for column in one.columns]) for one in made.windows]
    case = case_at(replace(made, windows=windows), known, 11, {place: range(11) for place in range(len(known.total.plan.columns))})
    assert case.looks[case.changed[0]][1].base.rows == 7 * 150


def test_what_is_known_is_made_once(clinic: Clinic) -> None:
    """The reference's columns and ties are reckoned when they are first asked for, and kept."""
    known = Known.of([profile for _, profile in clinic.judged(clinic.day(1))[0].of(None)])
    assert known.column(1) is known.column(1)
    assert known.goes_with(1) is known.goes_with(1)


def test_what_the_model_says_goes_with_no_input(clinic: Clinic) -> None:
    """A prediction follows its inputs, and is no witness for them."""
    day = {**clinic.reference, "score": 1 / (1 + np.exp(-(clinic.reference["age"] - 44) / 15))}
    known = type(clinic)(day, {"task": "binary", "columns": {"id": "sale", "score": "score"}})
    made = Known.of([profile for _, profile in known.learnt[2].of(None)])
    plan = made.total.plan
    assert made.goes_with(plan.index("age"))[plan.with_role(Role.SCORE)] == 0
