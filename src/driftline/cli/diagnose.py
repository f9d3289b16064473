"""`driftline diagnose`: everything that is known of why one window drifted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.cli.main import Session
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report, WindowReport

WIDE = 96


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option("--window", metavar="LABEL", help="This window; without it, the last one that drifted.")
@click.option("--segment", metavar="NAME", help="This segment; without it, all rows.")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def diagnose(
    session: Session, /, *, config: Path, current: tuple[str, ...], window: str | None, segment: str | None, as_json: bool, quiet: bool
) -> None:
    """Say why one window drifted, with all that speaks for it.

    Faults of the data come first, then what else moved, then risks: each with its columns, how many of the
    rows it is in and which, since when, the numbers it rests on, what follows from it, and what to do.

    \b
    Examples:
      driftline diagnose
      driftline diagnose --window 2026-03-26 --json
    """  # noqa: D301  click reads the mark
    from driftline import wiring
    from driftline.cli.check import load
    from driftline.reports.document import to_dict

    specification = load(config, None, current, session)
    with progress(quiet=quiet or as_json) as told:
        report = wiring.check(specification, progress=told).report
    place = chosen(report, window, segment)
    if as_json:
        document = {} if place is None else to_dict(report)["windows"][place]
        kept = ("label", "segment", "rows", "verdict", "reason", "diagnosis")
        click.echo(json.dumps({name: document.get(name) for name in kept}, indent=1, ensure_ascii=False))
        return
    click.echo("no window drifted" if place is None else "\n".join(said(report.windows[place])))


def chosen(report: Report, label: str | None, segment: str | None) -> int | None:
    """The place of the window that was asked for, else of the last one that drifted; None where none did.

    Raises:
        ConfigError: there is no such window, or no such segment.
    """
    from driftline.errors import ConfigError, near_miss
    from driftline.verdicts.report import Verdict

    parts = dict.fromkeys(window.segment or "" for window in report.windows)
    if segment is not None and segment not in parts:
        raise ConfigError(f"there is no segment {segment!r}", hint=near_miss(segment, parts))
    ours = [place for place, window in enumerate(report.windows) if window.segment == segment]
    if label is None:
        return max((place for place in ours if report.windows[place].verdict is Verdict.DRIFTED), default=None)
    labels = {report.windows[place].window.label: place for place in ours}
    if label not in labels:
        raise ConfigError(f"there is no window {label!r}", hint=near_miss(label, labels))
    return labels[label]


def said(window: WindowReport) -> Iterator[str]:
    """A window's diagnosis, line by line."""
    from driftline.reports.wording import clean

    where = f" of {clean(window.segment)}" if window.segment else ""
    yield f"{clean(window.window.label)}{where}, {window.rows:,} rows: {window.verdict.value}"
    if not window.diagnosis:
        yield f"  {clean(window.reason)}"
    for number, one in enumerate(window.diagnosis, 1):
        yield from ("", *_told(number, one))


def _told(number: int, one: Diagnosis) -> Iterator[str]:
    from textwrap import wrap

    from driftline.reports.wording import clean, percent, sureness

    yield from wrap(f"{number}. {one.kind.replace('_', ' ')} ({one.change.value}, {sureness(one.confidence)} sure)", WIDE)
    yield from wrap(f"{clean(one.sentence)}.", WIDE, initial_indent="   ", subsequent_indent="   ")
    facts = {"since": clean(one.since or "") + (", new in this window" if one.new else "")}
    if one.columns:
        facts["columns"] = ", ".join(clean(name, 60) for name in one.columns)
    if one.share is not None:
        bounds = f" ({percent(one.interval[0])} to {percent(one.interval[1])})" if one.interval else ""
        facts["rows"] = f"{percent(one.share)}{bounds}" + (", not to be trained on" if one.polluted else "")
    for part in one.where:
        conditions = " and ".join(clean(condition, 80) for condition in part.conditions)
        facts[f"where {conditions}"] = f"{percent(part.carries)} of the change, in {percent(part.rows)} of the rows"
    if one.explains:
        facts["explains"] = ", ".join(clean(name, 60) for name in one.explains)
    if one.evidence:
        facts["evidence"] = ", ".join(f"{clean(name, 60)} {value:.4g}" for name, value in one.evidence.items())
    facts["to do"] = clean(one.remedy)
    for name, fact in facts.items():
        yield from wrap(f"{name}: {fact}", WIDE, initial_indent="   - ", subsequent_indent="     ")
