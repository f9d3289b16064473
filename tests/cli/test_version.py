"""Which driftline this is."""

from __future__ import annotations

from importlib.metadata import version as version_of

from click.testing import CliRunner

from driftline.cli.main import main


def test_the_version_is_the_installed_one() -> None:
    """It comes from the package's metadata."""
    assert CliRunner().invoke(main, ["version"]).output == f"driftline {version_of('driftline')}\n"
