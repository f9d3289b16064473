"""Which columns one library flags in each window of the same files, in that library's own environment: JSON out.

`bench/side_by_side.py` starts it, once for each library, setting and file. Nothing is imported before it is timed.
"""
# ruff: noqa: PLC0415  each library is there in its own environment only

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = 1000
"""Rows of a window."""

LEVEL = 0.05


def main(peer: str, setting: str, reference: str, current: str) -> None:
    """Import, compare window by window, and say what was flagged and what it took."""
    begun = cpu()
    for name in IMPORTS[peer]:
        import_module(name)
    imported = cpu()
    flagged = [sorted(map(str, window)) for window in JOBS[peer](setting, reference, current)]
    taken = {"cpu": cpu() - imported, "import_cpu": imported - begun}
    print(json.dumps({**taken, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "flagged": flagged}))


def cpu() -> float:
    """Processor seconds of this process and of those it has waited for."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def driftline(setting: str, reference: str, current: str) -> Iterator[set[str]]:
    """Defaults: one false alarm in 30 days over all columns; or a budget ten times as generous."""
    import driftline as dl

    budget = {"default": {}, "best": {"false_alarms": "1 in 90 days"}}[setting]
    report = dl.compare(reference, current, window={"rows": ROWS}, **budget)
    for window in report.windows:
        yield {column.name for column in window.columns if column.verdict == "drifted"}


def nannyml(setting: str, reference: str, current: str) -> Iterator[set[str]]:
    """Jensen-Shannon against three standard deviations of the reference's chunks; or Kolmogorov-Smirnov and L-infinity so."""
    import nannyml as nml

    methods = {"default": ("jensen_shannon", "jensen_shannon"), "best": ("kolmogorov_smirnov", "l_infinity")}[setting]
    before, after = frames(reference, current)
    calculator = nml.UnivariateDriftCalculator(
        column_names=list(before.columns), chunk_size=ROWS, continuous_methods=[methods[0]], categorical_methods=[methods[1]]
    )
    found = calculator.fit(before).calculate(after).filter(period="analysis").to_df()
    alerts = found.loc[:, [key for key in found.columns if key[-1] == "alert"]]
    for _, row in alerts.iterrows():
        yield {key[0] for key, value in row.items() if bool(value)}


def evidently(setting: str, reference: str, current: str) -> Iterator[set[str]]:
    """The drift preset once for each chunk; or Kolmogorov-Smirnov and chi-square at a level shared by all columns."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    before, after = frames(reference, current)
    threshold = LEVEL / before.shape[1]
    chosen = {
        "default": DataDriftPreset,
        "best": lambda: DataDriftPreset(num_method="ks", num_threshold=threshold, cat_method="chisquare", cat_threshold=threshold),
    }[setting]
    for chunk in chunks(after):
        found = Report([chosen()]).run(chunk, before).dict()
        yield {name for name, drifted in drifting(found["metrics"], threshold if setting == "best" else None) if drifted}


def drifting(metrics: list[dict[str, Any]], threshold: float | None) -> Iterator[tuple[str, bool]]:
    """Columns of an Evidently report, and whether their value passed the threshold that was used."""
    for metric in metrics:
        config = metric.get("config", {})
        if "ValueDrift" not in str(config.get("type", metric.get("metric_name", ""))):
            continue
        method, value = str(config.get("method", "")), float(metric["value"])
        limit = threshold if threshold is not None else float(config.get("threshold", 0.1))
        yield config["column"], value < limit if "p_value" in method or threshold is not None else value >= limit


def whylogs(setting: str, reference: str, current: str) -> Iterator[set[str]]:
    """Drift scores with their categories; or the p-values against a level shared by all columns."""
    import whylogs as why
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    before, after = frames(reference, current)
    known = why.log(before).view()
    for chunk in chunks(after):
        scores = calculate_drift_scores(target_view=why.log(chunk).view(), reference_view=known, with_thresholds=True)
        if setting == "default":
            yield {name for name, score in scores.items() if score and score["drift_category"] == "DRIFT"}
        else:
            yield {name for name, score in scores.items() if score and score["pvalue"] < LEVEL / before.shape[1]}


def alibi(setting: str, reference: str, current: str) -> Iterator[set[str]]:
    """The tabular detector's answer for each feature; or at its own Bonferroni level."""
    import numpy as np
    from alibi_detect.cd import TabularDrift

    before, after = frames(reference, current)
    levelled = [place for place, name in enumerate(before.columns) if before[name].dtype == object]
    for place, name in enumerate(before.columns):
        if place in levelled:
            levels = {level: code for code, level in enumerate(before[name].unique())}
            before[name], after[name] = before[name].map(levels), after[name].map(levels).fillna(len(levels))
        else:
            # It takes no nulls: what is missing is the reference's median.
            middle = before[name].median()
            before[name], after[name] = before[name].fillna(middle), after[name].fillna(middle)
    detector = TabularDrift(before.to_numpy("float32"), p_val=LEVEL, categories_per_feature=dict.fromkeys(levelled))
    names, level = np.array(before.columns), LEVEL if setting == "default" else LEVEL / before.shape[1]
    for chunk in chunks(after):
        values = detector.predict(chunk.to_numpy("float32"), drift_type="feature")["data"]["p_val"]
        yield set(names[np.asarray(values) < level].tolist())


def frames(reference: str, current: str) -> tuple[Any, Any]:
    """Both files as pandas has them: none of the peers reads Parquet itself."""
    import pandas as pd

    return pd.read_parquet(reference), pd.read_parquet(current)


def chunks(frame: Any) -> Iterator[Any]:
    """The frame in runs of rows."""
    return (frame.iloc[at : at + ROWS].reset_index(drop=True) for at in range(0, len(frame), ROWS))


JOBS: dict[str, Callable[[str, str, str], Iterator[set[str]]]] = {
    "driftline": driftline,
    "nannyml": nannyml,
    "evidently": evidently,
    "whylogs": whylogs,
    "alibi": alibi,
}
IMPORTS = {
    "driftline": ["driftline.api", "pyarrow.parquet"],
    "nannyml": ["nannyml", "pyarrow.parquet"],
    "evidently": ["evidently", "evidently.presets", "pyarrow.parquet"],
    "whylogs": ["whylogs", "whylogs.viz.drift.column_drift_algorithms", "pyarrow.parquet"],
    "alibi": ["alibi_detect.cd", "pyarrow.parquet"],
}

if __name__ == "__main__":
    main(*sys.argv[1:])
