from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from driftline.store.database import Database
from driftline.store.decided import decisions, trainings
from driftline.store.happenings import Happenings
from driftline.store.tables import incidents, versions

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_everything_that_happened_is_told_the_newest_first(tmp_path: Path) -> None:
    """Incidents, decisions that begin something, trainings and what they released, new settings; what another monitor did is not."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    at = [NOW + timedelta(hours=n) for n in range(9)]
    about = {
        "window_id": 1,
        "label": "w",
        "position": 0,
        "version": 1,
        "digest": "",
        "rule": "",
        "consent": "",
        "reason": "worse",
        "body": b"",
        "state": "open",
    }
    asked = {
        "actor": "anna",
        "since": "",
        "request": "{}",
        "state": "done",
        "sentence": "it is better",
        "run": "",
        "challenger": "7",
        "stopping": False,
    }
    told = {"window": "w", "tier": 1, "subject": "it drifted", "body": "", "members": "[]"}
    with database.writing() as tx:
        for monitor in (1, 2):
            tx.execute(incidents.insert().values(monitor_id=monitor, number=1, opened=at[0], changed=at[0], **told))
        for number, (action, begins) in enumerate([("retrain", True), ("retrain", False), ("hold", True)]):
            tx.execute(decisions.insert().values(monitor_id=1, number=number, made=at[1], action=action, begins=begins, **about))
        tx.execute(trainings.insert().values(monitor_id=1, decision_id=1, began=at[2], changed=at[3], deployed=at[3], **asked))
        for version in (1, 2):
            tx.execute(
                versions.insert().values(monitor_id=1, version=version, yaml="", directory="", digest="", author="bob", created=at[4])
            )
    found = [(one.kind, one.what, one.window) for one in Happenings(database).of(1)]
    assert found == [
        ("settings", "settings, version 2", None),
        ("rollout", "version 7 was released", None),
        ("training", "retrained: it is better", None),
        ("decision", "retrain: worse", "w"),
        ("alert", "it drifted", "w"),
    ]
