from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from driftline.pages.glance import drifted
from driftline.pages.headline import headline
from driftline.pages.history import history
from driftline.reports.track import About, courses
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.pages.history import History
    from driftline.store.glances import Seen
    from driftline.verdicts.report import Report


@pytest.fixture(scope="session")
def found(kept: list[Seen]) -> History:
    """The binary model's windows."""
    told = history("churn", kept)
    assert told is not None
    return told


def test_a_model_that_does_worse_says_since_when_and_how_much(found: History) -> None:
    """Name, since when, the metric now and in the reference; columns come second."""
    report = found.report()
    course = courses(report, About.PERFORMANCE)[0]
    assert course.now
    said = headline(found, report, "churn")
    assert said.startswith(f"churn does worse since {course.since}: ")
    assert said.endswith("in the reference)")


def unharmed(found: History) -> Report:
    """The same without performance."""
    report = found.report()
    return replace(report, windows=tuple(replace(one, performance=()) for one in report.windows))


def test_a_model_whose_columns_moved_says_which_and_how_strongly(found: History) -> None:
    """The most urgent concern, the weightiest columns, since when, how strongly; without a name it begins with what happened."""
    report = unharmed(found)
    moved = {column["name"] for column in _moved(found)}
    said = headline(found, report, "churn")
    assert said.startswith("churn: ")
    assert any(name in said for name in moved)
    assert any(word in said for word in ("slightly", "clearly", "strongly"))
    assert headline(found, report).startswith(("A data fault", "Predictions moved", "Labels changed", "Inputs moved"))


def _moved(found: History) -> list[dict[str, str]]:
    return [dict(one) for one in drifted(found.last["parts"][0])]


@pytest.mark.parametrize(("verdict", "begins"), [("stable", "churn is stable"), ("inconclusive", "churn cannot be told: ")])
def test_a_quiet_model_says_so(found: History, verdict: str, begins: str) -> None:
    """Stable and inconclusive models are called so, by their names."""
    quiet = replace(found, glances=(*found.glances[:-1], {**found.last, "verdict": verdict}))
    assert headline(quiet, unharmed(found), "churn").startswith(begins)


def test_groups_that_are_treated_unlike_are_told_by_the_limit(found: History) -> None:
    """Where no column moved and the model does as well as ever, the gap, what is accepted, and since when it is beyond that."""
    report = found.report()
    windows = []
    for one in report.windows:
        gap = next(said for said in one.performance if said.decides)
        gap = replace(gap, metric="demographic_parity_difference:sex", title="gap between groups of sex", better="lower", threshold=0.05)
        windows.append(replace(one, performance=(), fairness=(replace(gap, value=0.2, verdict=Verdict.DRIFTED, since="day 3"),)))
    still = {**found.last, "parts": [{**part, "moved": found.glances[0]["parts"][0]["moved"]} for part in found.last["parts"]]}
    assert not drifted(found.glances[0]["parts"][0])
    said = headline(replace(found, glances=(*found.glances[:-1], still)), replace(report, windows=tuple(windows)), "churn")
    assert said == "churn: gap between groups of sex is 0.2, and at most 0.05 is accepted; beyond that since day 3"
