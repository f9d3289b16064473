"""Pages of the documentation that are made from the program itself: commands from their help, settings from the document.

`python -m driftline.cli.manual docs` writes them; a test fails where they are not current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.main import main
from driftline.config.published import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
BEGIN, END = "<!-- settings: made by driftline.cli.manual -->", "<!-- end of settings -->"

CODES = {
    0: "stable, or inconclusive (see `--fail-on`)",
    1: "drifted; with `--fail-on inconclusive` also inconclusive; `retrain`: there is no model; `prove`: the gate does not pass; "
    "`rollout step`: the challenger was taken back",
    2: "the configuration or the command line is wrong",
    3: "the data is wrong: a file that cannot be read, a column that is missing",
    4: "not now: the request is against the rules as things stand",
    5: "an installed plugin is broken",
    6: "the world outside failed: a database, a network, a disk; try again",
    70: "a mistake in driftline itself",
    130: "interrupted with Ctrl-C",
    141: "whoever read the output went away",
}
"""What each exit code means."""


ERRORS = """Errors go to the standard error stream as `error: …` and, where there is a next step, `Hint: …`.
`--debug`, anywhere on the command line, or `DRIFTLINE_DEBUG=1` shows the traceback as well.
A value that came from the environment through `${NAME}`, or the password in it, is shown as `${NAME}`, there too."""

STREAMS = """`check` and `compare` print a table.
`--json` alone prints JSON, and nothing else stands on standard output; `--json FILE`, `--junit FILE`, `--markdown FILE` and
`--html FILE` write files beside the table, in any combination, and `-` in place of a file is standard output.
A word after `--json` is its file only if it is `-` or ends in `.json`.
Progress is shown on the standard error stream, only on a terminal and only after a second."""


def commands_page() -> str:
    """`docs/commands.md`: every command's help, and the exit codes."""
    parts = [
        "# Commands",
        "This page is made from the commands' own help: `driftline COMMAND --help`.",
        _block(main, "driftline"),
        "## Exit codes",
        "| code | meaning |\n|---|---|\n" + "\n".join(f"| {code} | {meaning} |" for code, meaning in CODES.items()),
        ERRORS,
        "## Standard output",
        STREAMS,
    ]
    for name, command in _commands(main, "driftline"):
        parts += [f"## {name.removeprefix('driftline ')}", _block(command, name)]
    return "\n\n".join(parts) + "\n"


def settings_part() -> str:
    """The part of `docs/configuration.md` that lists every setting."""
    lines = [BEGIN, ""]
    for setting in settings():
        depth = "##" if "." not in setting.path else "###"
        facts = [f"Values: {_escaped(setting.values)}."]
        if setting.default:
            facts.append("Required." if setting.default == "required" else f"Default: `{setting.default}`.")
        lines += [f"#{depth} `{setting.path}`", "", setting.meaning, " ".join(facts), ""]
        if setting.example:
            lines += ["```yaml", setting.example, "```", ""]
    return "\n".join([*lines, END])


def with_settings(page: str) -> str:
    """The page with the list of settings brought up to date."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{settings_part()}{rest.partition(END)[2]}"


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield f"{path} {name}", command
            if isinstance(command, click.Group):
                yield from _commands(command, f"{path} {name}")


def _block(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, terminal_width=WIDTH, help_option_names=["-h", "--help"])
    return f"```text\n{command.get_help(context)}\n```"


def _escaped(text: str) -> str:
    return f"`{text}`" if "{" in text else text


def write_pages(docs: Path) -> None:
    """Write the pages into the documentation's directory."""
    (docs / "commands.md").write_text(commands_page(), encoding="utf-8")
    page = docs / "configuration.md"
    page.write_text(with_settings(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
