"""What commands of the service share: where its state lies, and how long to wait for what."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftline.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driftline.server.service import Service


class Place(click.Path):
    """A directory, or the URL of a place in an object store, which stays a text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leave URLs alone."""
        return value if "://" in str(value) else super().convert(value, param, ctx)


def store_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that say where the service's state lies."""
    store = click.option(
        "--store", metavar="URL", envvar="DRIFTLINE_STORE", help="The database: postgresql://…; SQLite in the data directory without this."
    )
    data = click.option(
        "--data",
        type=Place(path_type=Path, file_okay=False),
        default="driftline-data",
        envvar="DRIFTLINE_DATA",
        show_default=True,
        metavar="DIRECTORY|URL",
        help="Where rows and references lie; s3://bucket/prefix for rows in an object store.",
    )
    return store(data(command))


def pace_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that say how long to wait; they reach it as one value, `pace`."""

    @wraps(command)
    def with_pace(*args: Any, lateness: float, patience: float, **given: Any) -> Any:
        with needed():
            from driftline.services.cycle import Pace

            late = timedelta(minutes=lateness)
            # Who waits for no late rows is not to wait for those that are there.
            pace = Pace(settle=min(Pace().settle, late), lateness=late, patience=timedelta(minutes=patience))
        return command(*args, pace=pace, **given)

    late = click.option(
        "--lateness",
        type=click.FloatRange(0),
        default=10.0,
        show_default=True,
        metavar="MINUTES",
        help="How long after a window's end its rows may still come.",
    )
    patient = click.option(
        "--patience",
        type=click.FloatRange(0),
        default=10.0,
        show_default=True,
        metavar="MINUTES",
        help="How often, at most, late rows and labels revise a verdict.",
    )
    return late(patient(with_pace))


@contextmanager
def needed() -> Iterator[None]:
    """Say what to install where the service's packages are missing.

    Raises:
        PluginError: one is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        fact = f"the service needs the package {error.name!r}, which is not installed"
        raise PluginError(fact, hint="pip install 'driftline[service]'") from error


def opened(data: Path | str, store: str | None) -> Service:
    """The service's store.

    Raises:
        PluginError: the service's packages are not installed.
    """
    with needed():
        from driftline.server.service import open_service

        return open_service(data, store)
