"""Asks a trained model about rows, in a process with limits, and reads what it says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from driftline.errors import DataError
from driftline.training import call
from driftline.training.order import End
from driftline.training.runner import ended, supervised

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from driftline.training.order import Recipe

ANSWERS = "answers.parquet"
SCORE, PREDICTION, LATENCY = "score", "prediction", "latency"
"""Columns of the answers: a probability or number, what was chosen, and seconds it took."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a model said of rows, in their order.

    Attributes:
        score: float64[n]; NaN where it said nothing.
        prediction: what it chose, as it wrote it; None where it chooses nothing.
        latency: float64[n], seconds; None where it was not measured.
    """

    score: NDArray[np.float64]
    prediction: list[object] | None
    latency: NDArray[np.float64] | None


def ask(model: Path, rows: Path, count: int, recipe: Recipe, place: Path, tell: Callable[[str], None]) -> Said:
    """Have a model answer.

    The recipe is told the rows, the model and a folder, and writes `answers.parquet` there: a row for each row, in order.

    Args:
        model: the model's folder.
        rows: a folder of Parquet files, to be read in the order of their names.
        count: how many rows there are.
        recipe: how it is asked.
        place: a folder for its log and its answers; emptied first.
        tell: is told the log.

    Raises:
        DataError: it failed, or wrote something else.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    told = {call.ROWS: str(rows.resolve()), call.MODEL: str(model.resolve()), call.OUTPUT: str(place.resolve())}
    supervised(place, recipe, told, [], tell)
    end, why = ended(place)
    if end is not End.TRAINED:
        raise DataError(f"the model in {str(model)!r} did not answer: {why}", hint=f"its log is in {str(place / 'log.txt')!r}")
    return answers(place / ANSWERS, count)


def answers(path: Path, count: int) -> Said:
    """Read answers.

    Raises:
        DataError: there are none, or not one for each row.
    """
    hint = "write one row of score, and of prediction where there is one, for each row, in order"
    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise DataError(f"there are no answers in {str(path)!r}: {error}", hint=hint) from error
    if table.num_rows != count:
        raise DataError(f"{str(path)!r} has {table.num_rows} answers to {count} rows", hint=hint)
    names = set(table.column_names)
    if not names & {SCORE, PREDICTION}:
        raise DataError(f"{str(path)!r} has neither a column score nor a column prediction", hint=hint)
    prediction = table[PREDICTION].to_pylist() if PREDICTION in names else None
    return Said(
        numbers(table[SCORE].to_pylist() if SCORE in names else prediction or []),
        prediction,
        numbers(table[LATENCY].to_pylist()) if LATENCY in names else None,
    )


def numbers(values: list[object]) -> NDArray[np.float64]:
    """Numbers; NaN for what is none.

    >>> numbers([1, "2.5", None, "x"])
    array([1. , 2.5, nan, nan])
    """
    return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever it is
    except (TypeError, ValueError):
        return float("nan")
