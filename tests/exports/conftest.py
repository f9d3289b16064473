"""A monitor whose data arrived in another unit, driftline as an operator installs it, and programs in environments of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
SRC, INTEGRATIONS = ROOT / "src", ROOT / "integrations"


@pytest.fixture(scope="session")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitor whose newest day arrived in another unit; `calm.yaml` is the same without that day."""
    place, dice = tmp_path_factory.mktemp("monitor"), np.random.default_rng(0)
    begin = datetime(2026, 3, 1, tzinfo=UTC)

    def days(first: int, count: int, factor: float) -> pa.Table:
        times = [begin + timedelta(days=first + i % count, seconds=int(dice.integers(86_000))) for i in range(800 * count)]
        return pa.table({"ts": times, "amount": dice.lognormal(size=800 * count) * factor, "kind": dice.choice(["a", "b"], 800 * count)})

    calm = days(20, 4, 1.0)
    pq.write_table(days(0, 20, 1.0), place / "reference.parquet")
    pq.write_table(calm, place / "calm.parquet")
    pq.write_table(pa.concat_tables([calm, days(24, 1, 100.0)]), place / "current.parquet")
    for name, current in (("driftline", "current"), ("calm", "calm")):
        (place / f"{name}.yaml").write_text(
            f"monitor: shop\nreference: reference.parquet\ncurrent: {current}.parquet\nwindow: day\ncolumns: {{timestamp: ts}}\n",
            encoding="utf-8",
        )
    # As an operator installs it: a command of its own, whatever the scheduler's environment is.
    command = place / "driftline"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{SRC}" exec "{sys.executable}" -m driftline "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return place


@pytest.fixture(scope="session")
def installed(environment: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds our package for a scheduler, and gives the folder it is installed in, for the scheduler's own interpreter."""

    def made(name: str) -> Path:
        home, uv = tmp_path_factory.mktemp(name), str(Path(sys.executable).with_name("uv"))
        shutil.copytree(INTEGRATIONS / name, home / "source", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
        # Its build needs nothing but setuptools, which is here.
        build = [uv, "build", "-q", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", str(home), str(home / "source")]
        subprocess.run(build, check=True, capture_output=True)
        (wheel,) = home.glob("*.whl")
        words = ["pip", "install", "-q", "--no-deps", "--python", str(environment(name)), "--target", str(home / "site"), str(wheel)]
        subprocess.run([uv, *words], check=True, capture_output=True)
        return home / "site"

    return made


def run(words: list[str], home: Path, extra: Mapping[str, str], code: int = 0) -> str:
    """Run a program of an environment of its own, with none of ours, that ends with a code; what it printed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COVERAGE"))}
    path = f"{Path(words[0]).parent}{os.pathsep}{kept['PATH']}"
    environ = {**kept, "PYTHONPATH": "", **extra, "PATH": path}
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=home, env=environ, timeout=900)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def ran() -> Callable[..., str]:
    """Runs a program of an environment of its own."""
    return run
