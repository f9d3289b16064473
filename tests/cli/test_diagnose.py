"""What the command says of one window."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def sales(seed: int, rows: int, spoilt: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  a switch of the data
    """A day of sales, in which Italy may send cents."""
    rng = np.random.default_rng(seed)
    country = rng.choice(["DE", "FR", "IT"], rows, p=[0.5, 0.3, 0.2])
    amount = np.exp(rng.normal(3, 0.8, rows)).round(2)
    return {"amount": np.where(spoilt & (country == "IT"), amount * 100, amount), "country": country}


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days, of which the second is spoilt."""
    place = tmp_path_factory.mktemp("diagnose")
    pq.write_table(pa.table(sales(0, 12_000)), place / "reference.parquet")
    days = [sales(1, 3000), sales(2, 3000, spoilt=True), sales(3, 3000)]
    joined = {name: np.concatenate([day[name] for day in days]) for name in days[0]} | {"day": np.repeat(["mon", "tue", "wed"], 3000)}
    pq.write_table(pa.table(joined), place / "current.parquet")
    text = "monitor: sales\nreference: reference.parquet\ncurrent: current.parquet\nwindow: {column: day}\n"
    (place / "driftline.yaml").write_text(text, encoding="utf-8")
    return place / "driftline.yaml"


def called(monitor: Path, *more: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["diagnose", "-q", "-c", str(monitor), *more])


def test_the_last_drifted_window_is_explained(monitor: Path) -> None:
    """What, where, since when, how many rows, on what it rests, what to do."""
    found = called(monitor)
    assert found.exit_code == 0, found.output
    parts = ["tue, 3,000 rows: drifted", "1. unit change (data fault", "where country = IT", "new in this window"]
    for part in [*parts, "not to be trained on", "factor 100", "to do: undo it where the column is made"]:
        assert part in found.output


def test_a_window_that_did_not_drift_has_nothing_to_explain(monitor: Path) -> None:
    """Asked for by its label, it says why it is well."""
    found = called(monitor, "--window", "wed")
    assert found.output.splitlines()[0] == "wed, 3,000 rows: stable"


def test_the_diagnosis_is_written_for_machines(monitor: Path) -> None:
    """As the check writes it, for one window."""
    document = json.loads(called(monitor, "--json").output)
    assert document["label"] == "tue"
    assert document["diagnosis"][0]["kind"] == "unit_change"
    assert document["diagnosis"][0]["where"][0]["conditions"] == ["country = IT"]


def test_where_nothing_drifted_that_is_said(monitor: Path) -> None:
    """Without a drifted window there is no reason to look for."""
    calm = pa.table(sales(4, 3000))
    pq.write_table(calm, monitor.parent / "calm.parquet")
    monitor_of_calm = monitor.parent / "calm.yaml"
    monitor_of_calm.write_text("monitor: m\nreference: reference.parquet\ncurrent: calm.parquet\n", encoding="utf-8")
    assert called(monitor_of_calm).output == "no window drifted\n"
    assert json.loads(called(monitor_of_calm, "--json").output)["diagnosis"] is None


@pytest.mark.parametrize(("option", "name"), [("--window", "tuesday"), ("--segment", "country=XX")])
def test_what_is_not_there_is_said(monitor: Path, option: str, name: str) -> None:
    """A typo in a label or a segment is an error of whoever typed it."""
    found = called(monitor, option, name)
    assert found.exit_code == 2
    assert name in found.output + found.stderr
