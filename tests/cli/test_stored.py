"""What commands of the service share."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from driftline.cli.stored import needed, opened, pace_flags, store_flags
from driftline.errors import PluginError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_flags_reach_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As one pace, in minutes; where the state lies may come from the environment."""
    seen: list[Any] = []

    @click.command()
    @store_flags
    @pace_flags
    def command(**given: Any) -> None:
        seen.append(given)

    monkeypatch.setenv("DRIFTLINE_DATA", str(tmp_path))
    monkeypatch.setenv("DRIFTLINE_STORE", "postgresql://x")
    assert CliRunner().invoke(command, ["--lateness", "2", "--patience", "0"]).exit_code == 0
    assert (seen[0]["data"], seen[0]["store"]) == (tmp_path, "postgresql://x")
    assert (seen[0]["pace"].lateness, seen[0]["pace"].patience) == (timedelta(minutes=2), timedelta(0))


@pytest.mark.parametrize(("lateness", "seconds"), [("10", 60), ("0.5", 30), ("0", 0)])
def test_rows_are_not_gathered_for_longer_than_late_ones_are_waited_for(lateness: str, seconds: float) -> None:
    """Who waits for none has them counted at once."""
    seen: list[Any] = []

    @click.command()
    @pace_flags
    def command(**given: Any) -> None:
        seen.append(given["pace"].settle)

    assert CliRunner().invoke(command, ["--lateness", lateness]).exit_code == 0
    assert seen == [timedelta(seconds=seconds)]


def test_a_missing_package_is_told_with_what_to_install() -> None:
    """Not as a traceback."""
    with pytest.raises(PluginError, match="'fastapi'") as caught, needed():
        raise ModuleNotFoundError(name="fastapi")
    assert caught.value.hint == "pip install 'driftline[service]'"


def test_a_store_is_made_where_there_is_none(tmp_path: Path) -> None:
    """With its directory."""
    assert opened(tmp_path / "new", None).board.answers()


WITHOUT = """
import sys
sys.modules.update(dict.fromkeys(("alembic", "fastapi", "prometheus_client", "sqlalchemy", "starlette", "uvicorn")))
from driftline.cli.main import main
main(sys.argv[1:])
"""


def without_the_extra(*words: str) -> subprocess.CompletedProcess[str]:
    """The command where the packages of the service are not installed."""
    return subprocess.run([sys.executable, "-c", WITHOUT, *words], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "words", [["serve"], ["run"], ["backfill", "--since", "2026-01-01"], ["token", "list"]], ids=lambda words: words[0]
)
def test_without_the_extra_a_command_says_what_to_install(words: list[str], tmp_path: Path) -> None:
    """Whichever command of the service it is."""
    done = without_the_extra(*words, "--data", str(tmp_path / "data"))
    assert done.returncode == 5
    assert "which is not installed\nHint: pip install 'driftline[service]'" in done.stderr


def test_without_the_extra_all_else_works() -> None:
    """Help of every command, and the client."""
    assert without_the_extra("serve", "--help").returncode == 0
    assert without_the_extra("check", "--help").returncode == 0
    code = WITHOUT.partition("from driftline")[0] + "import driftline; print(driftline.Client('http://x', token='t').url)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "http://x\n"
