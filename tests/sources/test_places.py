from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from driftline.errors import ConfigError, DataError
from driftline.sources.places import Place, find


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of daily files, the working folder."""
    for name in [
        *("part-10.csv", "part-2.csv", "other.parquet", "[x].csv", ".hidden.csv", "_SUCCESS", "empty/.keep"),
        *(
            "day=1/a.csv",
            "day=2/hour=03/b.csv",
            "day=2/_temporary/c.csv",
            "_key=v/d.csv",
            "deep/day=__HIVE_DEFAULT_PARTITION__/e%20f=g%2Fh/x.csv",
        ),
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(place: str) -> list[str]:
    """What is found, as people would write it."""
    return [found.name for found in find(place)]


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("part-2.csv", ["part-2.csv"]),
        ("part-*.csv", ["part-2.csv", "part-10.csv"]),
        ("part-?.csv", ["part-2.csv"]),
        ("part-[0-9][0-9].csv", ["part-10.csv"]),
        ("[x].csv", ["[x].csv"]),
        ("day=*", ["day=1/a.csv", "day=2/hour=03/b.csv"]),
        ("day=*/*.csv", ["day=1/a.csv"]),
        ("**/a.csv", ["day=1/a.csv"]),
        ("day=2/**", ["day=2/hour=03/b.csv"]),
        (".hid*", [".hidden.csv"]),
        ("./day=2/../day=1", ["day=1/a.csv"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_paths_patterns_and_folders_stand_for_files(place: str, found: list[str]) -> None:
    """Files come in natural order, once each, hidden ones left out unless asked for."""
    assert names(place) == found


def test_a_folder_is_read_with_all_below_it(folder: Path) -> None:
    """All files but hidden ones are found; those of hidden folders too only if the folder names a value."""
    assert sorted(names(str(folder))) == sorted(
        [
            *("[x].csv", "other.parquet", "part-2.csv", "part-10.csv", "day=1/a.csv", "day=2/hour=03/b.csv", "_key=v/d.csv"),
            "deep/day=__HIVE_DEFAULT_PARTITION__/e%20f=g%2Fh/x.csv",
        ]
    )


@pytest.mark.parametrize(
    ("place", "partitions"),
    [
        ("day=2", [{"hour": "03"}]),
        ("day=*/**/*.csv", [{"day": "1"}, {"day": "2", "hour": "03"}]),
        ("day=1/a.csv", [{}]),
        ("deep", [{"day": "__HIVE_DEFAULT_PARTITION__", "e%20f": "g/h"}]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_folders_below_what_was_named_name_values(place: str, partitions: list[dict[str, str]]) -> None:
    """Folders key=value count where they were found, not where they were given."""
    assert [dict(found.partition) for found in find(place)] == partitions


@pytest.mark.parametrize(
    ("place", "words", "hint"),
    [
        ("part-3.csv", "there is no 'part-3.csv' in", "did you mean 'part-2.csv'?"),
        ("day=1/zzz/y.csv", "there is no 'zzz' in", "holds a.csv"),
        ("day=1/*.parquet", "matches no file", "'day=1' holds a.csv"),
        ("empty", "holds no file", "'empty' holds .keep"),
        ("nowhere/*.csv", "matches no file", "'nowhere' is empty"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_told_with_what_is(place: str, words: str, hint: str) -> None:
    """The error names the place, and the hint what lies beside it."""
    with pytest.raises(DataError, match=words) as missing:
        find(place)
    assert repr(place) in missing.value.fact
    assert hint in missing.value.hint


def test_a_full_folder_is_not_listed_to_its_end(tmp_path: Path) -> None:
    """A dozen names are enough of a hint."""
    for i in range(30):
        (tmp_path / f"{i:02d}.csv").touch()
    with pytest.raises(DataError) as missing:
        find(str(tmp_path / "nothing-like-these"))
    assert missing.value.hint.endswith("11.csv and 18 more")


def test_unknown_schemes_are_refused() -> None:
    """A URL of another kind is the configuration's fault, and the hint lists those that work."""
    with pytest.raises(ConfigError, match="http://") as refused:
        find("http://example.org/day.csv")
    assert "s3" in refused.value.hint


def test_a_file_url_is_a_path(folder: Path) -> None:
    """file:// and a path are the same; a blank may be written %20."""
    (folder / "a b.csv").touch()
    assert find(f"file://{folder}/a%20b.csv")[0].path == str(folder / "a b.csv")


def test_the_home_folder_may_be_written_short(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """~ stands for the home folder, in patterns too."""
    monkeypatch.setenv("HOME", str(folder))
    assert [Path(found.path).name for found in find("~/part-*.csv")] == ["part-2.csv", "part-10.csv"]


def test_what_packs_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    """A packed file is unpacked whatever it is called."""
    (tmp_path / "day.csv").write_bytes(gzip.compress(b"a,b\n"))
    place: Place = find(str(tmp_path / "day.csv"))[0]
    assert place.head(2) == b"\x1f\x8b"
    with place.stream() as stream:
        assert stream.read() == b"a,b\n"
    with place.file() as file:
        assert file.size() == place.size
