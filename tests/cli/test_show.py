"""What a profile holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.profile.bins import fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind
from driftline.store.profiles import load, save
from driftline.store.shelf import Shelf
from driftline.window import Window

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 400
NONE = np.zeros(ROWS, dtype=bool)
PLAN = Plan(
    (
        Planned(Column(name="amount", kind=Kind.NUMBER), fit_number_bins(np.arange(float(ROWS)))),
        Planned(Column(name="country", kind=Kind.CATEGORY), fit_level_bins({"de": 300, "fr": 100})),
    )
)


def counted(country: str = "de") -> Any:
    """A profile of 400 rows, 100 of them without an amount."""
    null = np.arange(ROWS) < 100
    numbers = np.where(null, np.nan, np.arange(float(ROWS)))
    texts = [country if i % 4 else "fr" for i in range(ROWS)]
    return count(PLAN, {"amount": Cells(numbers, [None] * ROWS, null, NONE), "country": Cells(numbers, texts, NONE, NONE)}, ROWS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with two days, one of them with a level that the reference never had, and a segment."""
    days = [Window(0, "monday"), Window(1, "tuesday")]
    entries = ((None, days[0], counted()), (None, days[1], counted("es")), ("country=fr", days[0], counted("fr")))
    found = tmp_path / "two.profile"
    save(Shelf(PLAN, entries, about={"source": "days.parquet"}), found)
    return found


def document(*args: str) -> Any:
    """What `--json` prints."""
    found = CliRunner().invoke(main, ["show", *args, "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_without_a_window_all_are_added(path: Path) -> None:
    """Rows, empty values, moments and levels are those of both days."""
    found = document(str(path))
    assert (found["schema"], found["rows"], found["window"], found["windows"]) == (1, 800, "monday to tuesday", ["monday", "tuesday"])
    amount, country = found["columns"]
    assert amount["missing"] == 0.25
    assert amount["mean"] == pytest.approx(249.5)
    assert amount["deviation"] == pytest.approx(np.arange(100, 400).std(), rel=1e-6)
    assert (amount["least"], amount["greatest"]) == (100, 399)
    assert country["levels"] == [["de", 300], ["fr", 200]]
    assert country["unseen"] == {"es": 300}


def test_one_window_one_segment_one_column(path: Path) -> None:
    """Each can be asked for by its name."""
    assert document(str(path), "--window", "tuesday")["rows"] == 400
    assert document(str(path), "--segment", "country=fr")["columns"][1]["levels"] == [["fr", 400]]
    assert [column["name"] for column in document(str(path), "--column", "country")["columns"]] == ["country"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--window", "tuesdy"), "Hint: did you mean 'tuesday'?"),
        (("--window", "x"), "Hint: the windows are monday to tuesday"),
        (("--segment", "country=fe"), "Hint: did you mean 'country=fr'?"),
        (("--column", "amont"), "Hint: did you mean 'amount'?"),
    ],
)
def test_what_is_not_there_is_recognised(path: Path, args: tuple[str, ...], said: str) -> None:
    """Near misses are computed."""
    found = CliRunner().invoke(main, ["show", str(path), *args])
    assert found.exit_code == 2
    assert said in found.stderr


def test_the_table_names_columns_levels_and_origin(path: Path) -> None:
    """A person sees what is in the file."""
    said = CliRunner().invoke(main, ["show", str(path)], env={"COLUMNS": "200"}).output
    for part in ("two.profile: current, 800 rows, 2 columns, 2 windows, 1 segment", "source: days.parquet", "amount", "399", "de 37.5%"):
        assert part in said


def test_json_can_be_written_into_a_file(path: Path, tmp_path: Path) -> None:
    """Then nothing is printed."""
    found = CliRunner().invoke(main, ["show", str(path), "--json", str(tmp_path / "out.json")])
    assert found.stdout == ""
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["rows"] == 800


def test_merging_adds_windows(path: Path, tmp_path: Path) -> None:
    """The same window in two files is one window of twice the rows; `--whole` leaves one window for each segment."""
    out = tmp_path / "sum.profile"
    found = CliRunner().invoke(main, ["merge", str(path), str(path), "-o", str(out)])
    assert found.output == f"wrote {out}: 1,600 rows, 2 columns, 2 windows, 1 segment\n"
    assert load(out).entries[0][2] == counted() + counted()
    found = CliRunner().invoke(main, ["merge", str(path), "--whole", "-o", str(out)])
    assert [(segment, window.label) for segment, window, _ in load(out).entries] == [(None, "monday to tuesday"), ("country=fr", "monday")]
