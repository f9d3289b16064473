"""Health: live where the process answers, ready where it can work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.errors import OutsideError
from driftline.store.board import Board

if TYPE_CHECKING:
    import pytest


def test_live_and_ready(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database the process lives and is not ready; it says why, and when to ask again."""
    assert (api.get("/health/live").json(), api.get("/health/ready").json()) == ({"status": "live"}, {"status": "ready"})

    def gone(self: Board) -> bool:
        raise OutsideError("the database failed: it is gone")

    monkeypatch.setattr(Board, "answers", gone)
    answer = api.get("/health/ready")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "it is gone" in answer.json()["detail"]
    assert api.get("/health/live").status_code == 200
