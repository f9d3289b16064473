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

SELDOM = {"scipy.stats", "scipy.optimize", "scipy.linalg"}


def run(code: str) -> str:
    """Run code in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_loads_nothing_heavy() -> None:
    """`import driftline` loads no third-party library."""
    assert run(f"import sys, driftline; print(*{HEAVY!r} & set(sys.modules))").split() == []


def test_comparing_loads_no_more_of_scipy_than_it_uses() -> None:
    """Of SciPy statistics and optimisation are loaded when first used: 40 MB and half a second that most checks do without."""
    code = f"import sys, driftline; driftline.compare({{'x': range(99)}}, {{'x': range(99)}}); print(*{SELDOM!r} & set(sys.modules))"
    assert run(code).split() == []


def test_importing_is_quick() -> None:
    """`import driftline` takes less than 150 ms of a processor (the best of five, since machines are busy)."""
    code = "import time; begin = time.process_time(); import driftline; print(time.process_time() - begin)"
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


NO_PANDAS = """
import sys

class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {"pandas", "polars", "sklearn", "sqlalchemy", "duckdb"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hidden())
import datetime as dt
import numpy as np, pyarrow as pa
from pyarrow import csv, parquet
import driftline as dl

rng, rows = np.random.default_rng(5), 4000
start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

def made(mean):
    return pa.table({
        "at": pa.array([start + dt.timedelta(minutes=i) for i in range(rows)]), "day": pa.array([start.date()] * rows),
        "x": rng.normal(mean, 1, rows), "small": rng.normal(0, 1, rows).astype(np.float32), "n": rng.integers(0, 9, rows),
        "b": rng.random(rows) < 0.5, "c": pa.array(rng.choice(["a", "b"], rows)),
        "d": pa.array(rng.choice(["a", "b"], rows)).dictionary_encode(),
    })

before, after = made(0.0), made(1.0)
print([column.name for column in dl.compare(before, after).windows[0].columns if column.verdict == "drifted"])
for writer, kind in ((parquet.write_table, "parquet"), (csv.write_csv, "csv")):
    for name, table in (("before", before), ("after", after)):
        writer(table, f"{sys.argv[1]}/{name}.{kind}")
    report = dl.compare(*(f"{sys.argv[1]}/{name}.{kind}" for name in ("before", "after")))
    print(sorted({column.name for window in report.windows for column in window.columns if column.verdict == "drifted"}))
    assert "drifted" in report.to_html()
"""


def test_a_base_installation_needs_no_frames(tmp_path: Path) -> None:
    """Tables, Parquet and CSV are compared where none of the libraries is there that only the extras bring."""
    ran = subprocess.run([sys.executable, "-c", NO_PANDAS, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ["['x']"] * 3, ran.stderr
