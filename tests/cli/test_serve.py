"""`driftline serve`: its flags become settings; tests/server/test_serving.py starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.server import serving

if TYPE_CHECKING:
    import pytest

SRC = str(Path(__file__).parents[2] / "src")
POOL = """
import sys
from click.testing import CliRunner
from driftline.cli.main import main

# An address that no machine has: it ends when all is loaded.
print(CliRunner().invoke(main, ["serve", "--data", sys.argv[1], "--host", "203.0.113.1"]).output.strip())
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""


def test_flags_become_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them; without a scheduler there is no interval."""
    seen: list[Any] = []
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "mimalloc")
    monkeypatch.setattr(serving, "serve", lambda settings, say: seen.append(settings))
    monkeypatch.setattr("driftline.server.logs.log_to_stderr", lambda: None)
    place = ["--data", str(tmp_path), "--store", "postgresql://x", "--host", "::1", "--port", "0", "--rate", "5", "--lateness", "3"]
    assert CliRunner().invoke(main, ["serve", *place, "--interval", "2", "--monitors", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, ["serve", "--no-scheduler"]).exit_code == 0
    one, two = seen
    assert (one.data, one.store, one.host, one.port, one.per_second, one.monitors) == (tmp_path, "postgresql://x", "::1", 0, 5.0, tmp_path)
    assert (one.interval, one.pace.lateness, two.interval, two.port) == (timedelta(seconds=2), timedelta(minutes=3), None, 8321)


def test_arrow_takes_memory_where_it_is_given_back(tmp_path: Path) -> None:
    """From the C library, while the service runs, unless somebody wants another allocator."""
    environ = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"} | {"PYTHONPATH": SRC}
    for wanted, expected in (({}, "system"), ({"ARROW_DEFAULT_MEMORY_POOL": "mimalloc"}, "mimalloc")):
        done = subprocess.run(
            [sys.executable, "-c", POOL, str(tmp_path)], env={**environ, **wanted}, capture_output=True, text=True, check=True
        )
        assert "cannot be listened at" in done.stdout
        assert done.stdout.splitlines()[-1] == expected
