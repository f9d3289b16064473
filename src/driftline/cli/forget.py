"""`driftline forget`: erase rows that the service keeps."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click gives it

import click

from driftline.cli.leaving import ended
from driftline.cli.stored import needed, opened, store_flags
from driftline.errors import ConfigError


@click.command()
@click.option("--monitor", "name", required=True, metavar="NAME", help="Whose rows.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Predictions and labels with this id; may be given several times.")
@click.option("--before", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Everything that came before this, in UTC.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_flags
@ended()
def forget(*, name: str, ids: tuple[str, ...], before: datetime | None, yes: bool, data: Path, store: str | None) -> None:
    """Erase rows for good: from files, from the database, from rows that could not be read.

    Windows that lost rows by their ids are counted and judged again without them. Windows whose rows were erased because
    they are old keep their counts, which tell of nobody, and cannot be counted again.

    \b
    Examples:
      driftline forget --monitor churn --id 4711
      driftline forget --monitor churn --before 2026-01-01 --yes
    """  # noqa: D301  click reads the mark
    if not ids and before is None:
        raise ConfigError("it is not said which rows", hint="give --id or --before")
    service = opened(data, store)
    with needed():
        from driftline.server.erasing import erase

    watched = service.fleet.find(name)
    if not yes:
        click.confirm(f"Erase {_what(ids, before)} of {name} for good?", abort=True)
    at = None if before is None else before.replace(tzinfo=UTC)
    done = erase(service, watched, _now, ids=ids, before=at, actor="driftline forget")
    service.close()
    click.echo(f"{done.rows} rows erased; {done.windows} windows are touched")


def _what(ids: tuple[str, ...], before: datetime | None) -> str:
    said = [f"the rows of {len(ids)} ids"] if ids else []
    if before is not None:
        said.append(f"everything that came before {before:%Y-%m-%d %H:%M}")
    return " and ".join(said)


def _now() -> datetime:
    return datetime.now(UTC)
