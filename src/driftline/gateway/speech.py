"""What requests and answers say: the Open Inference Protocol, MLflow's invocations, and plain JSON, as rows and outputs."""

from __future__ import annotations

import json
import math
from typing import Any

Rows = list[dict[str, Any]]


def rows_of(path: str, body: bytes) -> Rows:
    """The rows that a request asks about.

    Raises:
        ValueError: the body is no JSON.
    """
    said = json.loads(body)
    if path.endswith("/infer"):
        return _tensors(said)
    if path.endswith("/invocations"):
        return _frame(said)
    match said:
        case list():
            return [row if isinstance(row, dict) else _numbered(row) for row in said]
        case {"rows": list(rows)} | {"instances": list(rows)} | {"inputs": list(rows)}:
            return [row if isinstance(row, dict) else _numbered(row) for row in rows]
        case dict():
            return [said]
    return [{"value": said}]


def outputs_of(body: bytes, rows: int) -> list[dict[str, Any]] | None:
    """What an answer says of each row, as `prediction` and `score`; None where it is no answer to so many rows."""
    try:
        found = _outputs(json.loads(body))
    except ValueError:
        return None
    return None if found is None or len(found) != rows else [_read(one) for one in found]


def empty(output: dict[str, Any]) -> bool:
    """Whether an output is no value."""
    return all(value is None or (isinstance(value, float) and math.isnan(value)) for value in output.values())


def _tensors(said: Any) -> Rows:
    """Inputs of the Open Inference Protocol: each a column, or one matrix whose columns are numbered."""
    if not isinstance(said, dict) or not isinstance(said.get("inputs"), list):
        raise ValueError("there are no inputs")  # noqa: TRY004  what is wrong is the text, not the type of an argument
    columns: dict[str, list[Any]] = {}
    for tensor in said["inputs"]:
        name, shape, data = str(tensor.get("name")), list(tensor.get("shape", ())), tensor.get("data")
        if not isinstance(data, list):
            continue
        wide = math.prod(shape[1:]) if len(shape) > 1 else 1
        flat = [one for row in data for one in row] if data and isinstance(data[0], list) else data
        for place in range(wide):
            columns[name if wide == 1 else f"{name}_{place}"] = flat[place::wide]
    count = max((len(values) for values in columns.values()), default=0)
    return [{name: values[row] for name, values in columns.items() if row < len(values)} for row in range(count)]


def _frame(said: Any) -> Rows:
    """What MLflow's scoring server takes."""
    match said:
        case {"dataframe_split": {"columns": columns, "data": data}}:
            return [dict(zip(map(str, columns), row, strict=False)) for row in data]
        case {"dataframe_records": list(rows)} | {"instances": list(rows)} | {"inputs": list(rows)}:
            return [row if isinstance(row, dict) else _numbered(row) for row in rows]
        case {"inputs": dict(columns)} if columns and all(isinstance(values, list) for values in columns.values()):
            count = min(len(values) for values in columns.values())
            return [{name: values[row] for name, values in columns.items()} for row in range(count)]
    raise ValueError("there are no rows")


def _outputs(said: Any) -> list[Any] | None:
    match said:
        case {"outputs": list(tensors)} if tensors and all(isinstance(one, dict) for one in tensors):
            return _of_tensors(tensors)
        case {"predictions": list(found)} | {"outputs": list(found)} | list(found):
            return found
        case {"error": _} | {"detail": _}:
            return None
        case dict():
            return [said]
        case int() | float() | str() | None:
            return [said]
    return None


def _of_tensors(tensors: list[dict[str, Any]]) -> list[Any] | None:
    """Outputs of the Open Inference Protocol, row by row, each called as the tensor."""
    found: dict[str, list[Any]] = {}
    for tensor in tensors:
        data, shape = tensor.get("data"), tensor.get("shape") or [0]
        if not isinstance(data, list) or not isinstance(shape[0], int):
            return None
        wide = len(data) // shape[0] if shape[0] else 1
        nested = bool(data) and isinstance(data[0], list)
        found[str(tensor.get("name"))] = data if nested or wide <= 1 else [data[at : at + wide] for at in range(0, len(data), wide)]
    count = len(next(iter(found.values())))
    if len(found) == 1:
        return next(iter(found.values()))
    return [{name: values[row] for name, values in found.items() if row < len(values)} for row in range(count)]


def _read(one: Any) -> dict[str, Any]:
    """An output as prediction and score."""
    match one:
        case {"score": _} | {"prediction": _}:
            return {key: one[key] for key in ("prediction", "score") if key in one}
        case {"predict_proba": found} | {"probabilities": found} | {"probability": found}:
            chosen = next((one[key] for key in ("predict", "label", "class") if key in one), None)
            return {"prediction": chosen, "score": _last(found)}
        case dict() if one:
            return _read(next(iter(one.values())))
        case list():
            return {"score": _last(one)}
        case int() | float() if not isinstance(one, bool):
            return {"prediction": one, "score": float(one)}
    return {"prediction": None if isinstance(one, dict) else one}


def _last(found: Any) -> Any:
    """Of probabilities of classes that of the last."""
    return found[-1] if isinstance(found, list) and found else found


def _numbered(row: Any) -> dict[str, Any]:
    return {f"x_{place}": value for place, value in enumerate(row)} if isinstance(row, list) else {"value": row}
