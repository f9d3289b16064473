"""The package's front door: what `import driftline` offers, and what it costs."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import driftline

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
HEAVY = {"numpy", "scipy", "pyarrow", "pydantic", "plotly", "rich", "click", "sqlalchemy", "yaml", "pandas", "polars"}


def run(code: str) -> str:
    """Run code in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_loads_nothing_heavy() -> None:
    """`import driftline` loads no third-party library."""
    assert run(f"import sys, driftline; print(*{HEAVY!r} & set(sys.modules))").split() == []


def test_importing_is_quick() -> None:
    """`import driftline` takes less than 150 ms (the best of five, since machines are busy)."""
    code = "import time; begin = time.perf_counter(); import driftline; print(time.perf_counter() - begin)"
    assert min(float(run(code)) for _ in range(5)) < 0.150


@pytest.mark.parametrize("name", driftline.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each name that `dir` shows can be had."""
    assert name in dir(driftline)
    assert getattr(driftline, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not there fails as with any module, so that hasattr works."""
    assert not hasattr(driftline, "conpare")
    with pytest.raises(AttributeError, match="'driftline' has no attribute 'conpare'"):
        _ = driftline.conpare


def test_the_version_is_the_one_in_pyproject() -> None:
    """One version, written once."""
    assert driftline.__version__ == tomllib.loads(PYPROJECT.read_text())["project"]["version"]
    assert driftline.__version__ == importlib.metadata.version("driftline")
