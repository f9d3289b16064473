"""`driftline config`: is driftline.yaml right, and what may stand in it."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.group()
def config() -> None:
    """Check driftline.yaml, or print its JSON Schema."""


@config.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path("driftline.yaml"))
@click.pass_context
def check(ctx: click.Context, path: Path) -> None:
    """Say whether a driftline.yaml is right, and if not, everything that is wrong with it.

    Each mistake is named with its line and column and what to do about it. The data is not read.

    \b
    Examples:
      driftline config check
      driftline config check monitors/payments.yaml
    """  # noqa: D301  click reads the mark
    from driftline.cli.summary import summary
    from driftline.config.specification import read

    specification = read(path, os.environ)
    ctx.obj.secrets = specification.secrets
    click.echo(f"{path} is right")
    for label, text in summary(specification):
        click.echo(f"  {label:<15}{text}")


@config.command()
def schema() -> None:
    """Print the JSON Schema of driftline.yaml, for editors.

    Editors that know the YAML language server take it from the first line of the file that init writes.

    \b
    Example:
      driftline config schema > driftline.schema.json
    """  # noqa: D301  click reads the mark
    from driftline.config.published import written

    click.echo(written(), nl=False)
