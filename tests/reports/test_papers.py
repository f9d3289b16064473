"""Documents for people who answer for a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.alerting.replay import replay
from driftline.decisions.course import Decided
from driftline.decisions.evidence import Evidence
from driftline.decisions.rules import decide
from driftline.decisions.terms import Terms
from driftline.monitor import Monitor
from driftline.reports.papers import Drawing, Paper, Section, incident, to_html, to_markdown
from driftline.reports.reasons import reasons
from driftline.sources.opening import open_source
from driftline.verdicts.diagnosis import Change
from driftline.window import Cadence, Windowing
from driftline.wiring import compare_sources

if TYPE_CHECKING:
    from driftline.verdicts.report import Report

HOSTILE = Paper("<b>a|b</b>", (Section("x", ("<script>y</script>",), (("h", "<i>"), ("1", "a|b"))),))


def test_strangers_names_stay_names() -> None:
    """Neither Markdown nor HTML takes a name for markup, in tables either."""
    markdown, page = to_markdown(HOSTILE), to_html(HOSTILE)
    assert "<" not in markdown
    assert len({line.count("|") for line in markdown.splitlines() if line.startswith("|")}) == 1
    assert "<script>" not in page
    assert "<i>" not in page
    assert "<td>a|b</td>" in page


def test_a_drawing_is_a_line_of_bars_or_an_svg() -> None:
    """A reader of Markdown sees bars, one of the page a line with the windows that drifted marked; what is unknown is a gap."""
    drawn = Paper("p", (Section("s", drawings=(Drawing("a <b>", ((1.0, False), (None, False), (2.0, False), (4.0, True))),)),))
    assert "▁·▃█" in to_markdown(drawn)
    page = to_html(drawn)
    assert page.count("<circle") == 1
    assert "from 1 to 4" in page
    assert "<b>" not in page
    assert "<svg" in to_html(Paper("p", (Section("s", drawings=(Drawing("nothing", ((None, False),)),)),)))


def test_an_incident_tells_its_own_cause_once(report: Report) -> None:
    """One line for a cause however many windows had it; what else went on is told apart, and what is merely a risk and over is not."""
    board, _ = replay(report)
    found = next(one for one in board.incidents if "amount" in {signal.name for signal in one.members.values()})
    evidence = Evidence(monitor="m", now=report.created)
    decided = Decided(evidence=evidence, decision=decide(evidence, Terms()))
    paper = incident(Monitor(name="m"), found, report, decided)
    sections = {section.title: section for section in paper.sections}
    fault = next(one for one in reasons(report) if one.told.change is Change.FAULT)
    root = sections["Root cause"].lines
    assert [line for line in root if line.startswith(fault.sentence)] == [f"{fault.sentence} ({fault.footing})"]
    assert len(root) == len(set(root)) <= 3
    own = {signal.name for signal in found.members.values()}
    beside = sections.get("What else was found meanwhile", Section("")).lines
    assert not any(line.startswith(tuple(f"{name}:" for name in own)) for line in beside)


def test_windows_in_which_the_same_was_found_are_one_line() -> None:
    """The first tells why, those after it only that they are alike; the column is drawn through all windows."""
    dice = np.random.default_rng(0)
    before = np.repeat(np.datetime64("2026-01-01", "s") + np.arange(20) * np.timedelta64(1, "D"), 1000)
    reference = open_source(pa.table({"ts": before, "x": dice.normal(size=20_000), "y": dice.normal(size=20_000)}))
    moved = dice.normal(size=10_000) + np.repeat([0.0, 1.0], 5000)
    days = np.datetime64("2026-03-01", "s") + np.repeat(np.arange(10), 1000) * np.timedelta64(1, "D")
    current = open_source(pa.table({"ts": days, "x": moved, "y": dice.normal(size=10_000)}))
    report = compare_sources(reference, current, Monitor(windowing=Windowing(Cadence.DAY)))
    board, _ = replay(report)
    evidence = Evidence(monitor="m", now=report.created)
    decided = Decided(evidence=evidence, decision=decide(evidence, Terms()))
    sections = {section.title: section for section in incident(Monitor(name="m"), board.incidents[0], report, decided).sections}
    _, first, others = sections["Timeline"].table
    assert "x: moved up" in first[2]
    assert others[1:] == ("drifted", "4 windows more, the same")
    (drawing,) = sections["What happened"].drawings
    assert [drifted for _, drifted in drawing.points] == [False] * 5 + [True] * 5
