"""`driftline profile`: count data into a small file that adds up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from driftline.cli.progress import progress
from driftline.cli.settings import placed, settings_flags


@click.command()
@click.argument("data", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The profile to write.")
@click.option("--reference", metavar="PLACE", help="The reference on which bins are fixed: data, or a .profile.")
@click.option("--query", metavar="SQL", help="The query, where the data is a database's URL.")
@settings_flags
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_context
def profile(
    ctx: click.Context,
    /,
    *,
    data: tuple[str, ...],
    output: Path,
    reference: str | None,
    query: str | None,
    settings: dict[str, Any],
    quiet: bool,
) -> None:
    """Count data into a small file that adds up.

    Bins are fixed on a reference, so that profiles of different days are counted in the same ones. Without
    --reference the data itself is the reference: the profile then holds its bins, and later data is counted
    in them with --reference.

    \b
    Examples:
      driftline profile train.parquet -o train.profile
      driftline profile data/*.parquet --reference train.profile --timestamp ts --window day -o days.profile
      driftline compare train.profile today.parquet
    """  # noqa: D301  click reads the mark
    from driftline import wiring
    from driftline.cli.shelves import counted
    from driftline.config.specification import specify
    from driftline.store.profiles import save

    read = placed(list(data), query)
    places = {"reference": reference, "current": read} if reference else {"reference": read}
    specification = specify({**places, **settings}, os.environ, name="the command line")
    ctx.obj.secrets = specification.secrets
    with progress(quiet=quiet) as told:
        shelf = wiring.profile(specification, progress=told)
    save(shelf, output)
    click.echo(f"wrote {output}: {shelf.use.value}, {counted(shelf)}")
