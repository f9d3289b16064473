"""What one library flags by default on a stream, day by day, in that library's own environment: Parquet in, flags as JSON out.

`bench/bench_messages.py` starts it. A flag is a day, what is flagged on it, and which of the library's checks says so.
"""
# ruff: noqa: PLC0415  each library is there in its own environment only

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Flag = tuple[str, str, str]


def main(peer: str, place: str, names: str) -> None:
    """Print the flags. `names` are the columns that are watched."""
    before, after = frames(Path(place))
    print(json.dumps(list(JOBS[peer](before, after, names.split(",")))))


def frames(place: Path) -> tuple[Any, Any]:
    """The reference and the stream with their labels, in the order of time."""
    import pandas as pd

    labels = pd.read_parquet(place / "labels.parquet").drop_duplicates("transaction_id", keep="last")
    found = []
    for path in (place / "reference.parquet", place / "data"):
        rows = pd.read_parquet(path).merge(labels[["transaction_id", "is_fraud"]], on="transaction_id", how="left")
        found.append(rows.assign(day=rows["ts"].dt.strftime("%Y-%m-%d")).sort_values("ts"))
    return found[0], found[1]


def nannyml(before: Any, after: Any, names: list[str]) -> Iterator[Flag]:
    """Drift of every column by Jensen-Shannon distance, realised and estimated performance; thresholds as they come."""
    import nannyml as nml

    for frame in (before, after):
        frame["ts"] = frame["ts"].dt.tz_localize(None)
        for name in names:
            if frame[name].dtype == bool or str(frame[name].dtype) in {"str", "string"}:
                frame[name] = frame[name].astype(str).astype("category")
    drift = nml.UnivariateDriftCalculator(column_names=names, timestamp_column_name="ts", chunk_period="D").fit(before).calculate(after)
    yield from flagged(drift, names, "drift")
    given = {"y_pred_proba": "model_score", "y_pred": "model_pred", "y_true": "is_fraud", "timestamp_column_name": "ts"}
    asked = {**given, "problem_type": "classification_binary", "metrics": ["roc_auc"], "chunk_period": "D"}
    labelled = before.dropna(subset=["is_fraud"])
    estimated = nml.CBPE(**asked).fit(labelled).estimate(after)
    yield from flagged(estimated, ["roc_auc"], "estimated performance")
    realised = nml.PerformanceCalculator(**asked).fit(labelled).calculate(after.dropna(subset=["is_fraud"]))
    yield from flagged(realised, ["roc_auc"], "realised performance")


def flagged(result: Any, names: list[str], check: str) -> Iterator[Flag]:
    """Every window of a result, and what it has an alert for."""
    table = result.filter(period="analysis").to_df()
    days = next(table[key] for key in table.columns if key[-1] == "start_date")
    for name in names:
        alerts = next(table[key] for key in table.columns if name in key and key[-1] == "alert")
        for day, alert in zip(days, alerts, strict=True):
            if alert:
                yield day.strftime("%Y-%m-%d"), name, check


def evidently(before: Any, after: Any, names: list[str]) -> Iterator[Flag]:
    """What `DataDriftPreset` decides, a day after another: its own choice of a test for each column, and the share of columns at 0.5.

    The tests are called as the preset calls them; its report, which takes nine tenths of its time, is not drawn.
    """
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    levels = {name for name in names if str(before[name].dtype) in {"object", "str", "string", "bool"}}
    for day, rows in after.groupby("day"):
        drifted = 0
        for name in names:
            kind = ColumnType.Categorical if name in levels else ColumnType.Numerical
            pair = [frame[name].astype(str) if name in levels else frame[name] for frame in (before, rows)]
            if get_stattest(*pair, kind, None)(*pair, kind, None).drifted:
                drifted += 1
                yield day, name, "drift of a column"
        if drifted >= len(names) / 2:
            yield day, "the data set", "drift of the data set"


JOBS: dict[str, Callable[[Any, Any, list[str]], Iterator[Flag]]] = {"nannyml": nannyml, "evidently": evidently}

if __name__ == "__main__":
    main(*sys.argv[1:])
