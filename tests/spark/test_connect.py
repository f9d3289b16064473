"""Spark Connect: a client that has no Java in it, and a server that counts: the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SRC = Path(__file__).parents[2] / "src"

CLIENT = """
import json, sys, warnings
import pyarrow as pa, pyarrow.parquet as pq
import numpy as np
from pyspark.sql import SparkSession

warnings.filterwarnings("ignore", category=FutureWarning)
place, settings = sys.argv[1], json.loads(sys.argv[2])
builder = SparkSession.builder.remote("local[2]")
for key, value in settings.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()

from driftline import wiring
from driftline.engines import count as local, fit as fitting
from driftline.monitor import ColumnHints, Monitor
from driftline.sources.opening import open_source
from driftline.spark import count as there
from driftline.spark.opening import is_frame, open_table
from driftline.spark.source import SparkSource
from driftline.window import Cadence, Windowing

dice = np.random.default_rng(1)
times = 1_760_000_000_000_000 + dice.integers(0, 3 * 86_400 * 10**6, 900)
rows = pa.table({"ts": pa.array(times).cast(pa.timestamp("us", tz="UTC")), "x.y": dice.normal(size=900), "c": dice.choice(["a", "b"], 900)})
pq.write_table(rows, place, row_group_size=300)
monitor = Monitor(windowing=Windowing(Cadence.DAY), hints=ColumnHints(segments=("c",)))
plan = fitting.fit(open_source(place), monitor)
wanted = local.count(plan, open_source(place), monitor.windowing, monitor.hints)
frame = spark.read.parquet(place)
frame.repartition(3).createOrReplaceTempView("rows")
found = [there.count(plan, source, monitor.windowing, monitor.hints) for source in (SparkSource(frame), open_table("spark://rows"))]
print(json.dumps({
    "kind": type(spark).__module__,
    "frame": is_frame(frame),
    "same": [list(one.profiles.items()) == list(wanted.profiles.items()) for one in found],
    "windows": len(wanted.profiles),
    "bins": there.fit(SparkSource(frame), monitor) == plan,
    "rows": sum(batch.num_rows for batch in SparkSource(frame).batches(["x.y"])),
}))
spark.stop()
"""


def test_a_client_gets_the_same_bytes(tmp_path: Path, spark_settings: dict[str, str]) -> None:
    """Frames and tables of a Connect session are counted where they lie, and give what the local engine gives."""
    pytest.importorskip("grpc", reason="pip install 'driftline[connect]'")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    program = tmp_path / "client.py"
    program.write_text(CLIENT, encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": f"{SRC}{os.pathsep}{os.environ.get('PYTHONPATH', '')}", "PYSPARK_PYTHON": sys.executable}
    words = [sys.executable, str(program), str(tmp_path / "rows.parquet"), json.dumps(spark_settings)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600, env=environ, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "kind": "pyspark.sql.connect.session",
        "frame": True,
        "same": [True, True],
        "windows": 12,
        "bins": True,
        "rows": 900,
    }
