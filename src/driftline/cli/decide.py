"""`driftline decide`: what to do, why, what spoke against it, when, on which rows, and who has to agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.cli.main import Session
    from driftline.decisions.course import Decided


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="Decide as somebody would have then (UTC): rows and labels that came later are not known.",
)
@click.option("--along", is_flag=True, help="Decide at the end of every window, with what was known then; each retraining counts as begun.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision with all that it rests on.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def decide(
    session: Session, /, *, config: Path, current: tuple[str, ...], as_of: datetime | None, along: bool, as_json: bool, quiet: bool
) -> None:
    """Say what to do about what a check finds, and why.

    One of hold, look, fix data, recalibrate, retrain, roll back and fall back: why, what spoke against it,
    when, on which rows, what it should bring, how sure that is, and whether a person has to agree. The terms
    are under decisions: in driftline.yaml. Nothing is done: this only says what should be.

    \b
    Examples:
      driftline decide
      driftline decide --as-of 2026-05-12 --json
      driftline decide --along          what would have been decided, window by window
    """  # noqa: D301  click reads the mark
    from datetime import UTC

    from driftline import replaying, wiring
    from driftline.cli.check import load
    from driftline.decisions.record import stored

    specification = load(config, None, current, session)
    now = as_of and as_of.replace(tzinfo=UTC)
    with progress(quiet=quiet or as_json) as told:
        if along:
            found = list(replaying.along(specification, progress=told, now=now))
        elif now is not None:
            found = [replaying.as_of(specification, now, progress=told)]
        else:
            found = [wiring.check(specification, progress=told).decided]
    if as_json:
        kept = [stored(one.evidence, one.decision) for one in found]
        click.echo(json.dumps(kept if along else kept[0], indent=1, ensure_ascii=False))
    elif along:
        _lines(found)
    else:
        _depth(found[0])


def _depth(decided: Decided) -> None:
    from textwrap import fill

    from driftline.reports.counsel import advice, in_depth
    from driftline.reports.wording import clean

    click.echo(fill(advice(decided.decision), 100))
    for heading, sentences in in_depth(decided.decision, decided.evidence):
        for place, sentence in enumerate(sentences):
            lead = f"  {heading + ':' if place == 0 else '':22}"
            click.echo(fill(clean(sentence), 100, initial_indent=lead, subsequent_indent=" " * 24))


def _lines(found: Sequence[Decided]) -> None:
    """One line for each run of windows with the same decision for the same reason."""
    from itertools import groupby

    from driftline.reports.counsel import advice
    from driftline.reports.wording import clean

    for _, run in groupby(found, key=lambda one: (one.decision.action, one.decision.rule, one.decision.since)):
        same = list(run)
        first, last = (clean(one.evidence.window or "") for one in (same[0], same[-1]))
        span = first if first == last else f"{first} to {last}"
        click.echo(f"{span:26}{advice(same[-1].decision)}")
