"""The user's own training program in a backtest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from driftline.errors import DataError
from driftline.training.order import Recipe
from driftline.training.program import Program

if TYPE_CHECKING:
    from pathlib import Path

TRAIN = """
import os, pathlib, numpy as np, pyarrow.parquet as pq
rows = pq.read_table(os.environ["DRIFTLINE_ROWS"])
mean = np.average(rows["y"].to_numpy(), weights=rows["driftline_weight"].to_numpy())
pathlib.Path(os.environ["DRIFTLINE_OUTPUT"], "model").write_text(str(mean))
"""
SCORE = """
import os, pathlib, pyarrow as pa, pyarrow.parquet as pq
rows = pq.read_table(os.environ["DRIFTLINE_ROWS"])
mean = float(pathlib.Path(os.environ["DRIFTLINE_MODEL"], "model").read_text())
pq.write_table(pa.table({"score": [mean] * rows.num_rows}), pathlib.Path(os.environ["DRIFTLINE_OUTPUT"], "answers.parquet"))
"""


def program(place: Path, train: str) -> Program:
    """A program of two scripts."""
    return Program(Recipe(command=(sys.executable, "-c", train)), Recipe(command=(sys.executable, "-c", SCORE)), place, lambda _: None)


def test_it_is_trained_on_weighted_rows_and_asked(tmp_path: Path) -> None:
    """What it learnt from the rows and their weights is what it says of others."""
    rows = pa.table({"y": [0.0, 1.0]})
    told = program(tmp_path / "work", TRAIN).scores(rows, np.array([0.0, 1.0]), np.array([3.0, 1.0]), pa.table({"y": [None, None, None]}))
    assert told.tolist() == [0.25] * 3


@pytest.mark.parametrize("train", ["raise SystemExit(3)", "pass"], ids=["fails", "writes nothing"])
def test_a_program_that_leaves_no_model_is_told(tmp_path: Path, train: str) -> None:
    """A backtest does not go on with half a model."""
    with pytest.raises(DataError, match="left no model"):
        program(tmp_path / "work", train).scores(pa.table({"y": [1.0]}), np.ones(1), np.ones(1), pa.table({"y": [1.0]}))
