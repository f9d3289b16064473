"""Asking a trained model about rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.errors import DataError, StateError
from driftline.lock import held
from driftline.training.order import Recipe
from driftline.training.scoring import ANSWERS, answers, ask

if TYPE_CHECKING:
    from pathlib import Path

SCORE = """
import os
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
factor = float((Path(os.environ["DRIFTLINE_MODEL"]) / "factor").read_text())
rows = pq.read_table(os.environ["DRIFTLINE_ROWS"])
score = [None if x > 3 else x * factor for x in rows["x"].to_pylist()]
table = pa.table({"score": score, "prediction": ["a"] * len(score), "latency": [0.01] * len(score)})
pq.write_table(table, Path(os.environ["DRIFTLINE_OUTPUT"]) / "answers.parquet")
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A model and some rows."""
    for name in ("model", "rows"):
        (tmp_path / name).mkdir()
    (tmp_path / "model" / "factor").write_text("0.5")
    pq.write_table(pa.table({"x": [1.0, 2.0, 4.0]}), tmp_path / "rows" / "rows-00000.parquet")
    return tmp_path


def test_a_model_answers_row_by_row(place: Path) -> None:
    """Scores, choices and latencies come in the order of the rows; what was not answered is not a number."""
    recipe = Recipe(command=(sys.executable, "-c", SCORE), directory=str(place))
    said = ask(place / "model", place / "rows", 3, recipe, place / "out", lambda _: None)
    assert said.score == [0.5, 1.0, None]
    assert said.prediction == ["a", "a", "a"]
    assert said.latency == [0.01] * 3


def test_a_model_that_cannot_answer_says_why(place: Path) -> None:
    """How its process ended is in the message."""
    recipe = Recipe(command=(sys.executable, "-c", "raise SystemExit('no weights')"), directory=str(place))
    with pytest.raises(DataError, match="did not answer: it ended with code 1: no weights"):
        ask(place / "model", place / "rows", 3, recipe, place / "out", lambda _: None)


@pytest.mark.parametrize(
    ("table", "said"),
    [({"score": [1.0]}, "1 answers to 3 rows"), ({"x": [1, 2, 3]}, "neither a column score"), (None, "there are no answers")],
)
def test_answers_that_do_not_fit_are_refused(tmp_path: Path, table: dict[str, list[float]] | None, said: str) -> None:
    """One answer a row, in columns that are known."""
    if table is not None:
        pq.write_table(pa.table(table), tmp_path / ANSWERS)
    with pytest.raises(DataError, match=said):
        answers(tmp_path / ANSWERS, 3)


def test_what_is_not_said_is_none(tmp_path: Path) -> None:
    """A model may only choose, and need not measure its time."""
    pq.write_table(pa.table({"prediction": ["a", "b", "a"]}), tmp_path / ANSWERS)
    said = answers(tmp_path / ANSWERS, 3)
    assert (said.score, said.prediction, said.latency) == (None, ["a", "b", "a"], None)


def test_one_that_outlived_whoever_asked_is_waited_for(place: Path) -> None:
    """While its processes hold the place, nobody else empties it; when they are gone, it is asked again."""
    recipe = Recipe(command=(sys.executable, "-c", SCORE), directory=str(place))
    with held(place / "out.lock", "asking"), pytest.raises(StateError, match="is under way"):
        ask(place / "model", place / "rows", 3, recipe, place / "out", lambda _: None)
    assert ask(place / "model", place / "rows", 3, recipe, place / "out", lambda _: None).score == [0.5, 1.0, None]
