from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc

from driftline.errors import DataError, OutsideError, UnreadableData
from driftline.profile.plan import Plan
from driftline.store import profiles
from driftline.store.layout import check_sums
from driftline.store.profiles import KEY, load, save
from driftline.store.shelf import Shelf, Use

if TYPE_CHECKING:
    from collections.abc import Callable


def equal(left: Shelf, right: Shelf) -> bool:
    """Whether two shelves hold the same, to the last bit."""
    return (left.plan, left.use, left.about, left.entries) == (right.plan, right.use, right.about, right.entries)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a profile may be written."""
    return tmp_path / "day.profile"


@given(seed=st.integers(0, 1000), windows=st.integers(0, 3), rows=st.integers(0, 60), columns=st.integers(1, 7), sample=st.integers(1, 80))
def test_what_is_saved_is_loaded_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory,
    make_shelf: Callable[..., Shelf],
    seed: int,
    windows: int,
    rows: int,
    columns: int,
    sample: int,
) -> None:
    """Any profiles of any plan come back as they were, windows, segments and all."""
    path = tmp_path_factory.mktemp("store") / "x.profile"
    shelf = make_shelf(seed, windows=windows, rows=rows, columns=columns, sample=sample)
    save(shelf, path)
    assert equal(load(path), shelf)


def test_a_loaded_profile_adds(shelf: Shelf, path: Path) -> None:
    """Profiles from a file and from memory add to the same."""
    save(shelf, path)
    for (_, _, loaded), (_, _, profile) in zip(load(path).entries, shelf.entries, strict=True):
        assert loaded + profile == profile + loaded == profile + profile


def test_a_reference_says_that_it_is_one(shelf: Shelf, path: Path) -> None:
    """Use and description come back; the same shelf is the same bytes."""
    reference = replace(shelf, use=Use.REFERENCE, about={"source": "train.parquet", "created": "2024-03-01T00:00:00+00:00"})
    save(reference, path)
    assert equal(load(str(path)), reference)
    written = path.read_bytes()
    save(reference, path)
    assert path.read_bytes() == written


def test_samples_can_be_left_out(shelf: Shelf, path: Path) -> None:
    """Without the sampled rows everything else is there, and a profile still adds."""
    save(shelf, path)
    for (_, _, light), (_, _, full) in zip(load(path, samples=False).entries, shelf.entries, strict=True):
        assert replace(light, sample=full.sample) == full
        np.testing.assert_array_equal(light.sample.keys, full.sample.keys)
        assert light.sample.values.shape == full.sample.values.shape
        assert np.isnan(light.sample.values).all()
        assert (light + light).rows == 2 * full.rows


def test_other_tools_can_read_it(shelf: Shelf, path: Path) -> None:
    """A profile file is Arrow IPC: any library that reads that sees a table."""
    polars = pytest.importorskip("polars")
    save(shelf, path)
    frame = polars.read_ipc(path).filter(polars.col("plan").is_null())
    assert frame.height == len(shelf.entries) * len(shelf.plan.columns)
    assert frame["null"].sum() == sum(int(profile.odd[:, 0].sum()) for _, _, profile in shelf.entries)


@pytest.mark.parametrize("part", [0.0, 0.001, 0.2, 0.5, 0.9, 0.9999])
def test_half_a_file_is_told_as_such(shelf: Shelf, path: Path, part: float) -> None:
    """A file that was cut off anywhere is an error that names it and says how to make it again."""
    save(shelf, path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(UnreadableData, match=r"day.profile") as cut:
        load(path)
    assert "driftline profile" in cut.value.hint


@pytest.mark.parametrize("start", range(8))
def test_damage_never_passes_for_counts(make_shelf: Callable[..., Shelf], path: Path, start: int) -> None:
    """One changed byte anywhere is an error of ours, or changes nothing that is read."""
    shelf = make_shelf(windows=1, columns=3)
    save(shelf, path)
    written = path.read_bytes()
    refused = 0
    for place in range(start * 11, len(written), 89):
        data = bytearray(written)
        data[place] ^= 1 << (place % 8)
        path.write_bytes(data)
        try:
            assert equal(load(path), shelf)
        except DataError as error:
            assert "day.profile" in error.fact  # noqa: PT017  either is right
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"PAR1" * 10, b"ARROW1\0\0" * 10])
def test_another_format_is_told_as_such(path: Path, data: bytes) -> None:
    """What is not a profile is an error that names it."""
    path.write_bytes(data)
    with pytest.raises(UnreadableData, match=r"day.profile"):
        load(path)


def test_arrow_data_is_not_yet_a_profile(path: Path) -> None:
    """A file of Arrow data that we did not write is told apart."""
    with ipc.new_file(str(path), pa.schema([("a", pa.int64())])) as writer:
        writer.write_batch(pa.record_batch({"a": [1]}))
    with pytest.raises(UnreadableData, match="is Arrow data but not a profile"):
        load(path)


def test_a_newer_file_is_refused(shelf: Shelf, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a newer driftline wrote is not guessed at; the hint is to upgrade."""
    monkeypatch.setattr(profiles, "FORMAT", 2)
    save(shelf, path)
    monkeypatch.undo()
    with pytest.raises(DataError, match="written by a newer driftline: it has format 2, this one reads up to 1") as refused:
        load(path)
    assert "upgrade" in refused.value.hint


