"""The user's own training program in a backtest: it reads Parquet, writes a model, and the model is asked about later rows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftline.errors import DataError
from driftline.training import call
from driftline.training.order import End
from driftline.training.runner import ended, supervised
from driftline.training.scoring import ask
from driftline.training.snapshot import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from driftline.training.order import Recipe

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Program:
    """Trains with one command and asks with another, each in a process with limits.

    Attributes:
        train: told `DRIFTLINE_ROWS`, a folder of Parquet files whose column `driftline_weight` says how heavy each row is, and
            `DRIFTLINE_OUTPUT`, where the model belongs.
        score: told `DRIFTLINE_ROWS`, `DRIFTLINE_MODEL` and `DRIFTLINE_OUTPUT`; writes `answers.parquet` there.
        place: a folder to work in.
        tell: is told the log.
    """

    train: Recipe
    score: Recipe
    place: Path
    tell: Callable[[str], None]

    @property
    def name(self) -> str:
        """By this results are kept."""
        return f"program {self.train.command} {self.train.call} {self.score.command} {self.score.call}"

    def scores(self, rows: pa.Table, truth: Floats, weights: Floats, asked: pa.Table) -> Floats:
        """Train on rows and score others; the rows carry their labels themselves.

        Raises:
            DataError: the program failed, or wrote something else.
        """
        del truth
        shutil.rmtree(self.place, ignore_errors=True)
        folders = {name: self.place / name for name in ("rows", "asked", "model", "run")}
        for folder in folders.values():
            folder.mkdir(parents=True)
        pq.write_table(rows.append_column(WEIGHT, pa.array(weights)), folders["rows"] / "rows-00000.parquet")
        pq.write_table(asked, folders["asked"] / "rows-00000.parquet")
        told = {call.ROWS: str(folders["rows"]), call.OUTPUT: str(folders["model"]), call.REASON: "a backtest", call.CHAMPION: ""}
        supervised(folders["run"], self.train, told, [], self.tell)
        end, why = ended(folders["run"])
        if end is not End.TRAINED or not any(folders["model"].iterdir()):
            raise DataError(
                f"the training program left no model: {why or 'it wrote nothing'}", hint=f"its log is in {str(folders['run'])!r}"
            )
        said = ask(folders["model"], folders["asked"], asked.num_rows, self.score, self.place / "answers", self.tell)
        answers = said.prediction if said.score is None else said.score
        return np.array([np.nan if one is None else float(one) for one in answers or []])
