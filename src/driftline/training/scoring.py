"""Asks a trained model about rows, in a process with limits, and reads what it says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from driftline.errors import DataError
from driftline.lock import held
from driftline.training import call
from driftline.training.order import End
from driftline.training.runner import ended, supervised

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driftline.training.order import Recipe

ANSWERS = "answers.parquet"
SCORE, PREDICTION, LATENCY = "score", "prediction", "latency"
"""Columns of the answers: a probability or number, what was chosen, and seconds it took."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a model said of rows, in their order.

    Attributes:
        score: what it scored, as it wrote it; None where it scores nothing.
        prediction: what it chose; None where it chooses nothing.
        latency: seconds; None where they were not measured.
    """

    score: list[Any] | None
    prediction: list[Any] | None
    latency: list[Any] | None


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
        UnderWay: it is being asked already.
    """
    # One that outlived whoever began it still writes there: its processes hold the lock.
    with held(place.with_name(f"{place.name}.lock"), f"asking the model in {str(model)!r}") as lock:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        told = {call.ROWS: str(rows.resolve()), call.MODEL: str(model.resolve()), call.OUTPUT: str(place.resolve())}
        supervised(place, recipe, told, [lock], tell)
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
    return Said(*(table[name].to_pylist() if name in names else None for name in (SCORE, PREDICTION, LATENCY)))
