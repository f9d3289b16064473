"""Count data into a small file that adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.store.profiles import load
from driftline.store.shelf import Use

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a reference and two days."""
    rng = np.random.default_rng(1)
    for name, rows in (("train", 5000), ("mon", 1000), ("tue", 1500)):
        pq.write_table(pa.table({"day": [name] * rows, "amount": rng.normal(size=rows)}), tmp_path / f"{name}.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> Any:
    """What the program gives."""
    found = CliRunner().invoke(main, args)
    assert found.exit_code in {0, 1}, found.output
    return found


def test_without_a_reference_the_data_is_the_reference(here: Path) -> None:
    """The profile holds its bins, and later data is compared with it; no raw data is needed."""
    said = run("profile", "train.parquet", "-o", "train.profile", "--ignore", "day").output
    assert said.startswith("wrote train.profile: reference, 5,000 rows, 1 column")
    assert load(here / "train.profile").use is Use.REFERENCE
    (here / "train.parquet").unlink()
    assert run("compare", "train.profile", "mon.parquet", "--ignore", "day", "-q").exit_code == 0


def test_days_counted_in_the_same_bins_add(here: Path) -> None:
    """The sum of two days is what counting both at once gives, to the last bit."""
    run("profile", "train.parquet", "-o", "train.profile", "--ignore", "day")
    for name, data in (("mon", ["mon.parquet"]), ("tue", ["tue.parquet"]), ("both", ["mon.parquet", "tue.parquet"])):
        run("profile", *data, "--reference", "train.profile", "--ignore", "day", "-o", f"{name}.profile")
    run("merge", "mon.profile", "tue.profile", "-o", "sum.profile")
    assert load(here / "sum.profile").entries[0][2] == load(here / "both.profile").entries[0][2]


def test_profiles_of_other_bins_do_not_add(here: Path) -> None:
    """Each has fixed its own bins."""
    for name in ("mon", "tue"):
        run("profile", f"{name}.parquet", "-o", f"{name}.profile", "--ignore", "day")
    found = CliRunner().invoke(main, ["merge", "mon.profile", "tue.profile", "-o", "sum.profile"])
    assert found.exit_code == 3
    assert "Hint: count all of them with the same reference" in found.stderr
    assert not (here / "sum.profile").exists()


def test_windows_are_kept_apart(here: Path) -> None:
    """Windows are cut as everywhere."""
    run("profile", "mon.parquet", "tue.parquet", "--reference", "train.parquet", "--window", "column day", "-o", "days.profile")
    assert [window.label for _, window, _ in load(here / "days.profile").entries] == ["mon", "tue"]
