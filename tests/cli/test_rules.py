"""How often each rule would have fired."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A monitor of eight days, on two of which the amount was far higher."""
    place = tmp_path_factory.mktemp("rules")
    rng = np.random.default_rng(0)
    for name, days, moved in (("reference", 20, ()), ("current", 8, (2, 3))):
        rows = days * 500
        shift = np.isin(np.arange(rows) // 500, moved) * 3.0
        ts = np.datetime64("2026-03-01") + (np.arange(rows) * (86_400_000 // 500)).astype("timedelta64[ms]")
        north = np.arange(rows) % 2 == 0
        said = {"ts": ts, "amount": rng.normal(size=rows) + shift, "region": np.where(north, "north", "south")}
        said["weight"] = rng.normal(size=rows) + np.where(north, shift, 0.0)
        pq.write_table(pa.table(said), place / f"{name}.parquet")
    rules = 'alerts: {rules: {far: {when: feature("amount").shift > 2, tier: retrain}}}'
    text = f"monitor: m\nreference: reference.parquet\ncurrent: current.parquet\ncolumns: {{timestamp: ts}}\nsegments: [region]\n{rules}\n"
    (place / "driftline.yaml").write_text(text, encoding="utf-8")
    return str(place / "driftline.yaml")


def test_each_rule_over_history(config: str) -> None:
    """Own rules, those on the command line, and the tiers that hold for every monitor."""
    found = CliRunner().invoke(main, ["rules", "test", "-c", config, "--json", "--rule", "performance.f1.drop > 0.1"])
    assert found.exit_code == 0, found.output
    told = {one["rule"]: one for one in json.loads(found.stdout)}
    assert (told["far"]["fired"], told["far"]["held"], told["far"]["first"]) == (1, 2, "2026-03-03")
    assert told["performance.f1.drop > 0.1"]["unknown"] == 8
    assert {"default: page", "default: retrain", "default: look", "default: digest"} < set(told)


def test_rules_over_segments(config: str) -> None:
    """Each segment by itself: the weight moved in the north alone; a segment that is not cut is refused before the work."""
    rules = [f'segment("region={name}").feature("weight").shift > 2' for name in ("north", "south", "west")]
    found = CliRunner().invoke(main, ["rules", "test", "-c", config, "--json", *(word for one in rules for word in ("--rule", one))])
    assert found.exit_code == 0, found.output
    told = {one["rule"]: one for one in json.loads(found.stdout)}
    assert [(told[one]["held"], told[one]["unknown"], told[one]["first"]) for one in rules] == [
        (2, 0, "2026-03-03"),
        (0, 0, None),
        (0, 8, None),
    ]
    refused = CliRunner().invoke(main, ["rules", "test", "-q", "-c", config, "--rule", 'segment("regoin=north").rows > 1'])
    assert (refused.exit_code, "did you mean 'region'?" in refused.output) == (2, True)


def test_a_table_for_people(config: str) -> None:
    """One line a rule, and over how many windows."""
    found = CliRunner().invoke(main, ["rules", "test", "-q", "-c", config])
    assert "far " in found.output
    assert "over 8 windows" in found.output


def test_a_wrong_rule_is_refused_before_the_work(config: str) -> None:
    """The mistake is told, with what was meant."""
    found = CliRunner().invoke(main, ["rules", "test", "-q", "-c", config, "--rule", "drift.pssi.max > 1"])
    assert found.exit_code == 2
    assert "did you mean 'psi'?" in found.output


def test_a_rule_speaks_in_the_messages(config: str) -> None:
    """The simulation tells of what the rule found, together with what the verdicts found of the same days."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "--json", "-c", config])
    opened = json.loads(found.stdout)[0]
    assert {"name": "far", "concern": "input drift", "since": "2026-03-03"} in opened["members"]
