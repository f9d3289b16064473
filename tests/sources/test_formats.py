from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from driftline.errors import DataError, UnreadableData
from driftline.sources.formats import ARROW, DELIMITED, FORMATS, JSON, PARQUET, Format, choose
from driftline.sources.notes import Notes
from driftline.sources.places import find

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pa.table({"a": [1, 2]})


def chosen(folder: Path) -> tuple[dict[str, Format], Notes]:
    """The format of every file of a folder, by its name, and what was noted."""
    notes = Notes()
    return {place.path.rpartition("/")[2]: found for place, found in choose(find(str(folder)), notes)}, notes


@pytest.mark.parametrize(("form", "suffix"), [(form, suffix) for form in FORMATS for suffix in form.suffixes])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_the_end_of_the_name_says_the_format(tmp_path: Path, form: Format, suffix: str, packed: str) -> None:
    """Upper or lower case, packed or not; packed Parquet alone is refused."""
    (tmp_path / f"day{suffix.upper()}{packed}").write_bytes(b"x")
    if form is PARQUET and packed:
        with pytest.raises(UnreadableData, match="packed Parquet"):
            chosen(tmp_path)
    else:
        assert list(chosen(tmp_path)[0].values()) == [form]


def test_a_name_that_says_nothing_leaves_it_to_the_bytes(tmp_path: Path) -> None:
    """Files without an ending are known by how they begin."""
    pq.write_table(TABLE, tmp_path / "parquet")
    with ipc.new_file(str(tmp_path / "file"), TABLE.schema) as writer:
        writer.write_table(TABLE)
    with ipc.new_stream(str(tmp_path / "stream"), TABLE.schema) as writer:
        writer.write_table(TABLE)
    (tmp_path / "json").write_bytes(b' {"a": 1}\n')
    (tmp_path / "text").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert chosen(tmp_path)[0] == {"parquet": PARQUET, "file": ARROW, "stream": ARROW, "json": JSON, "text": DELIMITED}


def test_bytes_that_say_nothing_are_refused(tmp_path: Path) -> None:
    """A file of no known format is named, and the hint lists the formats."""
    (tmp_path / "day.xlsx").write_bytes(b"PK\x03\x04\0\0\0")
    with pytest.raises(UnreadableData, match=r"day.xlsx' is of no known format: it begins with b'PK") as refused:
        chosen(tmp_path)
    assert ".parquet" in refused.value.hint


def test_strangers_among_known_files_are_left_out(tmp_path: Path) -> None:
    """Only the files of a known format are read; the others are told, the first few by name."""
    (tmp_path / "day.csv").write_bytes(b"a\n1\n")
    for name in ("notes.md", "run.log", "x.py", "y.py"):
        (tmp_path / name).write_bytes(b"x")
    formats, notes = chosen(tmp_path)
    assert formats == {"day.csv": DELIMITED}
    assert "and 1 more" in notes.all()[0].what


def test_an_empty_file_is_told_and_left_out(tmp_path: Path) -> None:
    """A file of no bytes is no rows, whatever it is called."""
    (tmp_path / "day.parquet").touch()
    formats, notes = chosen(tmp_path)
    assert formats == {}
    assert [(f.where.rpartition("/")[2], f.what) for f in notes.all()] == [("day.parquet", "the file is empty")]


def test_a_profile_is_not_rows(tmp_path: Path) -> None:
    """Whoever gives a profile where rows are wanted is told so."""
    (tmp_path / "day.profile").write_bytes(b"ARROW1")
    with pytest.raises(DataError, match="holds counts, not rows"):
        chosen(tmp_path)
