"""Secrets by reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.channels.secrets import Reference, is_reference
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's last line break is not part of the secret; relative paths begin where the configuration lies."""
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("KEY", "other")
    assert Reference("file:key", tmp_path).look_up() == "s3cret"
    assert Reference("env:KEY").look_up() == "other"
    assert Reference("env:KEY", environ={"KEY": "given"}).look_up() == "given"


@pytest.mark.parametrize(("said", "fact"), [("env:NO", "no variable 'NO'"), ("file:none", "cannot be read"), ("file:empty", "is empty")])
def test_what_is_not_there_is_told(tmp_path: Path, said: str, fact: str) -> None:
    """An empty secret is none."""
    (tmp_path / "empty").write_text(" \n")
    with pytest.raises(ConfigError, match=fact):
        Reference(said, tmp_path, {}).look_up()


def test_a_secret_is_never_shown() -> None:
    """Neither the reference nor its text holds the value."""
    assert "value" not in repr(Reference("env:KEY", environ={"KEY": "value"}))


@pytest.mark.parametrize(("said", "answer"), [("env:A", True), ("file:/a", True), ("env:", False), ("https://a", False), ("abc", False)])
def test_what_is_a_reference(said: str, answer: bool) -> None:  # noqa: FBT001  the answer
    """Anything else is written out."""
    assert is_reference(said) is answer
