from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from driftline.performance.concept import Change
from driftline.profile.outcome import Outcome
from driftline.reports import vitals
from driftline.reports.track import About, Course, courses
from driftline.schema import Task
from driftline.verdicts.report import Cause, LabelReport, TrackRecord, Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


@pytest.fixture
def course(modelled: Report) -> Course:
    """How the deciding metric of a model that got worse went."""
    (found,) = courses(modelled, About.PERFORMANCE)
    return found


def test_the_headline_says_now_before_and_verdict(course: Course) -> None:
    """One line: the metric, its interval, the reference, since when it is worse."""
    told = replace(course.told, value=0.813, interval=(0.8, 0.825), reference=0.9, title="ROC AUC")
    alarm = replace(course.told, since="2026-02-01")
    assert (
        vitals.headline(replace(course, told=told, alarm=alarm))
        == "ROC AUC 0.813 (0.8 to 0.825), 0.9 in the reference: worse since 2026-02-01"
    )


@pytest.mark.parametrize(
    ("worse", "now", "verdict", "said"),
    [
        ((), False, Verdict.STABLE, "stable"),
        ((), False, Verdict.INCONCLUSIVE, "cannot be told"),
        ((3,), False, Verdict.STABLE, "stable; was worse in 2026-01-04"),
        ((3, 5), False, Verdict.INCONCLUSIVE, "cannot be told; was worse from 2026-01-04 to 2026-01-06"),
    ],
)
def test_the_verdict_tells_what_is_over_too(course: Course, worse: tuple[int, ...], now: bool, verdict: Verdict, said: str) -> None:  # noqa: FBT001  a parameter
    """What was worse and is no longer is told with its windows."""
    assert vitals.verdict_of(replace(course, worse=worse, now=now, told=replace(course.told, verdict=verdict))) == said


def test_what_is_not_known_is_said_so(course: Course) -> None:
    """Without a value there is a reason, not a zero."""
    told = replace(course.told, value=None, interval=None, cause=Cause.NO_LABELS, title="accuracy")
    assert vitals.measured(told) == "accuracy is not known: no labels yet"
    assert vitals.headline(replace(course, told=replace(told, reference=None), worse=(), now=False)).startswith("Accuracy not known: ")


def test_estimates_say_how_and_whether_to_trust_them(course: Course) -> None:
    """The method stands beside the number, and so does every doubt."""
    doubted = next(one for one in reversed(course.track.told["roc_auc"]) if one is not None and one.estimate is not None)
    assert doubted.estimate is not None
    assert vitals.estimated(doubted).endswith(" by PAPE, not to be trusted: the relation changed")
    trusted = replace(doubted, estimate=replace(doubted.estimate, trusted=True, why=""))
    assert vitals.estimated(trusted).endswith(" by PAPE")
    assert vitals.estimated(replace(doubted, estimate=None)) == ""
    proven = replace(doubted, estimate=replace(trusted.estimate, record=TrackRecord(3, 0.012, 3)))
    assert vitals.estimated(proven).endswith(" by PAPE; 3 earlier ones off by 0.012 on average")


def test_what_inputs_explain_is_told(course: Course) -> None:
    """The two parts of a change are told where they are known."""
    assert vitals.parted(course.told) == ""
    change = Change(-0.05, -0.02, 0.004, -0.03, 0.01, 0.003, 900)
    assert vitals.parted(replace(course.told, change=change)) == "inputs explain -0.02 of it, a changed relation -0.03"


def test_the_footing_tells_labels_estimate_and_price(course: Course) -> None:
    """What the number rests on is one line, without what is not there."""
    said = vitals.footing(course)
    assert said.startswith("labels for ")
    assert "none yet for the last window; 2026-02-09 estimated" in said
    priced = {"roc_auc": (*course.track.told["roc_auc"],)}
    at = course.at
    told = course.track.told["roc_auc"][at]
    assert told is not None
    priced["roc_auc"] = tuple(
        replace(told, per_day=(-1250.0, -2000.0, -500.0)) if i == at else one for i, one in enumerate(priced["roc_auc"])
    )
    assert vitals.footing(replace(course, track=replace(course.track, told=priced))).endswith(
        "the change is worth -1,250 (-2,000 to -500) a day"
    )


def test_labels_to_come_and_labels_unlike_the_rest_are_said(course: Course) -> None:
    """A provisional window says until when; a skew is told in its own words."""
    labels = LabelReport(
        labelled=50,
        coverage=0.5,
        expected=0.9,
        maturity=0.55,
        provisional=True,
        mature_on=datetime(2026, 5, 1, tzinfo=UTC),
        reason="",
        skewed=True,
        skew="those that came have higher scores",
    )  # fmt: skip  one record
    windows = list(course.track.windows)
    windows[course.at] = replace(windows[course.at], labels=labels)
    said = vitals.labelled(replace(course, track=replace(course.track, windows=tuple(windows))))
    assert ", provisional until 2026-05-01, those that came have higher scores" in said


def test_operations_have_numbers_not_labels(course: Course) -> None:
    """Latencies are not labelled."""
    assert vitals.labelled(replace(course, track=replace(course.track, about=About.OPERATIONS))).startswith("numbers for ")


def test_a_sparkline_has_a_sign_for_each_window(course: Course) -> None:
    """The worst is low, the best high, what is not known a dot."""
    signs = vitals.sparkline(course.track, "roc_auc")
    assert len(signs) == len(course.track.windows)
    assert signs[-1] == vitals.UNKNOWN
    assert signs[-2] == vitals.LEVELS[0]
    assert set(signs[:10]) <= set(vitals.LEVELS[-3:])


def test_noise_is_drawn_level() -> None:
    """What moves by less than matters moves by a step or none."""
    assert set(vitals.bars([0.9, 0.901, 0.899], 0.08)) <= {"▄", "▅"}
    assert vitals.bars([None, None]) == "··"


def test_a_ranking_says_that_it_is_not_estimated(course: Course) -> None:
    """Where labels are awaited, nobody looks for an estimate that never comes; other models' windows have one or need none."""
    listed = Outcome(task=Task.RANKING, label="relevance", scores=("score",), query="search")
    profiles = tuple(replace(one, plan=replace(one.plan, outcome=listed)) for one in course.track.profiles)
    ranked = replace(course, track=replace(course.track, profiles=profiles))
    assert vitals.unforeseen(replace(ranked, at=0)) == "rankings are not estimated before labels come"
    assert vitals.unforeseen(replace(ranked, at=len(profiles) - 1)) == vitals.unforeseen(replace(course, at=0)) == ""
