"""The monitoring plan and the retraining policy: all that the file says, and what the data showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline import handbook, wiring
from driftline.config.specification import read_text
from driftline.decisions.health import health
from driftline.decisions.rules import POLICY
from driftline.reports.papers import to_html, to_markdown
from driftline.verdicts.policy import DEFAULT_FLOORS

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
monitor: shop
reference: reference.parquet
current: current.parquet
labels: {from: labels.parquet}
task: binary
columns: {timestamp: ts, id: id, score: score, label: label}
window: day
schedule: 15 minutes
floors: {shift: 0.2, columns: {amount: {psi: 0.3}}}
alerts: {channels: {pager: {kind: webhook, url: 'https://hooks.example.org/x'}}}
training: {command: python train.py}
decisions:
  retrain: on_drift or weekly
  enough_labels: 80
  cost: 40
  blackout: [2026-11-25 to 2026-11-30]
  actions: {recalibrate: automatic}
"""


def days(first: str, count: int, seed: int, times: float = 1.0) -> pa.Table:
    """Days of a calibrated model, whose amounts are in another unit."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 0.5, count * 300)
    return pa.table(
        {
            "ts": np.datetime64(first) + (np.arange(score.size) * 288_000).astype("timedelta64[ms]"),
            "id": np.arange(score.size) + 10_000 * seed,
            "amount": rng.lognormal(3, 0.5, score.size) * np.where(np.arange(score.size) >= 600, times, 1.0),
            "score": score,
            "label": (rng.random(score.size) < score).astype(int),
        }
    )


@pytest.fixture(scope="module")
def specification(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A monitor whose amounts are in cents from the third day on."""
    place = tmp_path_factory.mktemp("shop")
    pq.write_table(days("2026-03-01", 10, 0), place / "reference.parquet")
    current = days("2026-03-11", 5, 1, times=100)
    pq.write_table(current.drop_columns(["label"]), place / "current.parquet")
    pq.write_table(current.select(["id", "label"]), place / "labels.parquet")
    return read_text(FILE, place / "driftline.yaml", {})


def test_the_plan_says_what_how_when_and_to_whom(specification: Any) -> None:
    """Columns, places, clock, metrics, every test with its floor, channels and tiers, and a message as it would have left, drawn."""
    found = wiring.check(specification)
    made = handbook.plan(specification, found.report, found.decided, health(found.report, found.decided.evidence))
    told = to_markdown(made)
    for said in (
        "what is normal: reference.parquet",
        "labels: labels.parquet, joined to predictions by id",
        "looked at: every 0.25 hours",
        "is said in the file for shift",
        "amount by itself: psi 0.3",
        "channel pager: webhook",
        "| area under the ROC curve | decides |",
        "data fault in amount since 2026-03-13",
    ):
        assert said in told.replace("&#8203;", "")
    assert {row[0] for row in next(one for one in made.sections if one.title.startswith("Tests")).table[1:]} == set(DEFAULT_FLOORS)
    (example,) = [one for one in made.sections if one.title.startswith("A message")]
    assert [drifted for _, drifted in example.drawings[0].points] == [False, False, True]
    assert "<svg" in to_html(made)


def test_a_plan_without_trouble_has_no_message_to_show(specification: Any, tmp_path: Path) -> None:
    """Where nothing fired that is said, and no example is made up."""
    quiet = read_text("reference: calm.parquet\ncurrent: calm.parquet\ncolumns: {timestamp: ts}\nwindow: day\n", tmp_path / "d.yaml", {})
    pq.write_table(days("2026-03-01", 10, 0), tmp_path / "calm.parquet")
    found = wiring.check(quiet)
    made = handbook.plan(quiet, found.report, found.decided, health(found.report, found.decided.evidence))
    assert "none: nothing fired" in to_markdown(made)


def test_a_policy_says_all_that_was_decided_beforehand(specification: Any) -> None:
    """Every rule, every term, what a new model must prove, each step of its release, and everybody who has to agree."""
    told = to_markdown(handbook.policy(specification)).replace("&#8203;", "")
    for said in (*(rule.says for rule in POLICY), "weekly", "80 labels", "costs 40", "2026-11-25", "python train.py", "no worse than"):
        assert said in told
    for step in specification.releasing.plan.steps:
        assert f"| {step.name} |" in told
    assert "asked through pager" in told
    assert "| recalibrate | goes ahead by itself |" in told
    assert "| retrain | a person agrees |" in told
