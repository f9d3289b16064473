"""Recall: why windows drifted before and which came after, from what was kept; tests/server/test_decided.py shows what it is for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.profile.bins import fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Profile
from driftline.schema import Column, Kind
from driftline.services.cycle import Standing
from driftline.store.database import Database
from driftline.store.decided import trainings
from driftline.store.documents import pack
from driftline.store.layout import window_to_dict
from driftline.store.pressed import press
from driftline.store.recall import Recall, past
from driftline.store.tables import profiles, verdicts, windows
from driftline.verdicts.report import Verdict
from driftline.window import Window

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PLAN = Plan((Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.arange(100.0))),), sample=10)
HOURS = [Window(n, f"w{n}", NOW + timedelta(hours=n), NOW + timedelta(hours=n + 1)) for n in range(4)]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Four windows that drifted and were judged, each for a reason of its own."""
    found = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with found.writing() as tx:
        for n, window in enumerate(HOURS):
            times = {"changed": NOW, "counted": NOW, "judged": NOW, "verdict": "drifted", "reason": ""}
            about = {"label": window.label, "cut": pack_window(window), "position": n, "rows": 0, "revision": 1, "stale": False, "way": "w"}
            tx.execute(windows.insert().values(id=n, monitor_id=1, **about, **times, judged_revision=1, judged_version=1))
            report = {"windows": [{"segment": "a"}, {"segment": None, "diagnosis": [f"cause {n}"], "columns": ["many"]}]}
            said = {"version": 1, "revision": 1, "label": window.label, "position": n, "rows": 0, "verdict": "drifted", "reason": ""}
            tx.execute(verdicts.insert().values(monitor_id=1, window_id=n, **said, created=NOW, report=pack(report)))
            tx.execute(profiles.insert().values(window_id=n, way="w", segment="", rows=0, body=press(Profile.empty(PLAN))))
    return found


def pack_window(window: Window) -> str:
    """As the ledger writes it."""
    return json.dumps(window_to_dict(window))


def read(told: Any, window: Window) -> Any:
    """A window of a report's JSON."""
    return SimpleNamespace(window=window, diagnosis=tuple(told["diagnosis"]), columns=told["columns"])


def test_windows_that_are_not_due_are_remembered(database: Database) -> None:
    """Why those before drifted, and those after as a whole; of those that are due nothing that was said before counts."""
    report: Any = SimpleNamespace(windows=[SimpleNamespace(segment=None, verdict=Verdict.DRIFTED, window=one) for one in HOURS[:3]])
    usual: dict[str, Any] = {"rows": 1, "whole": None, "revision": 2, "stale": False, "way": "w", "changed": NOW, "counted": NOW}
    due = [Standing(id=2, window=HOURS[2], judged_revision=1, **usual)]
    recall = Recall(database, read)
    for _ in range(2):
        found = recall.recall(1, report, due, PLAN, "w")
        assert found.diagnoses == {HOURS[0]: ("cause 0",), HOURS[1]: ("cause 1",)}
        assert [(window.window.label, window.columns, profile.rows) for window, profile in found.later] == [("w3", ["many"], 0)]
    assert recall.recall(2, report, due, PLAN, "w").later == ()


def test_the_past_is_what_was_done(database: Database) -> None:
    """Every training that was begun, with what it answered; the model in service is the last that was released."""
    said = {"actor": "ann", "request": "{}", "state": "released", "sentence": "", "run": "", "challenger": "1"}
    usual = {"monitor_id": 1, **said, "changed": NOW}
    later = NOW + timedelta(days=9)
    with database.writing() as tx:
        assert past(tx, 1).retrains == ()
        tx.execute(trainings.insert().values(decision_id=1, began=NOW, since="w1", deployed=later, **usual))
        tx.execute(trainings.insert().values(decision_id=2, began=later, since="", **usual))
        found = past(tx, 1)
    assert (found.retrains, found.answered) == ((NOW, later), ("w1", ""))
    assert (found.trained, found.deployed, found.previous) == (NOW, later, True)
