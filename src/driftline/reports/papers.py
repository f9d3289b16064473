"""Documents for people who answer for a model: the monitoring plan, the retraining policy, the report of an incident."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from driftline.decisions.decision import Action, Consent
from driftline.decisions.health import FORMULA
from driftline.decisions.rules import REST, policy_of
from driftline.decisions.terms import Schedule
from driftline.reports.counsel import in_depth
from driftline.reports.markdown import escaped
from driftline.reports.wording import clean, instant, number, plural
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from driftline.alerting.incident import Incident
    from driftline.decisions.course import Decided
    from driftline.decisions.health import Health
    from driftline.decisions.terms import Terms
    from driftline.monitor import Monitor
    from driftline.verdicts.report import Report, WindowReport


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, and a table whose first row is its heads; either may be empty."""

    title: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


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
    style = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}td,th{text-align:left;padding:.2em .8em .2em 0}"
    head = f'<meta charset="utf-8"><link rel="icon" href="data:,"><title>{_text(paper.title)}</title><style>{style}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(said) + "\n</body></html>\n"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells) + "</tr>"


def _text(words: str) -> str:
    return escape(clean(words))


def plan(monitor: Monitor, report: Report, decided: Decided, health: Health) -> Paper:
    """The monitoring plan: what is watched, by what, why it is enough, and how it stands."""
    windows = [window for window in report.windows if window.segment is None]
    sure = f"a verdict needs an interval of {monitor.policy.confidence:.0%} on one side of what matters"
    return Paper(
        f"Monitoring plan: {monitor.name}",
        (
            Section("What is watched", (_cut(monitor, report),), _columns(monitor, windows)),
            Section("What is promised", (report.promise, sure)),
            Section("Performance", tuple(_performance(windows))),
            Section("How it stands", (*_stands(report, decided), *_score(health))),
            Section("What happens then", tuple(_terms(monitor.terms))),
        ),
    )


def _cut(monitor: Monitor, report: Report) -> str:
    said = monitor.windowing
    one = {"rows": f"{said.rows} rows", "column": f"value of {said.column}"}.get(said.cadence.value, said.cadence.value)
    return f"a model ({monitor.task.value}), in windows of one {one}, against a reference of {plural(report.reference.rows, 'row')}"


def _columns(monitor: Monitor, windows: Sequence[WindowReport]) -> tuple[tuple[str, ...], ...]:
    """Every column with what matters in it, and how often it drifted."""
    drifted = Counter(column.name for window in windows for column in window.columns if column.verdict is Verdict.DRIFTED)
    rows = (
        (column.name, column.kind.value, column.role.value, number(monitor.policy.floor(column.name, "shift")), str(drifted[column.name]))
        for column in (windows[-1].columns if windows else ())
    )
    return (("column", "kind", "role", "smallest shift that matters", "windows in which it drifted"), *rows)


def _performance(windows: Sequence[WindowReport]) -> Iterator[str]:
    newest = windows[-1] if windows else None
    deciding = [metric for metric in (newest.performance if newest else ()) if metric.decides]
    for one in deciding:
        yield f"{one.title} decides; a worsening of {number(one.floor)} matters; in the reference it is {number(one.reference)}"
    if not deciding:
        yield "performance is not watched: it is not known what came true, or what the model said"
    yield newest.labels.reason if newest and newest.labels else "labels are not watched"


def _stands(report: Report, decided: Decided) -> Iterator[str]:
    yield f"{report.verdict.value}: {report.reason}"
    yield f"decision: {decided.decision.action.value}: {decided.decision.reason}"


def _score(health: Health) -> Iterator[str]:
    parts = f"performance {health.performance:.2f}, data {health.data:.2f}, knowledge {health.knowledge:.2f}"
    yield f"health {health.score:.0f} of 100: {parts}"
    yield FORMULA


