"""`driftline incident`: the report of one incident, filled from the configuration and what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from driftline.cli.main import Session


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write one page instead of printing Markdown.")
@click.pass_obj
def incident(session: Session, /, *, number: int, config: Path, current: tuple[str, ...], html: Path | None) -> None:
    """Write the report of incident NUMBER: what happened when, why, what it cost, what is done, what to improve.

    Incidents are numbered as driftline alerts simulate tells them, over the current data.

    \b
    Examples:
      driftline incident 2
      driftline incident 2 --html incident.html
    """  # noqa: D301  click reads the mark
    from driftline import wiring
    from driftline.alerting.replay import replay
    from driftline.cli.check import load
    from driftline.errors import ConfigError
    from driftline.reports import papers

    specification = load(config, None, current, session)
    found = wiring.check(specification)
    board, _ = replay(found.report, specification.alerts)
    known = {one.number: one for one in board.incidents}
    if number not in known:
        raise ConfigError(f"there is no incident {number}", hint=f"there are {len(known)}: driftline alerts simulate tells of them")
    paper = papers.incident(found.monitor, known[number], found.report, found.decided)
    text = papers.to_markdown(paper) if html is None else papers.to_html(paper)
    if html is None:
        click.echo(text, nl=False)
        return
    from driftline.cli.outputs import write

    write(html, text)
