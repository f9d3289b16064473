"""Documents for people who answer for a model, as Markdown and as one page; and the report of an incident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from driftline.alerting.announcement import figure_of
from driftline.reports.clinic import line_path
from driftline.reports.counsel import OUT, in_depth
from driftline.reports.markdown import escaped
from driftline.reports.reasons import reasons
from driftline.reports.vitals import bars
from driftline.reports.wording import clean, instant, number, plural
from driftline.verdicts.diagnosis import EVERY_COLUMN, Change
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.alerting.incident import Incident
    from driftline.decisions.course import Decided
    from driftline.monitor import Monitor
    from driftline.verdicts.report import Report, WindowReport


OF_THE_MODEL = frozenset({Change.CONCEPT, Change.LABEL, Change.COVARIATE})
"""What explains that a model does worse, whatever columns it is about."""

WIDTH, HEIGHT, DOT = 640.0, 96.0, 3.0
"""Of a drawing, in pixels, and how large the windows that drifted are drawn."""

DRAWN = (
    "svg{display:block;max-width:100%;height:auto}path{fill:none;stroke:#374151;stroke-width:1.5}circle{fill:#dc2626}"
    "figure{margin:1em 0}figcaption{font-size:.85em;color:#374151}"
)


CELLS = "td,th{text-align:left;padding:.2em .8em .2em 0}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is seen below a sentence: a line through windows, the oldest first, those that drifted marked."""

    caption: str
    points: tuple[tuple[float | None, bool], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, drawings, and a table whose first row is its heads; any may be empty."""

    title: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    drawings: tuple[Drawing, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A document."""

    title: str
    sections: tuple[Section, ...]


def to_markdown(paper: Paper) -> str:
    """The document as Markdown, in which strangers' names stay names."""
    parts = [f"# {escaped(paper.title)}"]
    for section in paper.sections:
        parts.append(f"## {escaped(section.title)}")
        parts += ["\n".join(f"- {escaped(line)}" for line in section.lines)] if section.lines else []
        if section.table:
            rows = ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in section.table]
            parts.append("\n".join([rows[0], "|---" * len(section.table[0]) + "|", *rows[1:]]))
        parts += [f"{escaped(one.caption)}: {bars([value for value, _ in one.points])}" for one in section.drawings]
    return "\n\n".join(parts) + "\n"


def to_html(paper: Paper) -> str:
    """The document as one page that needs nothing else."""
    said = [f"<h1>{_text(paper.title)}</h1>"]
    for section in paper.sections:
        said.append(f"<h2>{_text(section.title)}</h2>")
        if section.lines:
            said.append("<ul>" + "".join(f"<li>{_text(line)}</li>" for line in section.lines) + "</ul>")
        if section.table:
            said.append("<table>" + "".join(_row(cells, "td" if place else "th") for place, cells in enumerate(section.table)) + "</table>")
        said += [_drawn(one) for one in section.drawings]
    style = f"{DRAWN}body{{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}{CELLS}"
    head = f'<meta charset="utf-8"><link rel="icon" href="data:,"><title>{_text(paper.title)}</title><style>{style}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(said) + "\n</body></html>\n"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells) + "</tr>"


def _drawn(drawing: Drawing) -> str:
    """A drawing as SVG, which needs no script."""
    values = [value for value, _ in drawing.points]
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    wide, inside = (high - low) or 1.0, HEIGHT - 4 * DOT
    step = (WIDTH - 4 * DOT) / max(len(values) - 1, 1)
    at = [None if v is None else (2 * DOT + k * step, 2 * DOT + inside * (high - v) / wide) for k, v in enumerate(values)]
    dots = "".join(
        f'<circle cx="{one[0]:g}" cy="{one[1]:g}" r="{DOT:g}"/>'
        for one, (_, drifted) in zip(at, drawing.points, strict=True)
        if drifted and one is not None
    )
    said = f"{drawing.caption}, from {number(low)} to {number(high)}"
    shape = f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{_text(said)}"><path d="{line_path(at)}"/>{dots}</svg>'
    return f"<figure>{shape}<figcaption>{_text(said)}</figcaption></figure>"


def _text(words: str) -> str:
    return escape(clean(words))


