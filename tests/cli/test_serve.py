"""`driftline serve`: its flags become settings; tests/server/test_serving.py starts it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.server import serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_flags_become_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them; without a scheduler there is no interval."""
    seen: list[Any] = []
    monkeypatch.setattr(serving, "serve", lambda settings, say: seen.append(settings))
    monkeypatch.setattr("driftline.server.logs.log_to_stderr", lambda: None)
    place = ["--data", str(tmp_path), "--store", "postgresql://x", "--host", "::1", "--port", "0", "--rate", "5", "--lateness", "3"]
    assert CliRunner().invoke(main, ["serve", *place, "--interval", "2", "--monitors", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, ["serve", "--no-scheduler"]).exit_code == 0
    one, two = seen
    assert (one.data, one.store, one.host, one.port, one.per_second, one.monitors) == (tmp_path, "postgresql://x", "::1", 0, 5.0, tmp_path)
    assert (one.interval, one.pace.lateness, two.interval, two.port) == (timedelta(seconds=2), timedelta(minutes=3), None, 8321)
