"""Columns that a document names, with where it names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.config.specification import read, specify
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
reference: a.csv
columns:
  timestamp: ts
  score: [s1, s2]
  features: [f]
  ignore: [i]
  kinds: {k: text}
  importance: {p: 0.5}
segments: [g, {large: "c > 1 and d > 2"}]
window: {column: w}
floors: {columns: {q: {shift: 1}}}
thresholds: {"*": {ks: 1}, t: {psi: 1}}
"""
NAMES = {
    "s1": "4:11", "s2": "4:15", "f": "5:14", "i": "6:12", "k": "7:11", "p": "8:16", "g": "9:12", "c": "9:23", "d": "9:23",
    "q": "11:20", "t": "12:28",
}  # fmt: skip


def complaints(path: Path, known: list[str]) -> list[str]:
    """The lines of the error, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        read(path, {}).check_columns(known)
    return [line.replace(f"{path}:", "") for line in str(caught.value).splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A document that names a column wherever one can be named."""
    found = tmp_path / "driftline.yaml"
    found.write_text(TEXT, encoding="utf-8")
    return found


def test_columns_that_are_there_are_fine(path: Path) -> None:
    """Nothing is said."""
    read(path, {}).check_columns(NAMES)


@pytest.mark.parametrize("name", list(NAMES))
def test_a_column_that_is_not_there_is_pointed_at(path: Path, name: str) -> None:
    """Wherever it is named, also where nobody would notice that a threshold does nothing."""
    known = [other for other in NAMES if other != name]
    assert complaints(path, [*known, f"{name}{name}x"])[0] == f"{NAMES[name]}: the reference has no column {name!r}"


def test_all_of_them_are_told_at_once_with_near_misses(path: Path) -> None:
    """In the order of the lines."""
    known = ["score_1", *(name for name in NAMES if name not in {"s1", "s2", "t"})]
    assert complaints(path, ["s11", *known]) == [
        f"{path} has 3 mistakes",
        "4:11: the reference has no column 's1'",
        "Hint: did you mean 's11'?",
        "4:15: the reference has no column 's2'",
        "Hint: known: c, d, f, g, i, k, p, q, s11, score_1",
        "12:28: the reference has no column 't'",
        "Hint: known: c, d, f, g, i, k, p, q, s11, score_1",
    ]
    assert complaints(path, [*(f"column {i}" for i in range(500))])[2] == (
        "Hint: it has 500 columns: " + ", ".join(f"column {i}" for i in range(12)) + ", …"
    )


def test_settings_without_a_file_are_named_as_they_are_called() -> None:
    """A flag has no line."""
    with pytest.raises(ConfigError, match=r"^the command line: the reference has no column 'tss'"):
        specify({"reference": "a", "columns": {"id": "tss"}}, {}, name="the command line").check_columns(["ts"])
