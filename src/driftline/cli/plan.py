"""`driftline plan`: the monitoring plan, filled from the configuration and what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from driftline.cli.main import Session


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write one page instead of printing Markdown.")
@click.pass_obj
def plan(session: Session, /, *, config: Path, current: tuple[str, ...], html: Path | None) -> None:
    """Write the monitoring plan: what is watched, from where, when, by which tests, how much matters, who is told.

    It is filled from driftline.yaml and from what a check of the current data found: messages are shown as these data would
    have brought them, with their figures; health is one number with its formula.

    \b
    Examples:
      driftline plan
      driftline plan --html plan.html
    """  # noqa: D301  click reads the mark
    from driftline import handbook, wiring
    from driftline.cli.check import load
    from driftline.decisions.health import health
    from driftline.reports import papers

    specification = load(config, None, current, session)
    found = wiring.check(specification)
    paper = handbook.plan(specification, found.report, found.decided, health(found.report, found.decided.evidence))
    text = papers.to_markdown(paper) if html is None else papers.to_html(paper)
    if html is None:
        click.echo(text, nl=False)
        return
    from driftline.cli.outputs import write

    write(html, text)
