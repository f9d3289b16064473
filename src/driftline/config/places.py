"""Places where rows lie, as the document names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from driftline.config import forms as written
from driftline.config.environment import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class FilesPlace:
    """Files, directories, globs or URLs. `said` is how they were written, without any secret."""

    paths: tuple[str, ...] = field(repr=False)
    said: str


@dataclass(frozen=True, slots=True)
class QueryPlace:
    """A query to a database. `said` is how its URL was written, without any secret."""

    database: str = field(repr=False)
    query: str = field(repr=False)
    said: str


@dataclass(frozen=True, slots=True)
class TopicPlace:
    """A topic of a message stream; `settings` may hold secrets."""

    servers: str
    topic: str
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """A stream of Redis, and the field of its entries that holds a row; the URL may hold a secret."""

    url: str = field(repr=False)
    stream: str
    field: str = "row"


Place = FilesPlace | QueryPlace


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """Where labels lie, and what the columns there are called: the prediction's id, the label, since when it is known."""

    place: Place
    id: str
    label: str
    time: str | None = None


@dataclass(frozen=True, slots=True)
class KpiPlace:
    """Where a business figure lies, what it is called, what the columns there are called, and what a window's figure is."""

    name: str
    place: Place
    time: str
    value: str
    of: Literal["mean", "sum"] = "mean"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a monitor's data lie; `current` is None where it is given anew each time."""

    reference: Place
    current: Place | None = None
    labels: LabelPlace | None = None
    kpis: tuple[KpiPlace, ...] = ()


def place(said: object, directory: Path, environ: Mapping[str, str]) -> Place:
    """Resolve one place of the document: environment references, then relative paths.

    Args:
        said: a text, a list of texts, or one of the document's two groups.
        directory: where relative paths begin.
        environ: the environment's variables.
    """
    if isinstance(said, written.Query):
        return QueryPlace(database_url(resolve(said.database, environ), directory), resolve(said.query, environ), said.database)
    texts = [text for _, text in texts_of(said)]
    return FilesPlace(tuple(located(resolve(text, environ), directory) for text in texts), ", ".join(texts))


def topic(said: written.Topic, environ: Mapping[str, str]) -> TopicPlace:
    """A topic, with the environment's values in place of their names."""
    settings = tuple((name, resolve(value, environ)) for name, value in (said.settings or {}).items())
    return TopicPlace(resolve(said.kafka, environ), resolve(said.topic, environ), settings)


def stream(said: written.Stream, environ: Mapping[str, str]) -> StreamPlace:
    """A stream, likewise."""
    return StreamPlace(resolve(said.redis, environ), resolve(said.stream, environ), said.field or "row")


def texts_of(said: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a place in which the environment may be referred to, with its path below the place."""
    match said:
        case str():
            yield (), said
        case list():
            for i, text in enumerate(said):
                yield (i,), text
        case written.Files():
            for step, text in texts_of(said.path):
                yield ("path", *step), text
        case written.Query():
            yield ("database",), said.database
            yield ("query",), said.query
        case written.Topic():
            yield ("kafka",), said.kafka
            yield ("topic",), said.topic
            for name, text in (said.settings or {}).items():
                yield ("settings", name), text
        case written.Stream():
            yield ("redis",), said.redis
            yield ("stream",), said.stream


def located(text: str, directory: Path) -> str:
    """A path as seen from `directory`; a URL as it is.

    >>> located("data/*.parquet", Path("/srv")), located("s3://bucket/day", Path("/srv"))
    ('/srv/data/*.parquet', 's3://bucket/day')
    """
    if "://" in text:
        return text
    path = Path(text).expanduser()
    return text if path == Path(text) and path.is_absolute() else str(directory / path)


def database_url(url: str, directory: Path) -> str:
    """A database's URL; a database that is a file is looked for from `directory`.

    >>> database_url("sqlite:///scores.db", Path("/srv"))
    'sqlite:////srv/scores.db'
    """
    scheme, slashes, path = url.partition(":///")
    in_file = scheme.partition("+")[0] in {"sqlite", "duckdb"} and slashes and path and not path.startswith((":", "/"))
    return f"{scheme}:///{directory.resolve() / path}" if in_file else url
