"""Places where rows lie, as the document names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from driftline.config.document import Document
from driftline.config.places import FilesPlace, QueryPlace, database_url, located, place, texts_of

HERE = Path("/srv/monitor")


@pytest.mark.parametrize(
    ("said", "paths"),
    [
        ("a.csv", ("/srv/monitor/a.csv",)),
        (["a.csv", "/b/*.csv"], ("/srv/monitor/a.csv", "/b/*.csv")),
        ({"path": "${DIR}/day=*/"}, ("/data/day=*",)),
        ({"path": ["a", "s3://bucket/${DIR}"]}, ("/srv/monitor/a", "s3://bucket//data")),
    ],
)
def test_every_way_to_name_files(said: Any, paths: tuple[str, ...]) -> None:
    """Texts, lists and groups all become a tuple of paths; the environment is filled in, then directories."""
    document = Document.model_validate({"reference": said})
    found = place(document.reference, HERE, {"DIR": "/data"})
    assert isinstance(found, FilesPlace)
    assert tuple(path.rstrip("/") for path in found.paths) == paths
    assert "/data" not in found.said


def test_a_query_keeps_its_database_to_itself() -> None:
    """The URL is resolved, and shown as it was written."""
    document = Document.model_validate({"reference": {"database": "${DB}", "query": "select * from ${TABLE}"}})
    found = place(document.reference, HERE, {"DB": "sqlite:///a.db", "TABLE": "scores"})
    assert found == QueryPlace("sqlite:////srv/monitor/a.db", "select * from scores", "${DB}")
    assert "sqlite" not in repr(found)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///scores.db", "sqlite:////srv/monitor/scores.db"),
        ("sqlite:////abs/scores.db", "sqlite:////abs/scores.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("duckdb:///d.db", "duckdb:////srv/monitor/d.db"),
        ("postgresql+psycopg://db/scores", "postgresql+psycopg://db/scores"),
    ],
)
def test_a_database_in_a_file_is_looked_for_beside_the_document(url: str, expected: str) -> None:
    """Only databases that are files have relative paths."""
    assert database_url(url, HERE) == expected


def test_a_home_directory_is_not_a_relative_path() -> None:
    """`~` is the home directory wherever the document lies."""
    assert located("~/a.csv", HERE) == str(Path.home() / "a.csv")


def test_every_text_that_may_refer_to_the_environment_has_its_path() -> None:
    """So that a missing variable can be pointed at."""
    document = Document.model_validate({"reference": {"path": ["a", "b"]}, "current": {"database": "d", "query": "q"}})
    assert list(texts_of(document.reference)) == [(("path", 0), "a"), (("path", 1), "b")]
    assert list(texts_of(document.current)) == [(("database",), "d"), (("query",), "q")]
    assert list(texts_of("a")) == [((), "a")]
    assert list(texts_of(None)) == []
