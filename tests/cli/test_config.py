"""Is driftline.yaml right, and what may stand in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.config.published import json_schema

if TYPE_CHECKING:
    from pathlib import Path


def check(directory: Path, text: str, **environ: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a check of that text."""
    path = directory / "driftline.yaml"
    path.write_text(text, encoding="utf-8")
    found = CliRunner().invoke(main, ["config", "check", str(path)], env=environ)
    return found.exit_code, found.stdout.replace(str(directory), ""), found.stderr.replace(str(directory), "")


def test_a_file_that_is_right_is_told_back(tmp_path: Path) -> None:
    """A reader sees what was understood."""
    code, said, errors = check(tmp_path, "reference: a.parquet\ncurrent: data/*.parquet\nwindow: {rows: 1000}\n")
    assert (code, errors) == (0, "")
    assert said.startswith("/driftline.yaml is right\n")
    assert "1,000 rows" in said
    assert "at most 1 false alarm in 30 windows" in said


def test_a_typo_is_pointed_at(tmp_path: Path) -> None:
    """Line, column and remedy, on the standard error stream, with exit code 2."""
    assert check(tmp_path, "reference: a\ncolumns:\n  colums: 1\n") == (
        2,
        "",
        (
            "error: /driftline.yaml:3:3: there is no key 'colums' under 'columns'\n"
            "Hint: known: error, features, id, ignore, importance, item, kinds, label, label_time, latency, prediction, "
            "query, score, timestamp, version\n"
        ),
    )


def test_secrets_are_not_told_back(tmp_path: Path) -> None:
    """A URL from the environment is shown by its name."""
    code, said, _ = check(tmp_path, "reference: a\ncurrent: {database: '${DB}', query: q}\n", DB="postgresql://ann:pw@db/x")
    assert code == 0
    assert "${DB}" in said
    assert "postgresql" not in said


def test_the_schema_is_printed_as_it_is() -> None:
    """The output can be written into a file."""
    assert json.loads(CliRunner().invoke(main, ["config", "schema"]).stdout) == json_schema()
