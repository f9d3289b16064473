"""`driftline policy`: the retraining policy, filled from the configuration and what was measured."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from driftline.cli.main import Session


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write one page instead of printing Markdown.")
@click.pass_obj
def policy(session: Session, /, *, config: Path, html: Path | None) -> None:
    """Write the retraining policy: when, by which rules, on which rows, what must be proved, how it is released, who agrees.

    It is filled from driftline.yaml; nothing is read beside it.

    \b
    Examples:
      driftline policy
      driftline policy > POLICY.md
    """  # noqa: D301  click reads the mark
    from driftline import handbook
    from driftline.config.specification import read
    from driftline.reports import papers

    specification = read(config, os.environ)
    session.secrets = specification.secrets
    paper = handbook.policy(specification)
    text = papers.to_markdown(paper) if html is None else papers.to_html(paper)
    if html is None:
        click.echo(text, nl=False)
        return
    from driftline.cli.outputs import write

    write(html, text)
