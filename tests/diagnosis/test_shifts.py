"""The kinds of change that are no fault, from what the verdicts say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from driftline.diagnosis.shifts import named, rest
from driftline.schema import Role
from driftline.verdicts.diagnosis import Change
from driftline.verdicts.report import Cause, Estimate, MetricReport, Score, Verdict

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture(scope="module")
def told(clinic: Clinic) -> Any:
    """A day, its report, and a way to write other verdicts into it."""
    case = clinic.case(clinic.day(1))
    window = clinic.judged(clinic.day(1))[2].windows[0]
    made = {column.name: column for column in window.columns}

    def column(name: str, role: Role = Role.FEATURE, statistic: str = "psi", effect: float = 1.0, since: str = "0") -> Any:
        score = Score(statistic=statistic, value=effect, effect=effect, verdict=Verdict.DRIFTED)
        return replace(made[name], role=role, verdict=Verdict.DRIFTED, since=since, scores=(score,), weight=1.0, reason="moved")

    return case, window, column


def worse(value: float, estimate: Estimate | None = None) -> MetricReport:
    """A metric that fell."""
    return MetricReport(
        metric="roc_auc", title="ROC AUC", better="higher", decides=True, verdict=Verdict.DRIFTED, cause=Cause.WORSE, reason="ROC AUC fell",
        since="0", rows=1000, coverage=1.0, value=value, interval=None, estimate=estimate, reference=0.9, worsening=0.1,
        worsening_interval=(0.05, 0.15), p_value=0.0, floor=0.01, threshold=0.85, detectable=0.02, rows_needed=None,
    )  # fmt: skip


ROLES = [
    ([Role.FEATURE], Change.COVARIATE),
    ([Role.SCORE], Change.OUTPUT),
    ([Role.PREDICTION, Role.SCORE], Change.OUTPUT),
    ([Role.LABEL], Change.CONCEPT),
    ([Role.LABEL, Role.SCORE], Change.LABEL),
    ([Role.LABEL, Role.FEATURE], Change.LABEL),
    ([Role.FEATURE, Role.SCORE], Change.COVARIATE),
]


@pytest.mark.parametrize(("roles", "change"), ROLES, ids=str)
def test_the_roles_that_moved_tell_the_kind(told: Any, roles: list[Role], change: Change) -> None:
    """Inputs alone, outputs alone, labels alone or together: each is a kind of its own."""
    case, window, column = told
    moved = [column(name, role) for name, role in zip(("amount", "age"), roles, strict=False)]
    (found,) = rest(case, moved, window, faulty=False)
    assert found.change is change
    assert found.kind == named(change)
    assert found.columns == tuple(one.name for one in moved)
    assert not found.polluted


def test_columns_that_moved_at_different_times_are_told_apart(told: Any) -> None:
    """One cause for each beginning; only that which begins now is new."""
    case, window, column = told
    found = rest(case, [column("amount"), column("age", since="earlier"), column("weight")], window, faulty=False)
    assert [(one.columns, one.new) for one in found] == [(("amount", "weight"), True), (("age",), False)]


def test_columns_that_no_longer_go_together_are_told(told: Any) -> None:
    """Each by itself is as before."""
    case, window, column = told
    (found,) = rest(case, [column("amount", statistic="dependence")], window, faulty=False)
    assert found.change is Change.DEPENDENCE


def test_a_column_that_began_to_be_filled_is_a_change_of_schema(told: Any) -> None:
    """Nulls that went, by more than a few."""
    case, window, column = told
    (found,) = rest(case, [column("amount", statistic="null", effect=-0.4)], window, faulty=False)
    assert found.change is Change.SCHEMA
    assert "began to be filled" in found.sentence


def test_a_loss_without_moved_inputs_is_a_changed_concept(told: Any) -> None:
    """The model does worse on what it knew well; beside a fault that is not concluded."""
    case, window, _ = told
    fallen = replace(window, performance=(worse(0.8),))
    (found,) = rest(case, [], fallen, faulty=False)
    assert (found.change, found.columns) == (Change.CONCEPT, ())
    assert rest(case, [], fallen, faulty=True) == []


def test_a_loss_beyond_what_the_inputs_make_is_a_changed_concept(told: Any) -> None:
    """Against a trusted estimate: below its interval it is the concept, inside it the inputs suffice."""
    case, window, column = told
    guess = Estimate(value=0.85, interval=(0.83, 0.87), method="PAPE", trusted=True)
    for value, change in ((0.78, Change.CONCEPT), (0.84, Change.COVARIATE)):
        fallen = replace(window, performance=(worse(value, guess),))
        assert rest(case, [column("amount")], fallen, faulty=False)[0].change is change
    doubtful = replace(window, performance=(worse(0.78, replace(guess, trusted=False)),))
    assert rest(case, [column("amount")], doubtful, faulty=False)[0].change is Change.COVARIATE


def test_what_nobody_knows_is_said(told: Any) -> None:
    """A window that drifted by something else has a reason of least confidence."""
    case, window, _ = told
    (found,) = rest(case, [], window, faulty=False)
    assert (found.change, found.confidence) == (Change.UNKNOWN, 0.1)
