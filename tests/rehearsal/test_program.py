"""The demo's model as processes: it trains, answers rows, and serves the same answers over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftline.rehearsal import program
from driftline.rehearsal.servers import model_server


def payments(rows: int) -> pa.Table:
    """Payments of which the large ones are fraud."""
    dice = np.random.default_rng(0)
    numbers = {name: dice.random(rows) for name in program.NUMBERS}
    texts = {name: dice.choice(["a", "pos"], rows) for name in program.TEXTS}
    return pa.table({**texts, **numbers, "is_fraud": (numbers["amount"] > 0.8).astype(np.int8)})


def test_it_trains_scores_and_serves_the_same(tmp_path: Path) -> None:
    """What it says of rows in a folder is what it says over HTTP, and it catches what it learnt."""
    own = shutil.copyfile(program.__file__, tmp_path / "model.py")
    for name in ("rows", "model", "answers"):
        (tmp_path / name).mkdir()
    table = payments(600)
    pq.write_table(table, tmp_path / "rows" / "rows-00000.parquet")
    told = {"DRIFTLINE_ROWS": "rows", "DRIFTLINE_OUTPUT": "model"}
    subprocess.run([sys.executable, own, "train"], cwd=tmp_path, env={**os.environ, **told}, check=True, capture_output=True)
    told = {"DRIFTLINE_ROWS": "rows", "DRIFTLINE_OUTPUT": "answers", "DRIFTLINE_MODEL": "model"}
    subprocess.run([sys.executable, own, "score"], cwd=tmp_path, env={**os.environ, **told}, check=True, capture_output=True)
    answers = pq.read_table(tmp_path / "answers" / "answers.parquet")
    assert np.mean(answers["prediction"].to_numpy() == table["is_fraud"].to_numpy()) > 0.95
    with model_server(Path(own), tmp_path / "model") as url:
        body = json.dumps({"dataframe_records": table.slice(0, 20).to_pylist()}).encode()
        with urlopen(Request(f"{url}/invocations", body, {"content-type": "application/json"}), timeout=30) as answer:
            said = json.load(answer)["predictions"]
        assert [one["score"] for one in said] == answers["score"].to_pylist()[:20]


def test_many_are_answered_at_once_without_a_warning(tmp_path: Path) -> None:
    """What answers many at once in threads says nothing but the answers, and the same to all."""
    asked = """
import sys, warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import pyarrow.parquet as pq
import model
sys.setswitchinterval(1e-5)
rows = pq.read_table("rows").slice(0, 5).to_pydict()
served = model.Model(Path("model"))
served.answer(rows)
filters = list(warnings.filters)
with ThreadPoolExecutor(8) as threads:
    said = list(threads.map(lambda _: str(served.answer(rows)), range(2000)))
assert len(set(said)) == 1 and warnings.filters == filters
"""
    own = shutil.copyfile(program.__file__, tmp_path / "model.py")
    for name in ("rows", "model"):
        (tmp_path / name).mkdir()
    pq.write_table(payments(600), tmp_path / "rows" / "rows-00000.parquet")
    told = {"DRIFTLINE_ROWS": "rows", "DRIFTLINE_OUTPUT": "model", "OMP_NUM_THREADS": "1"}
    for command in ([own, "train"], ["-c", asked]):
        done = subprocess.run(
            [sys.executable, *map(str, command)], cwd=tmp_path, env={**os.environ, **told}, check=True, capture_output=True, text=True
        )
    assert done.stderr == ""
