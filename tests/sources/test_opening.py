from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from driftline.errors import ConfigError, DataError, SourceError
from driftline.sources.opening import open_source
from driftline.sources.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = pa.table({"a": [1, 2, 3], "s": ["x", "y", "z"]})


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the working folder."""
    monkeypatch.chdir(tmp_path)
    pq.write_table(TABLE, "day.parquet")
    pq.write_table(TABLE, "night.parquet")
    return tmp_path / "day.parquet"


def count(place: object, **options: str) -> tuple[str, int]:
    """The name of a source, and how many rows it gives."""
    source = open_source(place, **options)
    return source.name, sum(batch.num_rows for batch in source.batches(["a"]))


def test_whatever_holds_rows_is_opened(day: Path) -> None:
    """A path as text or Path, a folder, a pattern, several of these, and a frame."""
    assert count("day.parquet") == ("day.parquet", 3)
    assert count(Path("day.parquet"), name="today") == ("today", 3)
    assert count(str(day.parent)) == (str(day.parent), 6)
    assert count("*.parquet") == ("*.parquet", 6)
    assert count(["night.parquet", Path("day.parquet")]) == ("night.parquet and 1 more", 6)
    assert count(("day.parquet", "*.parquet")) == ("day.parquet and 1 more", 6)
    assert count(TABLE, name="current") == ("current", 3)
    assert count({"a": [1]}) == ("dict", 1)


def test_a_database_needs_a_query(day: Path) -> None:
    """A database's URL with a query or a table is opened; without, the hint says what is missing."""
    with closing(sqlite3.connect("shop.db")) as connection, connection:
        connection.execute("create table sales (a integer)")
        connection.execute("insert into sales values (1)")
    assert count("sqlite:///shop.db", query="sales") == ("sqlite:///shop.db", 1)
    assert count("sqlite:///shop.db", query="select a from sales", name="shop") == ("shop", 1)
    with pytest.raises(ConfigError, match="what should be read from it") as refused:
        open_source("postgresql://me:secret@host/db")
    assert "secret" not in str(refused.value)
    assert "table" in refused.value.hint


@pytest.mark.parametrize("place", ["day.parquet", {"a": [1]}, ["day.parquet"]])
@pytest.mark.usefixtures("day")
def test_a_query_needs_a_database(place: object) -> None:
    """A query for files is the operator's mistake."""
    with pytest.raises(ConfigError, match="a query needs a database"):
        open_source(place, query="select 1")


@pytest.mark.usefixtures("day")
def test_a_misspelt_path_is_told_with_the_right_one() -> None:
    """The hint names what was probably meant."""
    with pytest.raises(DataError, match=r"'dya.parquet' does not exist") as missing:
        open_source("dya.parquet")
    assert missing.value.hint == "did you mean 'day.parquet'?"


def test_a_file_that_may_not_be_read_is_told(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the file, and that it is a matter of rights."""

    def refuse(place: Place) -> None:
        raise PermissionError(13, "Permission denied", place.path)

    monkeypatch.setattr(Place, "file", refuse)
    with pytest.raises(SourceError, match=r"day.parquet' may not be read: permission denied"):
        open_source("day.parquet").schema()


def test_files_are_opened_without_the_database_library() -> None:
    """Who has files does not wait for SQLAlchemy."""
    code = "import sys, driftline.sources.opening as o; o.open_source({'a': [1]}); print('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


class TestS3:
    """Files in a bucket, served by an imitation."""

    @pytest.fixture
    def bucket(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A bucket with a table in two folders, where the environment points."""
        pytest.importorskip("moto", reason="moto is not installed")
        pytest.importorskip("flask", reason="moto's server needs flask")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        for name in ("AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        system = fs.S3FileSystem(endpoint_override=f"{host}:{port}", scheme="http", region="us-east-1", allow_bucket_creation=True)
        system.create_dir("shop")
        for number in (1, 2):
            pq.write_table(TABLE, f"shop/data/day={number}/part.parquet", filesystem=system, row_group_size=2)
        with system.open_output_stream("shop/data/notes.csv") as stream:
            stream.write(b"a\n7\n")
        yield "s3://shop"
        server.stop()

    def test_objects_are_files(self, bucket: str) -> None:
        """A key, a pattern and a prefix are read like a path, a pattern and a folder, with credentials from the environment."""
        assert count(f"{bucket}/data/day=1/part.parquet") == (f"{bucket}/data/day=1/part.parquet", 3)
        assert count(f"{bucket}/data/day=*/*.parquet")[1] == 6
        source = open_source(f"{bucket}/data")
        assert source.schema().names == ["a", "s", "day"]
        assert [row for batch in source.batches(["a", "day"]) for row in batch.to_pylist()] == [
            *({"a": a, "day": day} for day in (1, 2) for a in (1, 2, 3)),
            {"a": 7},
        ]
        with pytest.raises(DataError, match=r"s3://shop/data/dya=1' does not exist") as missing:
            open_source(f"{bucket}/data/dya=1")
        assert missing.value.hint == "did you mean 'day=1'?"
        with pytest.raises(DataError, match="does not exist"):
            open_source("s3://shopp/data")
