"""Opens what a user names: files, folders, patterns and URLs of them, a database, or a frame in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, PluginError
from driftline.sources.files import FileSource
from driftline.sources.frames import FrameSource, table_of
from driftline.sources.places import FILE_SCHEMES, find

if TYPE_CHECKING:
    from driftline.ports import Source

SCHEME = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*)://")


def open_source(place: object, *, name: str | None = None, query: str | None = None) -> Source:
    """Open a place rows come from.

    Args:
        place: a path, a pattern, a folder, a URL (`s3://`, `gs://`, `abfss://`), or several of these;
            a database's URL; or rows in memory: a pandas or Polars frame, an Arrow table, a DuckDB
            relation, a dictionary of columns.
        name: what it is called in messages; the place itself by default.
        query: for a database, what to select: a query, or the name of a table.

    Raises:
        PluginError: a database is named and the extra `sql` is not installed.
        ConfigError: nothing can be read from such a place, or a query is missing or not wanted.
        DataError: nothing lies there.
        SourceError: the place does not answer.

    >>> open_source({"amount": [1.0, 2.0]}).rows()
    2
    """
    if isinstance(place, str | Path):
        found = SCHEME.match(str(place))
        if found and found["scheme"] not in FILE_SCHEMES | {"http", "https"}:
            return _database(str(place), name, query)
    if query is not None:
        raise ConfigError(
            f"a query needs a database, and {_shown(place)!r} is none", hint="give a URL such as postgresql+psycopg://user@host/database"
        )
    if isinstance(place, str | Path):
        return FileSource(name or str(place), find(str(place)))
    if isinstance(place, Sequence) and place and all(isinstance(one, str | Path) for one in place):
        found_files = {file.path: file for one in place for file in find(str(one))}
        return FileSource(name or _shown(place), list(found_files.values()))
    return FrameSource(name or type(place).__name__, table_of(place))


def _database(url: str, name: str | None, query: str | None) -> Source:
    # SQLAlchemy is an extra, and slow to import: most users have files.
    try:
        from driftline.sources.database import DatabaseSource, hidden_password  # noqa: PLC0415  see above
    except ModuleNotFoundError as error:
        raise PluginError(
            f"reading a database needs the package {error.name!r}, which is not installed", hint="pip install 'driftline[sql]'"
        ) from error

    shown = name or hidden_password(url)
    if not query:
        raise ConfigError(f"{shown!r} is a database: what should be read from it?", hint="give a query, or the name of a table")
    return DatabaseSource(shown, url, query)


def _shown(place: object) -> str:
    """A few words for a place that has no name."""
    if isinstance(place, str | Path):
        return str(place)
    if isinstance(place, Sequence) and place:
        return str(place[0]) if len(place) == 1 else f"{place[0]} and {len(place) - 1} more"
    return type(place).__name__
