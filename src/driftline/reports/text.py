"""The report for a terminal: the verdict, how well the model does, what drifted, what cannot be told, how to see more."""

from __future__ import annotations

from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from driftline.decisions.decision import Action
from driftline.reports.brief import facts, latest, notes, when
from driftline.reports.counsel import advice, asides
from driftline.reports.ledger import worst_score
from driftline.reports.outline import WAKES, outline, segments, windows_of
from driftline.reports.reasons import reasons
from driftline.reports.sheet import HEADS, table
from driftline.reports.slices import table as slices
from driftline.reports.track import About, courses
from driftline.reports.vitals import STANDINGS, bars, footing, headline, sparkline
from driftline.reports.wording import NOTHING, amount, clean, instant, interval, plural, rows
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from driftline.decisions.decision import Decision
    from driftline.reports.outline import Outline, Story
    from driftline.reports.track import Course
    from driftline.verdicts.report import ColumnReport, Report

MARKS = {Verdict.DRIFTED: "▲", Verdict.STABLE: "●", Verdict.INCONCLUSIVE: "○"}
STYLES = {Verdict.DRIFTED: "bold bright_red", Verdict.STABLE: "bold green", Verdict.INCONCLUSIVE: "bold yellow"}
STRIP = {Verdict.DRIFTED: "▲", Verdict.STABLE: "·", Verdict.INCONCLUSIVE: "○"}
SHOWN, FINDINGS_SHOWN, SEGMENTS_SHOWN, REASONS_SHOWN = 10, 5, 5, 3
NARROW = 90
"""Below so many characters the columns that can be spared go."""


def to_text(report: Report, *, width: int = 100, colour: bool = False, verbose: bool = False, decision: Decision | None = None) -> str:
    """Write the report for a terminal of `width` characters; `verbose` lists every column and every window.

    It ends with the decision, where there is one.
    """
    console = Console(
        file=StringIO(),
        width=max(width, 40),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )  # fmt: skip  one console, one line of switches
    brief = outline(report)
    with console.capture() as captured:
        console.print(
            Group(
                *_head(report, width, verbose=verbose),
                *_watched(report, width, verbose=verbose),
                *_worst(report, verbose=verbose),
                *_business(report),
                *_why(report, verbose=verbose),
                *_drifted(brief, verbose=verbose),
                *_rest(report, brief, width, verbose=verbose),
                *_decided(decision),
            )
        )
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _worst(report: Report, *, verbose: bool) -> list[RenderableType]:
    """Segments that surely do worse than the rest of the newest window with labels."""
    found = slices(report)
    if found is None or not (found["surely"] or verbose):
        return []
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
    for head in ("segment", found["title"], "elsewhere", "worse by", "rows"):
        shown.add_column(head, overflow="fold")
    lines = [one for one in found["lines"] if verbose or one["surely"]]
    for one in lines if verbose else lines[:SEGMENTS_SHOWN]:
        style = "bright_red" if one["surely"] else ""
        shown.add_row(*(Text(one[key], style=style) for key in ("segment", "value", "rest", "worse", "rows")))
    return [Text(), Text(f"Worst segments in window {found['window']}", style="bold"), shown]


def _business(report: Report) -> list[RenderableType]:
    """Business figures over the windows, and whether they go with the model's performance."""
    if not report.kpis:
        return []
    lines = [Text.assemble(f"{clean(one.sentence)}  ", (bars(one.values), "dim")) for one in report.kpis]
    return [Text(), Text("Business", style="bold"), *lines]


def _decided(decision: Decision | None) -> list[RenderableType]:
    """What to do about it."""
    if decision is None:
        return []
    lead = Text(advice(decision), style="bold" if decision.action is Action.HOLD else "bold bright_red")
    return [Text(), Text("Decision", style="bold"), lead, *(Padding(Text(line, style="dim"), (0, 0, 0, 2)) for line in asides(decision))]


def _head(report: Report, width: int, *, verbose: bool) -> list[RenderableType]:
    line = Text(f"{MARKS[report.verdict]} {report.verdict.value.upper()}", style=STYLES[report.verdict])
    if report.since:
        line.append(f" since {clean(report.since)}")
    if latest(report):
        line.append(f", {latest(report)}", style="not bold default")
    line.append(f"  {clean(report.monitor)}, {instant(report.created)}", style="not bold default dim")
    said: list[RenderableType] = [line, Text(clean(report.reason)), Text(" · ".join(facts(report)), style="dim")]
    if report.promise:
        said.append(Text(clean(report.promise), style="dim"))
    for segment in segments(report):
        said += _strip(report, segment, width, verbose=verbose)
    return said


