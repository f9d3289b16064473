"""`driftline compare`: two data sets and a verdict, with no file to write first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from driftline.cli.outputs import JsonCommand, deliver, output_flags
from driftline.cli.progress import progress
from driftline.cli.settings import placed, settings_flags

if TYPE_CHECKING:
    from driftline.cli.outputs import Outputs


@click.command(cls=JsonCommand)
@click.argument("reference")
@click.argument("current", nargs=-1, required=True)
@click.option("--reference-query", metavar="SQL", help="The query, where the reference is a database's URL.")
@click.option("--query", metavar="SQL", help="The query, where the current data is a database's URL.")
@click.option(
    "--engine", type=click.Choice(["local", "spark", "sql"]), default="local", show_default=True, help="Who reads and counts the rows."
)
@settings_flags
@output_flags
@click.pass_context
def compare(
    ctx: click.Context,
    reference: str,
    current: tuple[str, ...],
    engine: str,
    reference_query: str | None,
    query: str | None,
    settings: dict[str, Any],
    outputs: Outputs,
) -> None:
    """Compare CURRENT with REFERENCE, with no file to write first.

    Both are paths, directories, globs or URLs of Parquet, CSV, JSON Lines or Arrow data, or a database's
    URL with a query; REFERENCE may also be a .profile. The outputs and exit codes are those of check.

    \b
    Examples:
      driftline compare train.parquet day.parquet
      driftline compare train.parquet data/*.parquet --timestamp ts --window day
      driftline compare train.csv day.csv --id order_id --ignore comment --kind zip=category
      driftline compare train.parquet day.parquet --json | jq .verdict
      driftline compare jan.profile s3://bucket/feb/ --false-alarms "1 in 90 days" --html report.html
    """  # noqa: D301  click reads the mark
    from driftline import wiring
    from driftline.config.specification import specify

    places = {"reference": placed([reference], reference_query), "current": placed(list(current), query)}
    specification = specify({"monitor": "comparison", **places, **settings}, os.environ, name="the command line")
    ctx.obj.secrets = specification.secrets
    with progress(quiet=outputs.quiet) as told:
        report = wiring.check(specification, progress=told, engine=engine).report
    ctx.exit(deliver(report, outputs))
