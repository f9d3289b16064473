"""One file that holds the whole report: opened from disk, without a network, in any browser of this decade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports import bundle, clinic, parts
from driftline.reports.brief import facts, latest, notes, when
from driftline.reports.counsel import advice, asides
from driftline.reports.outline import WAKES, outline
from driftline.reports.page import index
from driftline.reports.palette import LIGHT
from driftline.reports.reasons import reasons
from driftline.reports.slices import crossed
from driftline.reports.slices import table as slices
from driftline.reports.wording import clean, instant, rows
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.decisions.decision import Decision
    from driftline.reports.outline import Outline, Story
    from driftline.verdicts.report import Report

MARKS = {Verdict.DRIFTED: "▲", Verdict.STABLE: "●", Verdict.INCONCLUSIVE: "◌"}
ICONS = {Verdict.DRIFTED: "@drifted", Verdict.STABLE: "@current", Verdict.INCONCLUSIVE: "@inconclusive"}
WAKES_SHOWN, INPUTS_SHOWN, FINDINGS_SHOWN, REASONS_SHOWN = 8, 6, 20, 6


def to_html(report: Report, decision: Decision | None = None) -> str:
    """Write the report as one self-contained HTML file.

    Nothing in it is fetched from anywhere, and a Content-Security-Policy sees to it; names and values
    that strangers chose are escaped wherever they stand.
    """
    brief = outline(report)
    shipped = {
        "policy": policy(),
        "favicon": bundle.favicon(LIGHT, ICONS[report.verdict]),
        "css": bundle.style(),
        "script": bundle.script(*bundle.SCRIPTS),
        "plotly": bundle.plotly_packed(),
        "data": bundle.embedded(index(report, brief)),
    }
    decided = {"decision": None if decision is None else {"headline": advice(decision), "asides": asides(decision)}}
    return bundle.render("report.html", shipped | front(report, brief) | decided)


def policy() -> str:
    """The Content-Security-Policy under which a report's own scripts run, and nothing else."""
    return bundle.policy(bundle.script(*bundle.SCRIPTS), bundle.plotly_script())


def front(report: Report, brief: Outline) -> dict[str, Any]:
    """What is said above the figures."""
    ill = clinic.stories(report)
    columns, inputs = brief.about(*WAKES), brief.about(Concern.INPUT)
    # What goes on before what is over; the model's performance before its columns.
    wakes = sorted([*ill, *map(_item, columns)], key=lambda item: item["state"] == "over")
    return {
        "monitor": clean(report.monitor),
        "created": instant(report.created),
        "verdict": report.verdict.value,
        "verdict_word": report.verdict.value.capitalize(),
        "mark": MARKS[report.verdict],
        "marks": {verdict.value: mark for verdict, mark in MARKS.items()},
        "reason": clean(report.reason),
        "since": clean(report.since) if report.since else "",
        "latest": latest(report),
        "facts": facts(report),
        "promise": clean(report.promise),
        **clinic.cards(report),
        "kpis": clinic.figures(report),
        "slices": slices(report),
        "crossed": crossed(report),
        **_why(report),
        "parts": parts.headings(report),
        "wakes": wakes[:WAKES_SHOWN],
        "wakes_more": max(len(wakes) - WAKES_SHOWN, 0),
        "inputs": [_item(story) for story in inputs[:INPUTS_SHOWN]],
        "inputs_more": max(len(inputs) - INPUTS_SHOWN, 0),
        "others": notes(brief),
        "findings": _findings(report),
    }


def _why(report: Report) -> dict[str, Any]:
    """The explanations, those that matter now first."""
    found = reasons(report)
    shown = [
        {"sentence": one.sentence, "footing": one.footing, "remedy": clean(one.told.remedy, 200), "state": "now" if one.now else "past"}
        for one in found[:REASONS_SHOWN]
    ]
    return {"reasons": shown, "reasons_more": max(len(found) - REASONS_SHOWN, 0)}


def _item(story: Story) -> dict[str, str]:
    return {
        "name": clean(story.told.name),
        "segment": clean(story.segment or ""),
        "window": clean(story.window),
        "metric": "",
        "about": "",
        "concern": story.told.concern.value if story.told.concern in WAKES else "",
        "reason": clean(story.told.reason),
        "state": "now" if story.now else "over",
        "when": when(story),
    }


def _findings(report: Report) -> Sequence[dict[str, str]]:
    shown = [
        {"where": clean(f.where, 120), "what": clean(f.what), "rows": rows(f.rows) if f.rows else "", "hint": clean(f.hint)}
        for f in report.findings[:FINDINGS_SHOWN]
    ]
    rest = len(report.findings) - len(shown)
    return [*shown, {"where": f"{rest:,} more", "what": "see the JSON", "rows": "", "hint": ""}] if rest > 0 else shown
