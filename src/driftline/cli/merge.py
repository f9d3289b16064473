"""`driftline merge`: add profiles into one."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("profiles", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The profile to write.")
@click.option("--whole", "one", is_flag=True, help="Add all windows into one.")
def merge(*, profiles: tuple[Path, ...], output: Path, one: bool) -> None:
    """Add profiles into one.

    Profiles add if they were counted in the same bins, that is with the same reference. Windows that are in
    several of them are added; the sum is exactly what counting all rows at once would have given.

    \b
    Examples:
      driftline merge mon.profile tue.profile -o days.profile
      driftline merge eu/*.profile us/*.profile -o world.profile
      driftline merge day-*.profile --whole -o month.profile
    """  # noqa: D301  click reads the mark
    from driftline.cli.shelves import counted, whole
    from driftline.store.profiles import load, save
    from driftline.store.shelf import merge as add

    shelf = add([load(path) for path in profiles])
    kept = whole(shelf) if one else shelf
    save(kept, output)
    click.echo(f"wrote {output}: {counted(kept)}")
