"""What requests and answers say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.gateway.speech import empty, outputs_of, rows_of

TWO = [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]
TENSORS = {"inputs": [{"name": "x", "shape": [2], "datatype": "INT64", "data": [1, 2]}, {"name": "y", "shape": [2, 1], "data": ["a", "b"]}]}


@pytest.mark.parametrize(
    ("path", "said", "rows"),
    [
        ("/v2/models/m/infer", TENSORS, TWO),
        (
            "/v2/models/m/infer",
            {"inputs": [{"name": "x", "shape": [2, 2], "data": [1, 2, 3, 4]}]},
            [{"x_0": 1, "x_1": 2}, {"x_0": 3, "x_1": 4}],
        ),
        ("/v2/models/m/infer", {"inputs": [{"name": "x", "shape": [1, 2], "data": [[1, 2]]}]}, [{"x_0": 1, "x_1": 2}]),
        ("/invocations", {"dataframe_split": {"columns": ["x", "y"], "data": [[1, "a"], [2, "b"]]}}, TWO),
        ("/invocations", {"dataframe_records": TWO}, TWO),
        ("/invocations", {"inputs": {"x": [1, 2], "y": ["a", "b"]}}, TWO),
        ("/invocations", {"instances": [[1, 2]]}, [{"x_0": 1, "x_1": 2}]),
        ("/predict", TWO[0], TWO[:1]),
        ("/predict", TWO, TWO),
        ("/predict", {"rows": TWO}, TWO),
        ("/predict", 3, [{"value": 3}]),
    ],
)
def test_requests_are_read_as_rows(path: str, said: Any, rows: list[dict[str, Any]]) -> None:
    """Three ways of asking, the same rows."""
    assert rows_of(path, json.dumps(said).encode()) == rows


@pytest.mark.parametrize(
    ("said", "rows", "found"),
    [
        (
            {"outputs": [{"name": "p", "shape": [2], "data": [0.1, 0.9]}]},
            2,
            [{"prediction": 0.1, "score": 0.1}, {"prediction": 0.9, "score": 0.9}],
        ),
        ({"outputs": [{"name": "p", "shape": [2, 2], "data": [0.1, 0.9, 0.6, 0.4]}]}, 2, [{"score": 0.9}, {"score": 0.4}]),
        (
            {"outputs": [{"name": "score", "shape": [1], "data": [0.7]}, {"name": "prediction", "shape": [1], "data": ["yes"]}]},
            1,
            [{"prediction": "yes", "score": 0.7}],
        ),
        ({"predictions": [1, 0]}, 2, [{"prediction": 1, "score": 1.0}, {"prediction": 0, "score": 0.0}]),
        ({"predictions": ["a"]}, 1, [{"prediction": "a"}]),
        ({"score": 0.2}, 1, [{"score": 0.2}]),
        ({"predict": 1, "predict_proba": [0.3, 0.7]}, 1, [{"prediction": 1, "score": 0.7}]),
        ([0.5], 1, [{"prediction": 0.5, "score": 0.5}]),
        ({"predictions": [1]}, 2, None),
        ({"error": "no"}, 1, None),
        ({"outputs": [{"name": "p", "data": None}]}, 1, None),
    ],
)
def test_answers_are_read_row_by_row(said: Any, rows: int, found: Any) -> None:
    """Every way of answering gives prediction and score; what is no answer to so many rows is none."""
    assert outputs_of(json.dumps(said).encode(), rows) == found


@given(
    body=st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(
        lambda one: json.dumps(one).encode()
    )
)
def test_no_answer_breaks_the_reader(body: bytes) -> None:
    """Whatever a model server says, it is an answer or it is none."""
    found = outputs_of(body, 1)
    assert found is None or len(found) == 1


def test_rubbish_is_no_request() -> None:
    """What is no JSON, or asks about nothing, is refused."""
    for path, body in (("/predict", b"{"), ("/invocations", b"{}"), ("/v2/models/m/infer", b"[]")):
        with pytest.raises(ValueError, match=r"."):
            rows_of(path, body)


def test_nothing_is_empty() -> None:
    """A null, a not-a-number and an answer without a value are nulls; a zero is a value."""
    assert [empty(one) for one in ({"score": None}, {"score": float("nan")}, {}, {"score": 0.0}, {"prediction": "", "score": None})] == [
        True,
        True,
        True,
        False,
        False,
    ]
