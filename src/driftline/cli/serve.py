"""`driftline serve`: API, intake, scheduler and worker in one process."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.stored import needed, pace_flags, store_flags
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from driftline.server.oidc import Door
    from driftline.services.cycle import Pace


@click.command()
@store_flags
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="The port; 0 is any free one.")
@click.option("--monitors", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A directory of YAML files, one a monitor.")
@click.option(
    "--interval", type=click.FloatRange(0), default=0.5, show_default=True, metavar="SECONDS", help="Between rounds of the cycle."
)
@click.option("--no-scheduler", is_flag=True, help="Only take in and answer; other workers, or driftline run, do the cycle.")
@click.option("--oidc", type=click.Path(path_type=Path), help="A YAML file about the OpenID Connect provider whose people may sign in.")
@click.option("--rate", type=click.FloatRange(0), default=0.0, metavar="N", help="Requests a second for each token; no limit without this.")
@pace_flags
def serve(  # noqa: PLR0913  one parameter an option
    *,
    data: Path,
    store: str | None,
    host: str,
    port: int,
    monitors: Path | None,
    interval: float,
    no_scheduler: bool,
    oidc: Path | None,
    rate: float,
    pace: Pace,
) -> None:
    """Take in predictions and labels, judge windows as they close, and answer over HTTP.

    Everything runs in one process and is kept in one directory; with --store, in PostgreSQL, and any number of
    these processes may work on it. The first time, the URL and an administrator's token are printed.

    \b
    Examples:
      driftline serve
      driftline serve --monitors monitors --port 8080
      driftline serve --oidc oidc.yaml
      driftline serve --store postgresql://driftline@db/driftline --data /srv/driftline
    """  # noqa: D301  click reads the mark
    # Arrow looks once, when it is loaded. Its own allocator keeps pages for each thread that ever counted; this one gives them back.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with needed():
        from driftline.server.logs import log_to_stderr
        from driftline.server.serving import Settings, serve

    log_to_stderr()
    every = None if no_scheduler else timedelta(seconds=interval)
    settings = Settings(data=data, store=store, host=host, port=port, interval=every, pace=pace, per_second=rate, monitors=monitors)
    if oidc is not None:
        settings = replace(settings, door=_door(oidc))
    serve(settings, click.echo)


def _door(path: Path) -> partial[Door]:
    """What lets people in whom a provider knows.

    Raises:
        ConfigError: the file is wrong, or the extra is not installed.
    """
    from driftline.config.oidc import read_oidc

    try:
        from driftline.server.oidc import Door
    except ImportError as error:
        raise ConfigError("signing in by OpenID Connect needs another package", hint="pip install 'driftline[oidc]'") from error
    return partial(Door, read_oidc(path, os.environ))
