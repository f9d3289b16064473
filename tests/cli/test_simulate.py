"""A payments stream in which it is known what happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.simulator import KINDS

if TYPE_CHECKING:
    from pathlib import Path


def simulate(directory: Path, *args: str) -> Any:
    """What `driftline simulate` gives, for a small stream."""
    return CliRunner().invoke(main, ["simulate", str(directory), "--days", "3", "--rows", "150", *args])


def events(directory: Path) -> list[tuple[Any, ...]]:
    """What truly happens in a stream."""
    truth = json.loads((directory / "truth.json").read_text(encoding="utf-8"))
    return [(event["kind"], event["from_day"], event["to_day"], event["size"]) for event in truth["events"]]


def test_a_stream_is_written_with_its_truth(tmp_path: Path) -> None:
    """The events that were asked for happen, and no others."""
    asked = ("--event", "null_burst:1", "--event", "null_burst:0-1:0.5", "--event", "category_rename:2-", "--start", "2026-06-01")
    found = simulate(tmp_path / "s", *asked)
    assert found.exit_code == 0, found.output
    assert sorted(file.name for file in (tmp_path / "s" / "data").iterdir()) == [f"payments-2026-06-0{day}.parquet" for day in (1, 2, 3)]
    usual = KINDS["null_burst"].size
    assert sorted(events(tmp_path / "s"), key=str) == [
        ("category_rename", 2, None, 1.0),
        ("null_burst", 0, 1, 0.5),
        ("null_burst", 1, 1, usual),
    ]
    assert "next: driftline compare " in found.output


def test_nothing_may_happen(tmp_path: Path) -> None:
    """Then whatever is found is a false alarm."""
    assert simulate(tmp_path / "s", "--no-events").exit_code == 0
    assert events(tmp_path / "s") == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--event", "null_burst"), "'null_burst' is not an event"),
        (("--event", "nul_burst:1"), "did you mean 'null_burst'?"),
        (("--event", "null_burst:2-1"), "before it begins"),
        (("--days", "0"), "days cannot be 0"),
    ],
)
def test_what_cannot_happen_is_refused(tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    """Before anything is written."""
    found = simulate(tmp_path / "s", *args)
    assert found.exit_code == 2
    assert said in found.stderr
    assert not (tmp_path / "s").exists()


def test_every_kind_of_event_is_in_the_help() -> None:
    """Nobody has to read the source to know what may happen."""
    said = CliRunner().invoke(main, ["simulate", "--help"]).output
    assert [kind for kind in KINDS if kind not in said] == []
