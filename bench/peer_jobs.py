"""One comparison by one library, in that library's own environment: Parquet in, flagged columns out, what it took as JSON.

`bench/bench_peers.py` starts it. Nothing is imported before it is timed, and no two libraries are ever in one process.
"""
# ruff: noqa: PLC0415  each library is there in its own environment only

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WINDOWS = 24
FLAGGED_PSI = 0.25


def main(peer: str, reference: str, current: str) -> None:
    """Import, compare, and say what each took."""
    begun = cpu()
    if peer == "driftline":
        sys.meta_path.insert(0, Hidden())  # type: ignore[arg-type]
    for name in IMPORTS[peer]:
        import_module(name)
    start, imported = time.perf_counter(), cpu()
    flagged = JOBS[peer](reference, current)
    taken = {"seconds": time.perf_counter() - start, "cpu": cpu() - imported, "import_cpu": imported - begun}
    print(json.dumps({**taken, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "flagged": flagged}))


def cpu() -> float:
    """Processor seconds of this process and of those it has waited for."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Hidden:
    """Hides pandas, which a base installation of driftline does not have and which pyarrow would load where it finds it."""

    def find_spec(self, name: str, *_: object) -> None:
        """Say that there is none."""
        if name == "pandas":
            raise ImportError(name)


def driftline(reference: str, current: str) -> int:
    """The whole path, judged in 24 windows."""
    from pyarrow import parquet

    import driftline as dl

    rows = parquet.read_metadata(current).num_rows
    report = dl.compare(reference, current, window={"rows": -(-rows // WINDOWS)})
    return len({column.name for window in report.windows for column in window.columns if column.verdict == "drifted"})


def nannyml(reference: str, current: str) -> int:
    """Kolmogorov-Smirnov and chi-square in 24 chunks."""
    import nannyml as nml

    before, after = frames(reference, current)
    calculator = nml.UnivariateDriftCalculator(
        column_names=list(before.columns), chunk_number=WINDOWS, continuous_methods=["kolmogorov_smirnov"], categorical_methods=["chi2"]
    )
    found = calculator.fit(before).calculate(after).filter(period="analysis").to_df()
    alerts = found.loc[:, [key for key in found.columns if key[-1] == "alert"]]
    return int(alerts.any().sum())


def evidently(reference: str, current: str) -> int:
    """The drift preset, once: it has no windows."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    before, after = frames(reference, current)
    found = Report([DataDriftPreset()]).run(after, before).dict()
    return int(next(metric["value"]["count"] for metric in found["metrics"] if "DriftedColumnsCount" in str(metric)))


def whylogs(reference: str, current: str) -> int:
    """A profile of the reference and of each of 24 chunks, and drift scores between them."""
    import whylogs as why
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    before, after = frames(reference, current)
    known, flagged = why.log(before).view(), set()
    for chunk in chunks(after):
        scores = calculate_drift_scores(target_view=why.log(chunk).view(), reference_view=known, with_thresholds=True)
        flagged |= {name for name, score in scores.items() if score and score["drift_category"] == "DRIFT"}
    return len(flagged)


def alibi(reference: str, current: str) -> int:
    """The tabular detector on each of 24 chunks."""
    import numpy as np
    from alibi_detect.cd import TabularDrift

    before, after = frames(reference, current)
    levelled = [place for place, name in enumerate(before.columns) if before[name].dtype == object]
    for name in before.columns[levelled]:
        levels = {level: code for code, level in enumerate(before[name].unique())}
        before[name], after[name] = before[name].map(levels), after[name].map(levels).fillna(len(levels))
    detector = TabularDrift(before.to_numpy("float32"), p_val=0.05, categories_per_feature=dict.fromkeys(levelled))
    found = [detector.predict(chunk.to_numpy("float32"), drift_type="feature")["data"]["is_drift"] for chunk in chunks(after)]
    return int(np.any(found, axis=0).sum())


def numpy(reference: str, current: str) -> int:
    """A loop written by hand: PSI on the reference's deciles or levels, a column at a time. It judges nothing."""
    import numpy as np
    from pyarrow import parquet

    flagged = 0
    for name in parquet.read_schema(reference).names:
        before, after = (parquet.read_table(path, columns=[name]).column(0) for path in (reference, current))
        if str(before.type) == "double":
            edges = np.quantile(before.to_numpy(), np.arange(1, 10) / 10)
            p, codes = np.bincount(np.searchsorted(edges, before.to_numpy()), minlength=10), np.searchsorted(edges, after.to_numpy())
        else:
            levels = before.combine_chunks().dictionary_encode()
            index = {level: code for code, level in enumerate(levels.dictionary.to_pylist())}
            encoded = after.combine_chunks().dictionary_encode()
            places = np.array([index.get(level, len(index)) for level in encoded.dictionary.to_pylist()])
            p, codes = np.bincount(levels.indices.to_numpy(), minlength=len(index) + 1), places[encoded.indices.to_numpy()]
        p = (p + 0.5) / (p + 0.5).sum()
        counted = (np.bincount(part, minlength=p.size) + 0.5 for part in np.array_split(codes, WINDOWS))
        flagged += any(((q / q.sum() - p) * np.log(q / q.sum() / p)).sum() > FLAGGED_PSI for q in counted)
    return flagged


def frames(reference: str, current: str) -> tuple[Any, Any]:
    """Both files as pandas has them: none of the peers reads Parquet itself."""
    import pandas as pd

    return pd.read_parquet(reference), pd.read_parquet(current)


def chunks(frame: Any) -> Iterator[Any]:
    """The frame in 24 runs of rows."""
    size = -(-len(frame) // WINDOWS)
    return (frame.iloc[at : at + size] for at in range(0, len(frame), size))


JOBS: dict[str, Callable[[str, str], int]] = {
    "driftline": driftline,
    "nannyml": nannyml,
    "evidently": evidently,
    "whylogs": whylogs,
    "alibi": alibi,
    "numpy": numpy,
}
IMPORTS = {
    "driftline": ["driftline.api", "pyarrow.parquet"],
    "nannyml": ["nannyml", "pyarrow.parquet"],
    "evidently": ["evidently", "evidently.presets", "pyarrow.parquet"],
    "whylogs": ["whylogs", "whylogs.viz.drift.column_drift_algorithms", "pyarrow.parquet"],
    "alibi": ["alibi_detect.cd", "pyarrow.parquet"],
    "numpy": ["numpy", "pyarrow.parquet"],
}

if __name__ == "__main__":
    main(*sys.argv[1:])
