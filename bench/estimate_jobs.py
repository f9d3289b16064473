"""NannyML's estimates of performance, in its own environment: Parquet in, one value a window and metric out, as JSON.

`bench/bench_estimate.py` starts it.
"""

from __future__ import annotations

import json
import sys
import time

import nannyml
import pandas as pd

NAMES = {"roc_auc_macro": "roc_auc", "f1_macro": "f1"}


def main(folder: str, about: str) -> None:
    """Estimate, and say what it took."""
    told = json.loads(about)
    # Its models take texts as objects only.
    pd.set_option("future.infer_string", False)  # noqa: FBT003  pandas' own way
    reference, current = (pd.read_parquet(f"{folder}/{part}.parquet") for part in ("reference", "current"))
    for table in (reference, current):
        for column in table.select_dtypes(exclude=["number", "bool"]):
            table[column] = table[column].astype(object)
    metrics = [NAMES.get(metric, metric) for metric in told["metrics"]]
    current = current.drop(columns=told["label"])
    begun = time.process_time()
    if told["scores"]:
        many = len(told["scores"]) > 1
        scores = {score.removeprefix("y_pred_proba_"): score for score in told["scores"]} if many else told["scores"][0]
        problem = "classification_multiclass" if many else "classification_binary"
        common = {"y_true": told["label"], "y_pred": told["said"], "y_pred_proba": scores, "problem_type": problem}
        found = nannyml.CBPE(**common, metrics=metrics, chunk_size=told["rows"]).fit(reference).estimate(current)
    else:
        features = [column for column in reference if column not in {told["label"], told["said"]}]
        common = {"feature_column_names": features, "y_true": told["label"], "y_pred": told["said"]}
        found = nannyml.DLE(**common, metrics=metrics, chunk_size=told["rows"]).fit(reference).estimate(current)
    spent = time.process_time() - begun
    frame = found.filter(period="analysis").to_df()
    values = {metric: frame[(name, "value")].tolist() for metric, name in zip(told["metrics"], metrics, strict=True)}
    print(json.dumps({"values": values, "cpu": spent}))


if __name__ == "__main__":
    main(*sys.argv[1:])
