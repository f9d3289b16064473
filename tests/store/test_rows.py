"""Rows on the disk: whole or not at all, durable in the right order, and read back in part."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import OutsideError
from driftline.store.rows import Parcel, Rows, body_of, joined, overlap

TABLE = pa.table({"id": ["a", "b", "c", "d"], "x": [1, 2, 3, 4]})


def in_file(rows: Rows, table: pa.Table, ident: int = 1, **which: Any) -> Parcel:
    """A parcel on the disk."""
    return Parcel(ident, "predictions", table.num_rows, rows.write(table, "m", "predictions", "2026-01-05"), None, **which)


def in_body(table: pa.Table, ident: int = 1, **which: Any) -> Parcel:
    """A parcel that lies in the database."""
    return Parcel(ident, "predictions", table.num_rows, None, body_of(table), **which)


def test_rows_come_back(tmp_path: Path) -> None:
    """From a file and from the database alike, all columns or some; a column that is not there is not there."""
    rows = Rows(tmp_path)
    for parcel in (in_file(rows, TABLE), in_body(TABLE)):
        assert rows.table([parcel]).equals(TABLE)
        assert rows.table([parcel], ("x", "y")).equals(TABLE.select(["x"]))
        assert rows.schema(parcel).names == ["id", "x"]


@given(first=st.integers(0, 5), length=st.integers(0, 5))
def test_some_rows_of_a_parcel(first: int, length: int) -> None:
    """First and length choose rows, as far as there are any."""
    found = Rows(Path()).table([in_body(TABLE, first=first, length=length)])
    assert (found.column("x").to_pylist() if found.num_rows else []) == [1, 2, 3, 4][first : first + length]


def test_a_file_is_synced_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the bytes, then the name, then the directory that holds the name, and each directory that was made."""
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().suffix or 'directory'}")
        sync(handle)

    def named(self: Path, target: Path) -> Path:
        done.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    Rows(tmp_path / "rows").write(TABLE, "m", "predictions", "2026-01-05")
    assert done == ["sync directory"] * 4 + ["sync .parquet", "name", "sync directory"]


def test_models_names_stay_within_the_directory(tmp_path: Path) -> None:
    """Whatever a model is called, its rows lie below its own directory."""
    rows = Rows(tmp_path)
    for name in ("../../x", "a/b", ".", "ü?%"):
        place = rows.write(TABLE, name, "predictions", "2026-01-05")
        assert (tmp_path / place).resolve().is_relative_to(tmp_path / "predictions")
        assert len(Path(place).parts) == 4


def test_a_disk_that_cannot_be_written_to_is_the_worlds_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half of a file is left."""
    rows = Rows(tmp_path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    rows.write(TABLE, "m", "predictions", "2026-01-05")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideError, match="No space left"):
        rows.write(TABLE, "m", "predictions", "2026-01-05")
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    """By its name."""
    rows = Rows(tmp_path)
    parcel = in_file(rows, TABLE)
    rows.remove([parcel.place or "", "another"])
    with pytest.raises(OutsideError, match="is gone"):
        rows.table([parcel])


def test_strays_are_files_that_nobody_knows(tmp_path: Path) -> None:
    """And that are old enough that nobody is still writing them."""
    rows = Rows(tmp_path)
    one, two = (in_file(rows, TABLE).place or "" for _ in range(2))
    now = datetime.now(UTC)
    assert rows.strays(frozenset([one]), now + timedelta(minutes=1)) == [two]
    assert rows.strays(frozenset([one]), now - timedelta(hours=1)) == []


def test_tables_that_do_not_fit_are_joined_as_text() -> None:
    """Only the column in which they differ; what one lacks is null."""
    found = joined([pa.table({"a": [1], "b": [1]}), pa.table({"a": ["x"], "b": [2.5], "c": [True]}), pa.table({"a": pa.nulls(1)})])
    assert found.to_pydict() == {"a": ["1", "x", None], "b": [1.0, 2.5, None], "c": [None, True, None]}
    assert joined([]).num_rows == 0


@given(ids=st.lists(st.sampled_from("abcd")), wanted=st.lists(st.sampled_from("abcdef")))
def test_overlap(ids: list[str], wanted: list[str]) -> None:
    """How many of some ids are among others."""
    assert overlap(pa.array(wanted, pa.string()), pa.array(ids, pa.string())) == sum(one in ids for one in wanted)
