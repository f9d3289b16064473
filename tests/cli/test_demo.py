"""A model is watched through simulated days, and what was found is laid beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_tells_its_story_and_leaves_its_files(tmp_path: Path) -> None:
    """The fault is found when it happens, the report is written, and the files can be checked again."""
    directory = tmp_path / "demo"
    found = CliRunner().invoke(main, ["demo", "--directory", str(directory), "--days", "54", "--rows", "400", "--check-only"])
    assert found.exit_code == 0, found.output
    assert "DRIFTED" in found.stdout
    story = found.stdout.partition("What truly happened")[2]
    assert "a sales campaign" in story
    assert "amounts from the web" in story
    assert "found on the same day, in amount_ratio" in " ".join(story.split())
    assert (directory / "report.html").stat().st_size > 10_000
    again = CliRunner().invoke(main, ["check", "-c", str(directory / "driftline.yaml"), "-q"])
    assert again.exit_code == 1
