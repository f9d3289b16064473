"""Reading a specification, from a file or from settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftline.config.places import FilesPlace, QueryPlace
from driftline.config.specification import read, specify
from driftline.errors import ConfigError


def written(directory: Path, text: str | bytes) -> Path:
    """A file with this content."""
    path = directory / "driftline.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_two_lines_are_enough(tmp_path: Path) -> None:
    """A reference and the current data make a monitor; relative paths begin where the file lies."""
    found = read(written(tmp_path, "reference: train.parquet\ncurrent: /data/*.parquet"), {})
    assert found.places.reference == FilesPlace((str(tmp_path / "train.parquet"),), "train.parquet")
    assert found.places.current == FilesPlace(("/data/*.parquet",), "/data/*.parquet")
    assert (found.monitor.name, found.path) == ("monitor", tmp_path / "driftline.yaml")


def test_secrets_come_from_the_environment_and_are_not_shown(tmp_path: Path) -> None:
    """A URL from the environment is used, and appears in no representation."""
    text = "reference: a.csv\ncurrent: {database: '${DB}', query: 'select 1'}\nperformance: {metric: roc_auc}"
    found = read(written(tmp_path, text), {"DB": "postgresql://ann:s3cret@db/x"})
    assert isinstance(found.places.current, QueryPlace)
    assert found.places.current.database == "postgresql://ann:s3cret@db/x"
    assert "s3cret" not in repr(found)
    assert {secret.name for secret in found.secrets} == {"DB"}
    assert found.monitor.policy.goal.metric == "roc_auc"


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Duplicate keys, unknown keys and wrong values of one file are one error, in the order of the lines."""
    path = written(tmp_path, "reference: a\nwindow: dya\nreference: b\ncolums: 1\n")
    with pytest.raises(ConfigError) as caught:
        read(path, {})
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines() if line.startswith(f"{path}:")] == [
        f"{path}:2:9", f"{path}:3:1", f"{path}:4:1",
    ]  # fmt: skip


def test_contradictions_have_positions_too(tmp_path: Path) -> None:
    """What cannot hold together is pointed at like any other mistake."""
    path = written(tmp_path, "reference: a\ncolumns:\n  id: a\n  label: a\n")
    with pytest.raises(ConfigError, match=r":4:10: the column 'a' is already the id"):
        read(path, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("a: [", "driftline.yaml:1:5: this is not YAML"),
        (b"monitor: x\nname: \xff", "driftline.yaml:2:7: the file is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str | bytes, message: str) -> None:
    """Empty, broken and foreign files each have a message and a remedy."""
    with pytest.raises(ConfigError, match=message) as caught:
        read(written(tmp_path, text), {})
    assert caught.value.hint


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    """The remedy is init; a directory in its place is told as well."""
    with pytest.raises(ConfigError, match="there is no file") as caught:
        read(tmp_path / "driftline.yaml", {})
    assert "driftline init" in caught.value.hint
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path, {})


def test_settings_need_no_file() -> None:
    """Settings given some other way are checked by the same document; mistakes have no line."""
    assert specify({"reference": "a.csv"}, {}, directory=Path("/srv")).places.reference == FilesPlace(("/srv/a.csv",), "a.csv")
    with pytest.raises(ConfigError, match=r"^the command line: 'window' should be"):
        specify({"reference": "a", "window": "dya"}, {}, name="the command line")
