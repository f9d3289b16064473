"""The command `driftline`: errors become messages and exit codes, and help is quick."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from driftline import errors
from driftline.cli.main import BUG, COMMANDS, EXIT_CODES, INTERRUPTED, main
from driftline.config.environment import Secret

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("numpy", "scipy", "pyarrow", "pydantic", "plotly", "rich", "yaml", "sqlalchemy")


def run(*args: str, **options: Any) -> Any:
    """What a call within this process gives."""
    return CliRunner().invoke(main, args, **options)


def program(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """What the real program gives."""
    command = [sys.executable, "-m", "driftline", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command `version` that fails with a given error."""

    def fail_with(error: BaseException, secrets: tuple[Secret, ...] = ()) -> None:
        @click.command()
        @click.pass_obj
        def version(session: Any) -> None:
            session.secrets = secrets
            raise error

        monkeypatch.setattr("driftline.cli.version.version", version)

    return fail_with


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_is_there_and_explains_itself(name: str) -> None:
    """Each command loads, has an example in its help, and is listed with the first line of that help."""
    command: Any = main.get_command(click.Context(main), name)
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name]
    assert command.help
    assert isinstance(command, click.Group) or name == "version" or "Example" in command.help


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_examples_stand_on_lines_of_their_own(name: str) -> None:
    """They can be copied; nothing of how that is done shows."""
    lines = run(*name.split(), "--help").output.splitlines()
    assert not [line for line in lines if "\\b" in line or "\b" in line]
    assert all(line.startswith("    driftline ") for i, line in enumerate(lines) if lines[i - 1].strip() in {"Examples:", "Example:"})


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_option_is_explained(name: str) -> None:
    """No option is left to guessing."""
    command: Any = main.get_command(click.Context(main), name)
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_help_loads_nothing_heavy() -> None:
    """`driftline --help` needs neither the data nor the configuration libraries."""
    code = (
        "import sys\nfrom driftline.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint([m for m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    assert [name for name in HEAVY if f"'{name}'" in loaded] == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("a"), 2),
        (errors.UnknownPart("a"), 2),
        (errors.DataError("a"), 3),
        (errors.PlanMismatch("a"), 3),
        (errors.StateError("a"), 4),
        (errors.PluginError("a"), 5),
        (errors.SourceError("a"), 6),
        (click.UsageError("a"), 2),
        (click.Abort(), INTERRUPTED),
        (KeyboardInterrupt(), INTERRUPTED),
        (ValueError("a"), BUG),
        (OSError("a"), BUG),
    ],
)
def test_the_exit_code_says_who_must_act(failing: Any, error: BaseException, code: int) -> None:
    """Every error has its code; none but a verdict is 1."""
    failing(error)
    found = run("version")
    assert found.exit_code == code
    assert found.stdout == ""
    assert "Traceback" not in found.stderr


def test_every_error_of_the_tree_has_an_exit_code() -> None:
    """A new branch of errors must say who acts."""
    assert set(errors.DriftlineError.__subclasses__()) == set(EXIT_CODES)


def test_an_error_is_a_fact_and_a_hint(failing: Any) -> None:
    """Both go to the standard error stream."""
    failing(errors.DataError("the file 'a' is short", hint="write it again"))
    assert run("version").stderr == "error: the file 'a' is short\nHint: write it again\n"


@pytest.mark.parametrize("args", [("--debug", "version"), ("version", "--debug")])
def test_the_traceback_is_shown_where_it_is_asked_for(failing: Any, args: tuple[str, ...]) -> None:
    """`--debug` may stand anywhere."""
    failing(errors.DataError("a"))
    found = run(*args)
    assert found.exit_code == 3
    assert "Traceback (most recent call last)" in found.stderr
    assert found.stderr.startswith("error: a\n")


def test_secrets_and_steering_characters_are_not_shown(failing: Any) -> None:
    """Neither the message nor the traceback shows a secret, and a name in the data cannot clear the screen."""
    failing(errors.DataError("no route to db://pw-4711\x1b[2J"), (Secret("db://pw-4711", "DB"),))
    found = run("--debug", "version")
    assert "pw-4711" not in found.stderr
    assert "\x1b" not in found.stderr
    assert "no route to ${DB}\\x1b[2J" in found.stderr


def test_a_typo_in_a_command_or_an_option_is_recognised() -> None:
    """Near misses are computed."""
    assert run("chek").stderr == "error: there is no command 'chek'\nHint: did you mean 'check'?\n"
    assert run("chek").exit_code == 2
    found = run("compare", "a", "b", "--timestmp", "ts")
    assert "--timestamp" in found.stderr
    assert found.stderr.endswith("Hint: driftline compare --help\n")


def test_the_version_is_that_of_the_package() -> None:
    """Two ways to ask, one answer."""
    assert run("version").stdout == run("--version").stdout
    assert run("version").stdout.startswith("driftline ")


def test_without_a_command_the_help_is_shown() -> None:
    """A newcomer who types one word sees what there is."""
    found = run()
    assert "Commands:" in found.output
    assert found.exit_code == 2


def test_the_real_program_leaves_with_the_same_codes(tmp_path: Path) -> None:
    """Streams and codes are those of the process, not only of the test runner."""
    found = program("config", "check", cwd=tmp_path)
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.startswith("error: there is no file 'driftline.yaml'\nHint: ")


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`driftline config schema | head -1` is quiet."""
    reading, writing = os.pipe()
    os.close(reading)
    found = subprocess.run([sys.executable, "-m", "driftline", "config", "schema"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert found.returncode == 141
    assert found.stderr == b""


def test_ctrl_c_is_clean(tmp_path: Path) -> None:
    """An interrupted program says so in one line and leaves with 130."""
    fifo = tmp_path / "driftline.yaml"
    os.mkfifo(fifo)
    process = subprocess.Popen([sys.executable, "-m", "driftline", "config", "check"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    # Opening the pipe for writing waits until the program waits for us. The system may give the signal to a thread that does not
    # read, or just before reading begins, and then nothing wakes the reader: people press again, too.
    said = ""
    with fifo.open("w"):
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert said.strip() == "interrupted"