def policy(monitor: Monitor, training: str, gate: str) -> Paper:
    """The retraining policy: conditions, sampling, gates, and who has to agree.

    Args:
        monitor: the monitor; its terms are the policy's.
        training: how a model is trained, in words; empty where nobody says.
        gate: what a challenger must prove, in words.
    """
    terms = monitor.terms
    says = {Consent.AUTOMATIC: "goes ahead by itself", Consent.ASK: "a person agrees"}
    agree = tuple((action.value, says[terms.consents.get(action, Consent.ASK)]) for action in Action if action is not Action.HOLD)
    return Paper(
        f"Retraining policy: {monitor.name}",
        (
            Section("When", tuple(_terms(terms))),
            Section("Rules, in order; the first that applies decides", tuple(rule.says for rule in (*policy_of(terms), REST))),
            Section(
                "On which rows",
                (
                    "labelled rows whose labels are known, without windows that are spoilt and without the newest, which are held out",
                    "for a loss all rows, those since the loss as heavy as all before; by the calendar all rows, the newest heavier",
                ),
            ),
            Section("How, and what a new model must prove", (training or "it is not said how a model is trained", gate)),
            Section("Who agrees", (), (("decision", "who"), *agree)),
        ),
    )


def _terms(terms: Terms) -> Iterator[str]:
    yield "the model is retrained where labels show it to do worse" if terms.on_drift else "the model is not retrained for doing worse"
    if terms.schedule is not Schedule.NEVER:
        yield f"it is retrained {terms.schedule.value}, too"
    yield f"not before {terms.enough} labels of the rarer class have come since a loss"
    yield f"if that takes longer than {_days(terms.patience)}, {terms.fallback} answers until then"
    yield f"not within {_days(terms.cool_down)} of the last retraining; beyond {terms.budget} in {_days(terms.period)} a person agrees"
    if terms.quiet is not None:
        yield f"nothing is begun from {terms.quiet.start:%H:%M} to {terms.quiet.end:%H:%M} ({terms.timezone})"
    for blackout in terms.blackouts:
        yield f"nothing is begun from {instant(blackout.start)} to {instant(blackout.end)}"
    cost = "nobody said what a retraining costs" if terms.cost is None else f"a retraining costs {number(terms.cost)}"
    yield f"{cost}; gains are counted over {_days(terms.horizon)}"


def _days(length: timedelta) -> str:
    return f"{length.total_seconds() / 86_400:g} days"


def incident(monitor: Monitor, found: Incident, report: Report, decided: Decided) -> Paper:
    """The report of an incident: what happened when, why, what it cost, what is done, and what to improve.

    Args:
        monitor: the monitor.
        found: the incident.
        report: the check it was seen in.
        decided: what was decided at the end of the newest window.
    """
    windows = [window for window in report.windows if window.segment is None and _within(found, window)]
    told = (cause for window in windows for cause in window.diagnosis)
    causes = tuple(dict.fromkeys(f"{cause.kind.replace('_', ' ')} in {', '.join(cause.columns)}: {cause.sentence}" for cause in told))
    lasted = f"to {instant(found.closed)}" if found.closed else "and lasts"
    timeline = tuple((window.window.label, window.verdict.value, window.reason) for window in windows)
    begun = f"opened {instant(found.opened)}, in {found.window}, {lasted}"
    depth = in_depth(decided.decision, decided.evidence)
    return Paper(
        f"Incident {found.number}: {monitor.name}",
        (
            Section("What happened", (begun, *(signal.sentence for signal in found.ranked))),
            Section("Timeline", (), (("window", "verdict", "why"), *timeline)),
            Section("Root cause", causes or ("no cause was found",)),
            Section("Impact", tuple(_impact(found, windows))),
            Section("Decision", tuple(f"{heading}: {sentence}" for heading, sentences in depth for sentence in sentences)),
            Section("What to improve", tuple(_improve(found, causes))),
        ),
    )


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
