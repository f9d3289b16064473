"""What comes out of a check: a table, JSON, JUnit, Markdown, HTML in any combination, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftline.cli.main import DRIFTED, STABLE
from driftline.errors import OutsideError
from driftline.paper import draft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from driftline.decisions.decision import Decision
    from driftline.verdicts.report import Report

STDOUT = "-"
SUFFIXES: Mapping[str, tuple[str, ...]] = {"json": (".json",), "junit": (".xml",), "markdown": (".md",), "html": (".html", ".htm")}
"""Documents and what their files are called; a file called otherwise that is already there is not overwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What was asked for: documents by name with their files, and how much to say."""

    documents: Mapping[str, str]
    quiet: bool = False
    verbose: bool = False
    fail_on: str = "drifted"

    @property
    def to_stdout(self) -> bool:
        """Whether a document is printed, so that nothing else may be."""
        return STDOUT in self.documents.values()


class JsonCommand(click.Command):
    """A command whose `--json` may stand alone, for standard output, or be followed by a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Decide whether the word after `--json` is its file: only if it is `-` or ends in .json."""
        return super().parse_args(ctx, _json_file(args))


def _json_file(args: Sequence[str]) -> list[str]:
    """Join `--json` with its file.

    An argument that follows must never be taken for it: the data would be overwritten.

    >>> _json_file(["--json", "train.parquet"]), _json_file(["--json", "out.json"])
    (['--json=-', 'train.parquet'], ['--json=out.json'])
    """
    words = list(args)
    found: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--":
            return [*found, word, *words]
        if word == "--json":
            file = words.pop(0) if words and (words[0] == STDOUT or words[0].endswith(".json")) else STDOUT
            word = f"--json={file}"
        found.append(word)
    return found


def output_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the output flags, which reach it as one value, `outputs`."""

    @wraps(command)
    def with_outputs(*args: Any, quiet: bool, verbose: bool, fail_on: str, **given: Any) -> Any:
        documents = {name: given.pop(name) for name in SUFFIXES}
        chosen = {name: file for name, file in documents.items() if file}
        _refuse(chosen)
        return command(*args, outputs=Outputs(documents=chosen, quiet=quiet, verbose=verbose, fail_on=fail_on), **given)

    flags = (
        click.option("--json", metavar="[FILE]", help="The report for machines; without a file, on standard output."),
        click.option("--junit", metavar="FILE", help="The report as tests, for CI."),
        click.option("--markdown", metavar="FILE", help="The report for a pull request or a chat."),
        click.option("--html", metavar="FILE", help="The report to look at: one file that works offline."),
        click.option(
            "--fail-on",
            type=click.Choice(["drifted", "inconclusive", "never"]),
            default="drifted",
            show_default=True,
            help="When to leave with exit code 1; inconclusive includes drifted.",
        ),
        click.option("-v", "--verbose", is_flag=True, help="Show every column, not only those that changed."),
        click.option("-q", "--quiet", is_flag=True, help="No table and no progress: the exit code says it."),
    )
    wrapped: Callable[..., Any] = with_outputs
    for flag in reversed(flags):
        wrapped = flag(wrapped)
    return wrapped


def deliver(report: Report, outputs: Outputs, decision: Decision | None = None) -> int:
    """Write what was asked for, and choose the exit code."""
    for name, file in outputs.documents.items():
        text = _text(name, report, decision)
        if file == STDOUT:
            click.echo(text, nl=not text.endswith("\n"))
        else:
            write(Path(file), text)
            if not outputs.quiet:
                click.echo(f"wrote {file}", err=True)
    if not (outputs.quiet or outputs.to_stdout):
        _table(report, decision, verbose=outputs.verbose)
    return exit_code(str(report.verdict), outputs.fail_on)


def exit_code(verdict: str, fail_on: str) -> int:
    """Choose the exit code of a verdict.

    >>> exit_code("drifted", "drifted"), exit_code("inconclusive", "drifted"), exit_code("inconclusive", "inconclusive")
    (1, 0, 1)
    """
    failing = {"drifted": {"drifted"}, "inconclusive": {"drifted", "inconclusive"}, "never": set()}[fail_on]
    return DRIFTED if verdict in failing else STABLE


def write(path: Path, content: str | bytes) -> None:
    """Write a file so that whoever reads it sees the old one or the new one, never a half.

    Raises:
        OutsideError: the file cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    beside = draft(path)
    try:
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise OutsideError(f"{str(path)!r} cannot be written: {error.strerror}", hint="choose a place that may be written to") from error


def _refuse(chosen: Mapping[str, str]) -> None:
    """Find out before the work, not after it, that its result could not be written."""
    if list(chosen.values()).count(STDOUT) > 1:
        raise click.UsageError("only one document can be printed; give the others a file")
    for name, file in chosen.items():
        path = Path(file)
        if file != STDOUT and not path.parent.is_dir():
            raise click.UsageError(f"--{name}: there is no directory '{path.parent}'")
        if file != STDOUT and path.is_dir():
            raise click.UsageError(f"--{name}: '{file}' is a directory")
        if file != STDOUT and path.exists() and path.suffix.lower() not in SUFFIXES[name]:
            raise click.UsageError(f"--{name}: '{file}' is already there and is not called {' or '.join(SUFFIXES[name])}")


def _text(name: str, report: Report, decision: Decision | None) -> str:
    """One document. What it takes is loaded only when it is asked for: HTML needs a plotting library."""
    match name:
        case "json":
            from driftline.reports.document import to_dict

            return json.dumps(to_dict(report, decision), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        case "junit":
            from driftline.reports.junit import to_junit

            return to_junit(report)
        case "markdown":
            from driftline.reports.markdown import to_markdown

            return to_markdown(report, decision=decision)
        case _:
            from driftline.reports.html import to_html

            return to_html(report, decision)


def _table(report: Report, decision: Decision | None, *, verbose: bool) -> None:
    from driftline.reports.text import to_text

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(to_text(report, width=width, colour=colour, verbose=verbose, decision=decision).rstrip("\n"))
