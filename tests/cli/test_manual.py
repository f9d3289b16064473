"""Pages of the documentation that are made from the program itself."""

from __future__ import annotations

import re
from pathlib import Path

from driftline.cli.main import BROKEN_PIPE, BUG, COMMANDS, EXIT_CODES, INTERRUPTED
from driftline.cli.manual import CODES, commands_page, with_settings, write_pages
from driftline.config.published import settings

DOCS = Path(__file__).parents[2] / "docs"
REMEDY = "python -m driftline.cli.manual docs"


def test_the_page_of_commands_is_current() -> None:
    """The documentation shows the help that this version has."""
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == commands_page(), REMEDY


def test_the_list_of_settings_is_current() -> None:
    """The documentation lists the settings that this version has."""
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert with_settings(page) == page, REMEDY


def test_every_command_and_every_exit_code_is_on_the_page() -> None:
    """No command is missing, and each exit code has its meaning."""
    page = commands_page()
    assert [name for name in COMMANDS if f"\n## {name}\n" not in page] == []
    assert {*EXIT_CODES.values(), INTERRUPTED, BROKEN_PIPE, BUG, 0, 1} == set(CODES)


def test_the_settings_on_the_page_are_those_there_are() -> None:
    """One heading for each setting, in the order of the document."""
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert re.findall(r"^####? `(.+)`$", page, re.MULTILINE) == [setting.path for setting in settings()]


def test_pages_are_written_where_they_are_read(tmp_path: Path) -> None:
    """Writing brings both pages up to date and leaves the prose alone."""
    (tmp_path / "configuration.md").write_text("before\n" + with_settings("").replace("Values", "Old") + "\nafter\n", encoding="utf-8")
    write_pages(tmp_path)
    page = (tmp_path / "configuration.md").read_text(encoding="utf-8")
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "Old" not in page
    assert (tmp_path / "commands.md").read_text(encoding="utf-8") == commands_page()