def test_columns_of_later_writers_are_passed_over(shelf: Shelf, path: Path) -> None:
    """Within a format columns may be added; one that is missing or of another type is damage."""
    save(shelf, path)
    with ipc.open_file(str(path)) as reader:
        schema = reader.schema
        batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    for added in (True, False):
        written = [batch.append_column("later", pa.nulls(batch.num_rows)) if added else batch.drop_columns(["sample"]) for batch in batches]
        with ipc.new_file(str(path), written[0].schema.with_metadata(schema.metadata)) as writer:
            for batch in written:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        if added:
            assert equal(load(path), shelf)
        else:
            with pytest.raises(UnreadableData, match="its columns are others"):
                load(path)


def test_a_missing_file_is_told_with_what_there_is(shelf: Shelf, path: Path) -> None:
    """A misspelt name is met with the right one, a folder with what it is."""
    with pytest.raises(DataError, match="does not exist") as missing:
        load(path)
    assert "driftline profile" in missing.value.hint
    save(shelf, path)
    with pytest.raises(DataError, match="does not exist") as missing:
        load(path.with_name("dya.profile"))
    assert missing.value.hint == f"did you mean {str(path)!r}?"
    with pytest.raises(DataError, match="is a folder"):
        load(path.parent)


def test_a_file_that_may_not_be_read_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matter of rights is the world's, not the data's."""

    def refuse(_: Path) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(OutsideError, match="permission denied"):
        load(path)


def test_a_reader_never_sees_half_a_file(shelf: Shelf, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old file as it was, and nothing beside it."""
    save(shelf, path)
    written = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(profiles, "profile_batch", fail)
    with pytest.raises(OutsideError, match=r"day.profile' cannot be written: No space left on device"):
        save(shelf, path)
    assert path.read_bytes() == written
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(shelf: Shelf, tmp_path: Path) -> None:
    """A profile cannot be written where there is no folder."""
    with pytest.raises(OutsideError, match="cannot be written"):
        save(shelf, tmp_path / "nowhere/day.profile")


def test_nothing_is_not_saved(path: Path) -> None:
    """A plan without columns is refused."""
    with pytest.raises(DataError, match="without columns"):
        save(Shelf(Plan(()), ()), path)
    assert not path.exists()


def test_the_metadata_says_what_it_is(shelf: Shelf, path: Path) -> None:
    """Format, writer, use and the windows stand in the file's metadata, as JSON."""
    save(shelf, path)
    head = json.loads(ipc.open_file(str(path)).schema.metadata[KEY])
    assert (head["format"], head["use"], head["about"]) == (1, "current", {"source": "data/*.parquet"})
    assert head["written_by"].startswith("driftline ")
    assert {key: head["plan"][key] for key in ("schema", "sample", "seed")} == {"schema": 1, "sample": 20, "seed": 0}
    whole, sampled = check_sums(shelf.entries[1][2])
    assert head["entries"][1] == {
        "crc": whole,
        "sample_crc": sampled,
        "rows": 40,
        "segment": "country=é",
        "window": {"index": 0, "label": "day 0", "start": "2024-03-01T00:00:00+00:00", "end": "2024-03-02T00:00:00+00:00"},
    }