def _strip(report: Report, segment: str | None, width: int, *, verbose: bool) -> list[RenderableType]:
    """One sign a window: where in time it happened."""
    windows = [report.windows[i] for i in windows_of(report, segment)]
    name = "windows" if segment is None else clean(segment, 24)
    room = max(width - len(name) - 4, 10)
    if len(windows) < 2:  # noqa: PLR2004  one window is the verdict itself
        return []
    line = Text.assemble((f"{name} " + ("…" if len(windows) > room else ""), "dim"))
    for verdict, run in groupby(window.verdict for window in windows[-room:]):
        line.append(STRIP[verdict] * len(list(run)), style="dim" if verdict is Verdict.STABLE else STYLES[verdict])
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for window in windows if verbose else ():
        mark = Text(f"{MARKS[window.verdict]} {window.verdict.value}", style=STYLES[window.verdict])
        table.add_row(clean(window.window.label, 24), mark, rows(window.rows), Text(clean(window.reason)))
    return [line, table] if verbose else [line]


def _watched(report: Report, width: int, *, verbose: bool) -> list[RenderableType]:
    """The metrics that decide: now against the reference, over the windows, and how many labels that rests on."""
    said: list[RenderableType] = []
    for about in About:
        found = courses(report, about)
        whole = [course for course in found if course.track.segment is None]
        ill = [course for course in found if course.track.segment is not None and course.worse]
        shown = [*whole, *(ill if verbose else ill[:SEGMENTS_SHOWN])] if whole else found if verbose else found[:SEGMENTS_SHOWN]
        if not shown:
            continue
        said += [Text(), Text(about.value.capitalize(), style="bold")]
        for course in shown:
            said += _course(course, width)
        if len(found) > len(shown):
            said.append(Text(f"and {plural(len(found) - len(shown), 'line')} more, one for each segment", style="dim"))
        if verbose:
            said += _every_metric(shown[0], width)
    return said


def _course(course: Course, width: int) -> list[RenderableType]:
    verdict = Verdict.DRIFTED if course.now else course.told.verdict
    where = f" [{clean(course.track.segment, 20)}]" if course.track.segment else ""
    lines: list[RenderableType] = [Text(f"{MARKS[verdict]} {headline(course)}{where}", style=STYLES[verdict])]
    if not where:
        lines.append(Padding(Text(footing(course), style="dim"), (0, 0, 0, 2)))
    signs, room = sparkline(course.track, course.metric), max(width - 4, 10)
    if len(signs) > 1:
        bars = Text("  " + ("…" if len(signs) > room else ""), style="dim")
        for at in range(max(len(signs) - room, 0), len(signs)):
            bars.append(signs[at], style="not dim bright_red" if at in course.worse else "")
        lines.append(bars)
    return lines


def _every_metric(course: Course, width: int) -> list[RenderableType]:
    """All metrics of the last window that is known, a row each."""
    rows_told = table(course.track, course.at)
    heads: tuple[str, ...] = HEADS if width >= NARROW else (*HEADS[:2], *HEADS[-1:])
    # A column in which nothing stands, such as estimates where none were made, is left out.
    heads = tuple(head for head in heads if any(row[HEADS.index(head)] != NOTHING for row in rows_told))
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
    for head in heads:
        shown.add_column(head, overflow="fold")
    for row in rows_told:
        verdict = Verdict(row[-1])
        cells = [Text(cell) for cell, head in zip(row[:-1], HEADS, strict=False) if head in heads]
        shown.add_row(*cells, Text(f"{MARKS[verdict]} {STANDINGS[verdict]}", style=STYLES[verdict].removeprefix("bold ")))
    return [Text(), Text(f"Every metric in window {clean(course.track.labels()[course.at], 40)}", style="bold"), shown]


