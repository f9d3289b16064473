"""Add profiles into one; what adding means is tested where profiles are made and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_no_profile_is_told(tmp_path: Path) -> None:
    """With the code of the data's owner, and nothing is written."""
    broken = tmp_path / "a.profile"
    broken.write_bytes(b"not a profile")
    found = CliRunner().invoke(main, ["merge", str(broken), "-o", str(tmp_path / "b.profile")])
    assert found.exit_code == 3
    assert "a.profile" in found.stderr
    assert not (tmp_path / "b.profile").exists()


def test_there_must_be_something_to_add() -> None:
    """And somewhere to write it."""
    assert "missing argument" in CliRunner().invoke(main, ["merge", "-o", "x"]).stderr
    assert "missing option '-o' / '--output'" in CliRunner().invoke(main, ["merge", "x"]).stderr