def incident(monitor: Monitor, found: Incident, report: Report, decided: Decided) -> Paper:
    """The report of an incident: what happened when, why, what it cost, what is done, and what to improve.

    Args:
        monitor: the monitor.
        found: the incident.
        report: the check it was seen in.
        decided: what was decided at the end of the newest window.
    """
    windows = [window for window in report.windows if window.segment is None and _within(found, window)]
    root, beside = _causes(found, replace(report, windows=tuple(windows)))
    lasted = f"to {instant(found.closed)}" if found.closed else "and lasts"
    told = tuple(signal.sentence for signal in found.ranked)
    begun = f"opened {instant(found.opened)}, in {found.window}, {lasted}"
    return Paper(
        f"Incident {found.number}: {monitor.name}",
        (
            Section("What happened", (begun, *told), drawings=tuple(_drawings(found, report))),
            Section("Timeline", (), (("window", "verdict", "why"), *_timeline(windows))),
            Section("Root cause", tuple(_briefly(line, told) for line in root) or ("no cause was found",)),
            *([Section("What else was found meanwhile", beside)] if beside else []),
            Section("Impact", tuple(_impact(found, windows))),
            Section("Decision", tuple(_briefly(line, told) for line in _decision(decided))),
            Section("What to improve", tuple(_improve(found, root))),
        ),
    )


def _drawings(found: Incident, report: Report) -> Iterator[Drawing]:
    """What tells most, through all windows of all rows."""
    about, points = figure_of(found.ranked[0], [window for window in report.windows if window.segment is None])
    if points:
        yield Drawing(about, tuple((point.value, point.drifted) for point in points))


def _timeline(windows: Sequence[WindowReport]) -> Iterator[tuple[str, str, str]]:
    """A line for each window in which something else was found than in the one before; those between are one line."""
    for _, same in groupby(windows, key=_found):
        first, *more = same
        yield first.window.label, first.verdict.value, first.reason
        if more:
            label, last = more[0].window.label, more[-1].window.label
            yield (label if len(more) == 1 else f"{label} to {last}"), first.verdict.value, f"{plural(len(more), 'window')} more, the same"


def _found(window: WindowReport) -> tuple[Verdict, frozenset[str]]:
    """What was found in a window: its verdict, and the names of what drifted."""
    metrics = {one.metric for one in window.performance if one.verdict is Verdict.DRIFTED}
    return window.verdict, frozenset(metrics | {column.name for column in window.columns if column.verdict is Verdict.DRIFTED})


def _briefly(line: str, told: Sequence[str]) -> str:
    """A line in which what was told above is no more than its beginning."""
    for sentence in told:
        line = line.replace(sentence, sentence.partition(";")[0])
    return line


def _decision(decided: Decided) -> Iterator[str]:
    """What was decided, and in depth why; names of windows side by side, other sentences one by one."""
    decision = decided.decision
    yield f"{decision.action.value}: {decision.reason}"
    for heading, sentences in in_depth(decision, decided.evidence):
        yield from (f"{heading}: {one}" for one in ([", ".join(sentences)] if sentences and heading == OUT else sentences))


def _causes(found: Incident, report: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Explanations of what belongs to the incident, each once for all its windows, and those of what else went on then."""
    own = {signal.name for signal in found.members.values()}
    worse = any(signal.concern is Concern.PERFORMANCE for signal in found.members.values())
    told: tuple[list[str], list[str]] = [], []
    for one in reasons(report):
        names = {*one.told.columns, *one.told.explains}
        about = names & {*own, EVERY_COLUMN} or (worse and one.told.change in OF_THE_MODEL)
        if one.told.change is not Change.RISK:
            told[0 if about else 1].append(f"{one.sentence} ({one.footing})")
        elif one.now:
            told[1].append(one.sentence)
    return tuple(told[0]), tuple(told[1])


def _within(found: Incident, window: WindowReport) -> bool:
    """Whether a window lies in an incident, from the window that opened it to that which closed it."""
    end = window.window.end
    if not isinstance(end, datetime):
        return window.window.label == found.window
    return end >= found.opened and (found.closed is None or end <= found.closed)


def _impact(found: Incident, windows: Sequence[WindowReport]) -> Iterator[str]:
    worse = [signal.sentence for signal in found.ranked if signal.concern is Concern.PERFORMANCE]
    yield from worse or ["no metric was shown to be worse"]
    for window in windows[-1:]:
        for one in window.performance:
            if one.per_day is not None:
                value, low, high = one.per_day
                yield f"{one.title}: {number(value)} a day ({number(low)} to {number(high)})"


def _improve(found: Incident, causes: Sequence[str]) -> Iterator[str]:
    if not causes:
        yield "no cause was found: watch more of what the model is fed, or give segments to look into"
    if any("reference's" in signal.sentence for signal in found.ranked):
        yield "values beyond all that the reference had came through: refuse them where they come in"
    if found.closed is None:
        yield "it still lasts: fill this in when it is over"
    yield f"{plural(len(found.members), 'alert')} belonged to it: a rule for the first of them would have told as much"