def _why(report: Report, *, verbose: bool) -> list[RenderableType]:
    """The explanations: what happened, since when and how sure that is, and what to do about it."""
    found = reasons(report)
    shown = found if verbose else found[:REASONS_SHOWN]
    said: list[RenderableType] = [Text(), Text("Why", style="bold")] if shown else []
    for one in shown:
        said.append(Text(f"{one.sentence}.", style="bold" if one.now else ""))
        said.append(Padding(Text(f"{one.footing}. {_sentence(clean(one.told.remedy, 200))}", style="dim"), (0, 0, 0, 4)))
    if len(found) > len(shown):
        said.append(Text(f"and {plural(len(found) - len(shown), 'reason')} more", style="dim"))
    return said


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _drifted(brief: Outline, *, verbose: bool) -> list[RenderableType]:
    most = len(brief.stories) if verbose else SHOWN
    said: list[RenderableType] = []
    for title, stories in (("Would wake somebody", brief.about(*WAKES)), ("Input drift, by weight", brief.about(Concern.INPUT))):
        if stories:
            said += [Text(), Text(title, style="bold"), *_stories(stories[:most])]
        if len(stories) > most:
            said.append(Text(f"and {plural(len(stories) - most, 'column')} more", style="dim"))
    return said


def _stories(stories: Sequence[Story]) -> list[RenderableType]:
    """Two lines a column: which and since when, then what happened."""
    names = [clean(s.told.name, 36) + (f" [{clean(s.segment, 20)}]" if s.segment else "") for s in stories]
    room = max(map(cell_len, names))
    said: list[RenderableType] = []
    for name, story in zip(names, stories, strict=True):
        reason = clean(story.told.reason)
        line = Text.assemble((name, "bold" if story.now else ""), " " * (room - cell_len(name) + 2))
        if story.told.concern in WAKES:
            line.append(f"{story.told.concern.value}, ", style="bold bright_red" if story.now else "")
        said += [line.append(when(story), style="" if story.now else "dim"), *([Padding(Text(reason), (0, 0, 0, 4))] if reason else [])]
    return said


def effect(column: ColumnReport) -> str:
    """The effect that a verdict rests on, with its interval, and the statistic's name."""
    score = worst_score(column)
    if score is None:
        return NOTHING
    bounds = interval(score.statistic, score.interval)
    return f"{score.statistic} {amount(score.statistic, score.effect)}" + (f" ({bounds})" if bounds else "")


def _rest(report: Report, brief: Outline, width: int, *, verbose: bool) -> list[RenderableType]:
    said: list[RenderableType] = [Text()]
    said += [Text(note) for note in notes(brief)]
    if brief.stable:
        said.append(Text(f"{plural(brief.stable, 'column')} stable in the last window.", style="dim"))
    shown = report.findings if verbose else report.findings[:FINDINGS_SHOWN]
    for finding in shown:
        count = f" ({rows(finding.rows)})" if finding.rows else ""
        hint = f" Hint: {clean(finding.hint)}" if finding.hint else ""
        said.append(Text(f"! {clean(finding.where)}: {clean(finding.what)}{count}.{hint}", style="yellow"))
    if len(report.findings) > len(shown):
        said.append(Text(f"! and {plural(len(report.findings) - len(shown), 'finding')} more", style="yellow"))
    if verbose:
        for segment in segments(report):
            said += _every_column(report, segment, width)
    else:
        said.append(Text("More: --verbose lists every column, --html FILE draws them.", style="dim"))
    return said


def _every_column(report: Report, segment: str | None, width: int) -> list[RenderableType]:
    places = windows_of(report, segment)
    if not places:
        return []
    window = report.windows[places[-1]]
    where = "" if segment is None else f" of {clean(segment, 40)}"
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
    for title in ("column", "kind", "verdict", *(["effect"] if width >= NARROW else [])):
        table.add_column(title, no_wrap=True, overflow="ellipsis", max_width=44)
    table.add_column("why", overflow="fold", ratio=1)
    for column in window.columns:
        verdict = Text(f"{MARKS[column.verdict]} {column.verdict.value}", style=STYLES[column.verdict].removeprefix("bold "))
        cells = [Text(clean(column.name, 40)), Text(column.kind.value), verdict, *([Text(effect(column))] if width >= NARROW else [])]
        table.add_row(*cells, Text(clean(column.reason)))
    return [Text(), Text(f"Every column in window {clean(window.window.label, 40)}{where}", style="bold"), table]
