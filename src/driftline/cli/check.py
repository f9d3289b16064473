"""`driftline check`: count, compare and judge what driftline.yaml describes."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.outputs import JsonCommand, deliver, output_flags
from driftline.cli.progress import progress
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from driftline.cli.main import Session
    from driftline.cli.outputs import Outputs
    from driftline.config.specification import Specification


@click.command(cls=JsonCommand)
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--reference", metavar="PLACE", help="Use this reference instead of the file's.")
@click.option("--current", metavar="PLACE", multiple=True, help="Check this data instead of the file's.")
@click.option(
    "--window", "windows", metavar="LABEL", multiple=True, help="Report this window only, such as 2026-03-29; last is the newest."
)
@click.option("--since", metavar="LABEL", help="Report this window and the later ones.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="Look as somebody did then (UTC): labels that came later are not known.",
)
@click.option(
    "--engine", type=click.Choice(["local", "spark", "sql"]), default="local", show_default=True, help="Who reads and counts the rows."
)
@click.option("--notify", "telling", is_flag=True, help="Send messages to the channels of the file, each once.")
@output_flags
@click.pass_context
def check(  # noqa: PLR0913, PLR0917  click hands over one for each option
    ctx: click.Context,
    config: Path,
    engine: str,
    as_of: datetime | None,
    reference: str | None,
    current: tuple[str, ...],
    windows: tuple[str, ...],
    since: str | None,
    telling: bool,  # noqa: FBT001  click gives it by name
    outputs: Outputs,
) -> None:
    """Count, compare and judge what driftline.yaml describes.

    Every window of the current data gets a verdict: drifted, stable, or inconclusive where there are too
    few rows to tell. Exit code 0 means stable or inconclusive, 1 drifted (see --fail-on), 2 that the
    configuration is wrong, 3 the data. The report ends with what to do about it: driftline decide says why.

    \b
    Examples:
      driftline check
      driftline check -c monitors/payments.yaml --html report.html
      driftline check --current day.parquet --json
      driftline check --window last --fail-on inconclusive     in CI
      driftline check --notify                                 in cron
    """  # noqa: D301  click reads the mark
    from driftline import wiring
    from driftline.cli.selection import select

    specification = load(config, reference, current, ctx.obj)
    with progress(quiet=outputs.quiet) as told:
        found = wiring.check(specification, progress=told, now=as_of and as_of.replace(tzinfo=UTC), engine=engine)
    if telling:
        from driftline.cli.notify import BESIDE, notify

        sent = notify(found.report, specification, config.parent / BESIDE, datetime.now(UTC))
        if not outputs.quiet:
            click.echo(f"{sent} messages sent", err=True)
    ctx.exit(deliver(select(found.report, windows, since), outputs, found.decided.decision))


def load(config: Path, reference: str | None, current: tuple[str, ...], session: Session) -> Specification:
    """Read the monitor, with other data where that was asked for."""
    from driftline.config.places import place
    from driftline.config.specification import read

    specification = read(config, os.environ)
    session.secrets = specification.secrets
    places = specification.places
    if reference:
        places = replace(places, reference=place(reference, Path(), os.environ))
    if current:
        places = replace(places, current=place(list(current), Path(), os.environ))
    if places.current is None:
        raise ConfigError(
            f"{str(config)!r} does not say where the current data lies", hint="add current: data/*.parquet, or give --current"
        )
    return replace(specification, places=places)
