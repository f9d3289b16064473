"""What comes out of a check, in any combination, and the exit code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from driftline.cli import outputs
from driftline.cli.outputs import JsonCommand, Outputs, deliver, exit_code, output_flags, write
from driftline.errors import OutsideError
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=JsonCommand)
@click.argument("data", nargs=-1)
@output_flags
def judge(data: tuple[str, ...], outputs: Outputs) -> None:
    """A command with outputs; it prints what it was asked for."""
    click.echo(f"{data} {dict(outputs.documents)} {outputs.quiet} {outputs.fail_on}")


def said(*args: str) -> str:
    """What the command understood, or its error."""
    return CliRunner().invoke(judge, args).output.strip()


@pytest.mark.parametrize(
    ("args", "understood"),
    [
        (("a", "b"), "('a', 'b') {} False drifted"),
        (("--json",), "() {'json': '-'} False drifted"),
        (("a", "b", "--json"), "('a', 'b') {'json': '-'} False drifted"),
        (("--json", "a.parquet", "b"), "('a.parquet', 'b') {'json': '-'} False drifted"),
        (("--json", "out.json", "a"), "('a',) {'json': 'out.json'} False drifted"),
        (("--json", "-", "a"), "('a',) {'json': '-'} False drifted"),
        (("--json=x.txt", "a"), "('a',) {'json': 'x.txt'} False drifted"),
        (("--json", "-q", "--fail-on", "never"), "() {'json': '-'} True never"),
        (
            ("--html", "r.html", "--junit", "j.xml", "--markdown", "-"),
            "() {'junit': 'j.xml', 'markdown': '-', 'html': 'r.html'} False drifted",
        ),
        (("--", "--json"), "('--json',) {} False drifted"),
    ],
)
def test_flags_are_understood(args: tuple[str, ...], understood: str) -> None:
    """`--json` alone is standard output, and never takes the data for its file."""
    assert said(*args) == understood


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--json", "--html", "-"), "only one document can be printed"),
        (("--html", "nowhere/r.html"), "there is no directory 'nowhere'"),
        (("--html", "folder"), "'folder' is a directory"),
        (("--html", "data.parquet"), "'data.parquet' is already there and is not called .html or .htm"),
        (("--fail-on", "sometimes"), "'sometimes' is not one of"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], complaint: str
) -> None:
    """Nobody waits a minute to learn that a directory is missing, and no data is overwritten."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "data.parquet").touch()
    assert complaint in said(*args)


@pytest.mark.parametrize(
    ("verdict", "fail_on", "code"),
    [
        ("stable", "drifted", 0),
        ("drifted", "drifted", 1),
        ("inconclusive", "drifted", 0),
        ("stable", "inconclusive", 0),
        ("drifted", "inconclusive", 1),
        ("inconclusive", "inconclusive", 1),
        ("drifted", "never", 0),
    ],
)
def test_the_exit_code_follows_from_the_verdict(verdict: str, fail_on: str, code: int) -> None:
    """Inconclusive is no failure unless somebody says so."""
    assert exit_code(verdict, fail_on) == code


def test_documents_are_written_and_the_table_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Files stand beside the table; what is printed in its place stands alone."""
    monkeypatch.setattr(outputs, "_text", lambda name, *_: f"<{name}>\n")
    monkeypatch.setattr(outputs, "_table", lambda *_, verbose: print(f"table {verbose}"))  # noqa: T201  it stands for one that prints
    report: Any = SimpleNamespace(verdict=Verdict.DRIFTED)
    files = {"json": str(tmp_path / "r.json"), "html": str(tmp_path / "r.html")}
    assert deliver(report, Outputs(documents=files, verbose=True)) == 1
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == "<html>\n"
    written = capsys.readouterr()
    assert written.out == "table True\n"
    assert written.err == f"wrote {files['json']}\nwrote {files['html']}\n"
    deliver(report, Outputs(documents={"junit": "-"}))
    assert capsys.readouterr().out == "<junit>\n"
    deliver(report, Outputs(documents={"html": files["html"]}, quiet=True))
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "")


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    """What cannot be written leaves what was there, and no draft."""
    path = tmp_path / "r.html"
    write(path, "old")
    write(path, "new")
    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [("r.html", "new")]
    with pytest.raises(OutsideError, match="cannot be written"):
        write(tmp_path / "nowhere" / "r.html", "x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutsideError, match="cannot be written"):
        write(tmp_path / "taken", "x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["r.html", "taken"]
