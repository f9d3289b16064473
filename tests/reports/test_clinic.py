from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.reports import clinic
from driftline.reports.track import About, courses
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_nothing_is_said_where_nothing_is_watched(report: Report) -> None:
    """A report without outcomes has neither card nor story."""
    assert clinic.cards(report) == {"performance": None, "operations": None, "fairness": None}
    assert clinic.stories(report) == []


def test_a_model_that_is_worse_is_a_story(modelled: Report) -> None:
    """Since when, in how many windows, why, and where its figure is."""
    (item,) = clinic.stories(modelled)
    (course,) = courses(modelled, About.PERFORMANCE)
    assert (item["about"], item["metric"], item["state"], item["concern"]) == ("performance", "roc_auc", "now", "performance")
    assert item["when"] == f"since {course.since}, {len(course.worse)} windows"
    assert item["reason"] == course.told.reason


def test_what_is_over_is_told_by_its_worst_window(modelled: Report) -> None:
    """A loss that ended stays a story, in grey."""
    good = replace(modelled.windows[-2].performance[0], verdict=Verdict.STABLE)
    windows = (*modelled.windows[:-1], replace(modelled.windows[-1], performance=(good,)))
    (item,) = clinic.stories(replace(modelled, windows=windows))
    worst = min((window.performance[0] for window in windows if window.performance[0].verdict == "drifted"), key=lambda one: one.value or 1)
    assert item["state"] == "over"
    assert item["when"].startswith("over: 2026-")
    assert item["reason"] == worst.reason


def test_segments_are_listed_worst_first(parted: Report) -> None:
    """All rows are one line among the segments; the card's sentence is of all rows."""
    card = clinic.cards(parted)["performance"]
    assert card is not None
    assert [line["segment"] for line in card["segments"]] == [course.track.segment or "" for course in courses(parted, About.PERFORMANCE)]
    assert len(card["vitals"]) == 1
    assert card["more"] == ""


def test_one_segment_needs_no_table(modelled: Report) -> None:
    """Where all rows are judged together, there is nothing to compare."""
    card = clinic.cards(modelled)["performance"]
    assert card is not None
    assert card["segments"] == []
    assert card["vitals"][0]["verdict"] == "drifted"


def test_a_spark_stays_in_its_field(parted: Report) -> None:
    """Every point lies in 100 × 26; what was worse lies on the line."""
    card = clinic.cards(parted)["performance"]
    assert card is not None
    for line in card["segments"]:
        spark = line["spark"]
        points = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", spark["path"])]
        assert len(points) == 23
        assert all(0 <= x <= 100 and 1 <= y <= 25 for x, y in points)
        assert set(re.findall(r"[ML]([\d.]+ [\d.]+)", spark["worse"])) <= set(re.findall(r"[ML]([\d.]+ [\d.]+)", spark["path"]))
        assert 1 <= spark["reference"] <= 25
