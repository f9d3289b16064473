"""A shop whose models are one number: how much they look at x."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.config.specification import Specification, specify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PYTHON = shlex.quote(sys.executable)

TRAIN = """
import json, os
from pathlib import Path
Path(os.environ["DRIFTLINE_OUTPUT"], "weight").write_text(Path("weight").read_text())
Path(os.environ["DRIFTLINE_OUTPUT"], "signature.json").write_text(json.dumps({"inputs": {"x": "double"}}))
"""
SCORE = """
import os
from pathlib import Path
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
weight = float(Path(os.environ["DRIFTLINE_MODEL"], "weight").read_text())
rows = pq.read_table(os.environ["DRIFTLINE_ROWS"])
assert not {"label", "score"} & set(rows.column_names)
noise = np.random.default_rng(1).normal(size=rows.num_rows)
score = 1 / (1 + np.exp(-(weight * rows["x"].to_numpy() + (2 - weight) * noise)))
answers = pa.table({"score": score, "latency": np.full(rows.num_rows, 0.002)})
pq.write_table(answers, Path(os.environ["DRIFTLINE_OUTPUT"], "answers.parquet"))
"""


def rows(seed: int = 0, days: int = 20, a_day: int = 500) -> pa.Table:
    """Days of requests to a model that looks at x as it should."""
    rng = np.random.default_rng(seed)
    count = days * a_day
    ts = np.datetime64("2026-03-01", "ms") + (np.arange(count) * (86_400_000 // a_day)).astype("timedelta64[ms]")
    x = rng.normal(size=count)
    label = (rng.random(count) < 1 / (1 + np.exp(-2 * x))).astype(int)
    score = 1 / (1 + np.exp(-2 * x))
    return pa.table(
        {"ts": ts, "id": np.arange(count).astype(str), "x": x, "country": rng.choice(["de", "fr"], count), "label": label, "score": score}
    )


SHOP: dict[str, Any] = {
    "monitor": "shop",
    "task": "binary",
    "reference": "rows.parquet",
    "current": "rows.parquet",
    "columns": {"timestamp": "ts", "id": "id", "label": "label", "score": "score"},
    "segments": ["country"],
    "training": {"command": f"{PYTHON} train.py", "score": f"{PYTHON} score.py"},
    "gate": {"metric": "roc_auc", "margin": 0.02},
    "performance": {"value": {"true_positive": 10, "false_positive": -5, "false_negative": -10, "currency": "EUR"}},
}


def opened(directory: Path, weight: float = 2.0, **settings: Any) -> Specification:
    """The shop's files in a directory, and its monitor."""
    pq.write_table(rows(), directory / "rows.parquet")
    (directory / "train.py").write_text(TRAIN)
    (directory / "score.py").write_text(SCORE)
    (directory / "weight").write_text(str(weight))
    return specify({**SHOP, **settings}, {}, directory=directory)


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Specification]:
    """Writes the shop's files, and reads its monitor with other settings where they are given."""
    return partial(opened, tmp_path)


@pytest.fixture(scope="session")
def shop_in() -> Callable[..., Specification]:
    """Writes the shop's files into a directory."""
    return opened


@pytest.fixture
def shop_settings() -> dict[str, Any]:
    """The shop's settings."""
    return SHOP
