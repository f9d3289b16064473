"""Where conversations about incidents began, in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.store.database import Database
from driftline.store.threads import Threads

if TYPE_CHECKING:
    from pathlib import Path


def test_a_thread_is_known_by_its_channel_and_its_incident(tmp_path: Path) -> None:
    """Who opens the database later knows it; one that begins anew takes its place."""
    url = f"sqlite:///{tmp_path / 'd.db'}"
    Threads(Database(url))[("#ml", "payments/incident-1")] = "17.1"
    later = Threads(Database(url))
    assert later.get(("#ml", "payments/incident-1")) == "17.1"
    assert later.get(("#ops", "payments/incident-1")) is later.get(("#ml", "payments/incident-2")) is None
    later["#ml", "payments/incident-1"] = "18.2"
    assert later.get(("#ml", "payments/incident-1")) == "18.2"
