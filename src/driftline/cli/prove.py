"""`driftline prove`: hold a challenger against the gate."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from driftline.errors import ConfigError

NOT_PASSED = 1
DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take the rows from this data instead of the file's.")
@click.option("--version", "version", metavar="V", default="", help="The version to be proved; the challenger by default.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A Parquet file of its answers to the rows kept, where it was asked elsewhere.",
)
@click.option("--as-of", type=click.DateTime(DATES), help="Judge as somebody would have then (UTC): labels that came later are not known.")
@click.option("--override", metavar="NAME", help="Release it whatever the gate says; who answers for that.")
@click.option("--reason", default="", help="Why it is overridden.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write the table into this file as well.")
@click.option("-q", "--quiet", is_flag=True, help="Do not show the log of asking.")
@click.pass_context
def prove(  # noqa: PLR0913  one argument an option
    ctx: click.Context,
    /,
    *,
    config: Path,
    current: tuple[str, ...],
    version: str,
    answers: Path | None,
    as_of: datetime | None,
    override: str | None,
    reason: str,
    as_json: bool,
    markdown: Path | None,
    quiet: bool,
) -> None:
    """Hold the challenger against the gate that driftline.yaml describes.

    Champion and challenger are asked about the same rows: the newest whose labels are known, after the last that
    the challenger learnt from. Where the registry has no champion, the answers on record are its answers. The gate
    passes, fails, or is inconclusive and says how many more rows may settle it. Exit code 1 means that it does not
    pass. A person may override it with a name and a reason, which stay on record.

    \b
    Examples:
      driftline prove
      driftline prove --json --markdown gate.md
      driftline prove --override ann --reason "the attack goes on, and it catches it"
    """  # noqa: D301  click reads the mark
    from driftline.cli.check import load
    from driftline.release.prove import prove as release
    from driftline.release.table import table

    if override and not reason:
        raise ConfigError("an override needs a reason", hint='say why: --reason "…"')
    specification = load(config, None, current, ctx.obj)
    found = release(
        specification,
        as_of.replace(tzinfo=UTC) if as_of else datetime.now(UTC),
        lambda line: None if quiet or as_json else click.echo(f"  {line}", err=True),
        version=version,
        answered=answers,
        override=(override, reason) if override else None,
    )
    if markdown:
        markdown.write_text(table(found), encoding="utf-8")
    click.echo(json.dumps(found.written(), indent=1) if as_json else table(found))
    if not found.passes:
        ctx.exit(NOT_PASSED)
