"""The report for a pull request or a CI summary: GitHub's Markdown, in which strangers' names stay names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from driftline.reports.brief import facts, latest, notes, when
from driftline.reports.counsel import advice, asides
from driftline.reports.outline import WAKES, outline
from driftline.reports.reasons import reasons
from driftline.reports.slices import worst
from driftline.reports.text import MARKS
from driftline.reports.track import About, courses
from driftline.reports.vitals import bars, bounds, footing, sparkline, verdict_of
from driftline.reports.wording import NOTHING, clean, instant, number, plural, rows
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.decisions.decision import Decision
    from driftline.reports.outline import Outline, Story
    from driftline.verdicts.report import Report

SPARK = 40
"""A sparkline shows so many of the last windows."""

MEANT = re.compile(r"[\\`*_{}\[\]<>#|~@$&]|://|\bwww\.|^(?=\s*(?:[-+=]|\d+[.)]))")
"""What Markdown, or GitHub's reading of it, could take for more than text."""


def to_markdown(report: Report, *, most: int = 20, decision: Decision | None = None) -> str:
    """Write the report as Markdown; at most `most` columns are listed in each table."""
    brief = outline(report)
    since = f" since {escaped(report.since)}" if report.since else ""
    parts = [
        f"### {MARKS[report.verdict]} {report.verdict.value.capitalize()}{since}: {code(report.monitor)}",
        f"**{escaped(report.reason)}**",
        " · ".join(escaped(fact) for fact in [latest(report), *facts(report)] if fact),
    ]
    for about in About:
        parts += _performance(report, about, most)
    parts += _slices(report, most)
    parts += _business(report, most)
    parts += _why(report, most)
    parts += _table("Would wake somebody", brief.about(*WAKES), most)
    parts += _table("Input drift, by weight", brief.about(Concern.INPUT), most)
    parts += _lists(report, brief, most)
    if decision is not None:
        parts += [f"**Decision: {escaped(advice(decision))}**", "\n".join(f"- {escaped(line)}" for line in asides(decision))]
    parts.append(f"<sub>{escaped(report.promise)} · made {instant(report.created)}</sub>")
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Write text as character references wherever it could be read as more than text.

    >>> escaped("a_b <i> @you #1")
    'a&#95;b &#60;i&#62; &#64;you &#35;1'
    """
    return MEANT.sub(lambda met: "".join(f"&#{ord(c)};" for c in met[0]) or "&#8203;", clean(text))


def code(name: str, width: int = 80) -> str:
    r"""Write a name as a code span, which nothing in it can end, inside a table too.

    >>> code("amount"), code("a`b|c")
    ('`amount`', '``a`b\\|c``')
    """
    text = clean(name, width).strip() or "(no name)"
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    room = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{room}{text}{room}{fence}".replace("|", "\\|")


def _table(title: str, stories: Sequence[Story], most: int) -> list[str]:
    if not stories:
        return []
    segmented = any(story.segment is not None for story in stories)
    heads = ["column", *(["segment"] if segmented else []), "concern", "when", "what happened"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for story in stories[:most]:
        told = story.told
        cells = [code(told.name), *([code(story.segment or "all rows")] if segmented else []), told.concern.value]
        lines.append(f"| {' | '.join([*cells, escaped(when(story)), escaped(told.reason)])} |")
    more = [f"and {plural(len(stories) - most, 'column')} more"] if len(stories) > most else []
    return [f"#### {title}", "\n".join(lines), *more]


def _slices(report: Report, most: int) -> list[str]:
    """The segments in which the model surely does worse than elsewhere, in the newest window with labels."""
    window, surely = worst(report)
    if window is None or not surely:
        return []
    lines = ["| segment | value | elsewhere | worse by | rows |", f"|{' --- |' * 5}"]
    for one in surely[:most]:
        cells = [
            code(one.segment),
            f"{number(one.value)}{bounds(one.interval)}",
            number(one.rest),
            f"{number(one.worse)}{bounds(one.worse_interval)}",
        ]
        lines.append(f"| {' | '.join(cells)} | {one.rows:,} |")
    return [f"#### Worst segments: {escaped(surely[0].title)}, {escaped(window.window.label)}", "\n".join(lines)]


def _business(report: Report, most: int) -> list[str]:
    """Business figures, a row each: the newest, the windows, and whether they go with the model's performance."""
    if not report.kpis:
        return []
    lines = ["| figure | newest | windows | beside performance |", f"|{' --- |' * 4}"]
    for one in report.kpis[:most]:
        known = [value for value in one.values if value is not None]
        newest = number(known[-1] if known else None)
        lines.append(f"| {code(one.name)} | {newest} | `{bars(one.values)[-SPARK:]}` | {escaped(one.sentence)} |")
    more = [f"and {plural(len(report.kpis) - most, 'figure')} more"] if len(report.kpis) > most else []
    return ["#### Business", "\n".join(lines), *more]


def _why(report: Report, most: int) -> list[str]:
    """The explanations, an item each."""
    found = reasons(report)
    if not found:
        return []
    lines = [f"- {escaped(one.sentence)}. *{escaped(one.footing)}.* {escaped(one.told.remedy)}".rstrip() for one in found[:most]]
    more = [f"- and {plural(len(found) - most, 'reason')} more"] if len(found) > most else []
    return ["#### Why", "\n".join([*lines, *more])]


def _performance(report: Report, about: About, most: int) -> list[str]:
    """The metrics that decide, a row for each segment: now, in the reference, over the windows."""
    found = courses(report, about)
    if not found:
        return []
    segmented = any(course.track.segment is not None for course in found)
    heads = ["metric", *(["segment"] if segmented else []), "now", "reference", "verdict", "rests on", "windows"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for course in found[:most]:
        told, verdict = course.told, Verdict.DRIFTED if course.now else course.told.verdict
        now = NOTHING if told.value is None else f"{number(told.value)}{bounds(told.interval)}"
        cells = [escaped(told.title), *([code(course.track.segment or "all rows")] if segmented else []), now, number(told.reference)]
        cells += [
            f"{MARKS[verdict]} {escaped(verdict_of(course))}",
            escaped(footing(course)),
            f"`{sparkline(course.track, course.metric)[-SPARK:]}`",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    more = [f"and {plural(len(found) - most, 'segment')} more"] if len(found) > most else []
    return [f"#### {about.value.capitalize()}", "\n".join(lines), *more]


def _lists(report: Report, brief: Outline, most: int) -> list[str]:
    said = [f"- {escaped(note)}" for note in notes(brief)]
    if brief.stable:
        said.append(f"- {plural(brief.stable, 'column')} stable in the last window.")
    for finding in report.findings[:most]:
        count = f" ({rows(finding.rows)})" if finding.rows else ""
        said.append(f"- ⚠ {code(finding.where)}: {escaped(finding.what)}{count}. {escaped(finding.hint)}".rstrip())
    if len(report.findings) > most:
        said.append(f"- ⚠ and {plural(len(report.findings) - most, 'finding')} more")
    return ["\n".join(said)] if said else []
