"""Measures estimates of performance without labels: their errors beside CBPE's, NannyML's, and what their intervals and tests promise.

On the US census employment data that NannyML brings along, windows are drawn with a shift: rows are the likelier the older (or
younger) people are, by e^(t z(age)) with t drawn evenly from -1 to 1 for each window. Of seven laws tried, this brings CBPE nearest
to errors told of it elsewhere; those of the reference's value it does not meet. Years are shuffled first, so that only inputs move.
A strong model comes with the data; a weak one is a logistic regression on three columns. Errors are mean absolute ones in
percentage points: against what the window's own labels say, of which labels alone leave 0.6 at 2,000 rows and 0.2 at 20,000; and
against what twenty other windows drawn alike say on average, which is nearly free of that. Then NannyML's own data sets in their
order, NannyML beside in its environment (made by `bench_peers.py --install`); without it only what is simulated is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from bench_peers import QUIET, python
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from driftline.performance.estimate import MOST, estimate
from driftline.performance.fitted import beside, fit
from driftline.performance.plugin import plug
from driftline.performance.residual import means_of
from driftline.performance.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.fitted import Fitted

HERE = Path(__file__).parent
ASKED = ("accuracy", "roc_auc", "f1")
WANTED = {"strong": (0.50, 0.41, 0.56), "weak": (0.25, 0.25, 0.19)}
EQUAL, ROUNDED = 1e-9, 1e-6
"""NannyML rounds the sums behind an AUC to five digits, and takes rows of one score in any order."""
SEEN = ["SCHL", "DIS", "SEX"]
STEEPEST, REFERENCE, ALIKE = 1.0, 60_000, 20
SETS: dict[str, dict[str, Any]] = {
    "car loan": {"files": ("synthetic_car_loan", "_analysis_target.csv"), "rows": 5_000, "label": "repaid", "drop": ["timestamp"]},
    "census": {"files": ("employment_MA", "_analysis_target.pq"), "rows": 5_000, "label": "employed", "drop": ["year"],
               "score": "predicted_probability", "said": "prediction"},
    "housing": {"files": ("california_housing", "_analysis_gt.csv"), "rows": 600, "label": "clf_target", "drop": ["timestamp", "imputed"]},
    "credit cards": {"files": ("mc", "_analysis_gt.csv"), "rows": 6_000, "label": "y_true", "drop": ["timestamp", "period"]},
    "car price": {"files": ("regression_synthetic", "_analysis_targets.csv"), "rows": 6_000, "label": "y_true", "drop": ["timestamp"]},
}  # fmt: skip
"""NannyML's data sets, and windows as large as in its tutorials."""


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=40, help="windows with a shift, and a fifth of the simulated ones")
    options = parser.parse_args()
    peer = python("nannyml", install=False)
    if peer is not None:
        (folder,) = Path(peer).parents[1].glob("lib/python*/site-packages/nannyml/datasets/data")
        tilted(folder, options.draws)
        for name in SETS:
            in_order(name, folder, peer)
    simulated(5 * options.draws)


def tilted(folder: Path, draws: int) -> None:
    """Errors where windows are shifted on purpose."""
    both = tables("census", folder)
    for model, size in (("strong", 2_000), ("weak", 20_000)):
        table = pd.concat(both, ignore_index=True) if model == "strong" else weakened(*both)
        shuffled = table.sample(frac=1, random_state=7)
        reference, current = shuffled[:REFERENCE], shuffled[REFERENCE:]
        ages = (current["AGEP"] - reference["AGEP"].mean()) / reference["AGEP"].std()
        here = rows_of(current, "census", reference)
        fitted = fit(rows_of(reference, "census", reference), ASKED, np.random.default_rng(1))
        dice, errors = np.random.default_rng(2), []
        for _ in range(draws):
            weights = np.exp(dice.uniform(-STEEPEST, STEEPEST) * ages.to_numpy())
            weights /= weights.sum()
            window, *alike = (here.take(dice.choice(len(here), size, replace=False, p=weights)) for _ in range(1 + ALIKE))
            errors.append(errors_of(fitted, window, dice, alike))
        place = f"census, {model} model, shifted windows of {size:,}"
        for method, found in by_method([own for own, _ in errors]).items():
            for metric, error, wanted in zip(ASKED, found, WANTED[model], strict=True):
                say(f"{place}: {metric}, {method}", 100 * error, "points", wanted if method == "best" else None)
        for method, found in by_method([like for _, like in errors]).items():
            for metric, error in zip(ASKED, found, strict=True):
                say(f"{place}: {metric}, {method}, against windows drawn alike", 100 * error, "points")


def weakened(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """The later data with a model that sees three columns and was learnt from the earlier."""
    model = LogisticRegression(max_iter=1_000).fit(reference[SEEN].astype(float), reference["employed"])
    score = model.predict_proba(current[SEEN].astype(float))[:, 1]
    return current.assign(predicted_probability=score, prediction=(score >= 0.5).astype(int))  # noqa: PLR2004  the usual cut


def in_order(name: str, folder: Path, peer: str) -> None:
    """Errors on a data set as it is, and NannyML's beside."""
    reference, current = tables(name, folder)
    rows, size = rows_of(reference, name, reference), SETS[name]["rows"]
    metrics = ASKED if rows.classes == 2 else ("accuracy", "roc_auc_macro", "f1_macro") if rows.classes else ("mae", "rmse")  # noqa: PLR2004  of two
    begun, dice = time.process_time(), np.random.default_rng(3)
    fitted = fit(rows, metrics, dice)
    here = rows_of(current, name, reference)
    windows = [here.take(np.arange(start, min(start + size, len(here)))) for start in range(0, len(here), size)]
    errors = [errors_of(fitted, window, dice)[0] for window in windows]
    spent = time.process_time() - begun
    theirs = nannyml(name, peer, reference, current, metrics)
    ours = by_method(errors)
    for place, metric in enumerate(metrics):
        best = abs(np.array(theirs["values"][metric]) - [realised(metric, window) for window in windows]).mean()
        for method, found in ours.items():
            say(f"{name}: {metric}, {method}", found[place], "", best if method == "best" else None)
        say(f"{name}: {metric}, NannyML", best, "")
        if rows.classes:
            plain = [estimate(fitted, window, [metric], method="cbpe", rng=dice, tested=())[0].value for window in windows]
            apart = abs(plain - np.array(theirs["values"][metric])).max()
            aim = ROUNDED if "auc" in metric else EQUAL
            say(f"{name}: {metric}, greatest difference of our CBPE and NannyML's", apart, "", aim)
    say(f"{name}: processor time of three methods", spent, "s")
    say(f"{name}: processor time of NannyML's one", theirs["cpu"], "s")


def errors_of(
    fitted: Fitted, window: Rows, dice: np.random.Generator, alike: list[Rows] | None = None
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Estimate less realised by each method, for each metric; and less the mean of what others drawn alike realised."""
    seen, places = beside(fitted, window, dice), range(len(fitted.metrics))
    ways = {"dle": seen.unweighted, "dr": lambda place: seen.robust(place).value}
    if window.classes:
        ways = {"cbpe": seen.unweighted, "pape": lambda place: seen.plugged(place, seen.weighted_curves).value, "dr": ways["dr"]}
    usual, truth, *others = (
        np.array([realised(str(metric), rows) for metric in fitted.metrics]) for rows in (fitted.rows, window, *(alike or []))
    )
    told = {"constant": usual} | {name: np.array([way(place) for place in places]) for name, way in ways.items()}
    told["best"] = told["pape" if window.classes and seen.ratio.unsupported > MOST else "dr"]
    mean = np.mean(others, axis=0) if others else truth
    return {name: value - truth for name, value in told.items()}, {name: value - mean for name, value in told.items()}


def by_method(errors: list[dict[str, NDArray[np.float64]]]) -> dict[str, NDArray[np.float64]]:
    """Mean absolute errors."""
    return {method: np.mean([abs(one[method]) for one in errors], axis=0) for method in errors[0]}


def realised(metric: str, rows: Rows) -> float:
    """The metric by its labels."""
    if rows.classes:
        return plug(metric, rows, rows.truth(), rows).value
    means = means_of(metric)
    return means.of(means.matrix(rows).mean(0))


def tables(name: str, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A data set's reference, and what is to be judged with its labels."""
    stem, labels = SETS[name]["files"]
    ending = Path(labels).suffix

    def read(file: str) -> pd.DataFrame:
        return pd.read_parquet(folder / file) if ending == ".pq" else pd.read_csv(folder / file)

    reference, current, truth = read(f"{stem}_reference{ending}"), read(f"{stem}_analysis{ending}"), read(f"{stem}{labels}")
    label, key = SETS[name]["label"], next((key for key in ("id", "identifier") if key in truth and key in current), None)
    current = current.merge(truth[[key, label]], on=key) if key else current.assign(**{label: truth[label].to_numpy()})
    kept = [column for column in reference if column in current and column not in {*SETS[name]["drop"], "id", "identifier"}]
    return reference[kept], current[kept]


def rows_of(table: pd.DataFrame, name: str, reference: pd.DataFrame) -> Rows:
    """A table as arrays; texts are codes of the reference's levels."""
    label, score = SETS[name]["label"], SETS[name].get("score", "y_pred_proba")
    scores = [column for column in table if column.startswith(score)]
    said = SETS[name].get("said", "y_pred")
    features = [column for column in table if column not in {label, said, *scores}]
    columns, codes = [], []
    for column in features:
        number = pd.api.types.is_numeric_dtype(reference[column]) and not (name == "census" and reference[column].nunique() < 20)  # noqa: PLR2004  codes
        levels = {level: place for place, level in enumerate(sorted(reference[column].dropna().astype(str).unique()))}
        columns.append(table[column].astype(float) if number else table[column].astype(str).map(levels).fillna(len(levels)).astype(float))
        codes.append(not number)
    seen = np.column_stack(columns)
    if not scores:
        return Rows(seen, tuple(codes), table[said].to_numpy(float), None, table[label].to_numpy(float))
    if len(scores) == 1:
        return Rows(seen, tuple(codes), table[scores[0]].to_numpy(float), table[said].to_numpy(int), table[label].to_numpy(float))
    classes = {column.removeprefix(f"{score}_"): place for place, column in enumerate(scores)}
    told = [table[column].map(classes).to_numpy() for column in (said, label)]
    return Rows(seen, tuple(codes), table[scores].to_numpy(float), told[0].astype(int), told[1].astype(float))


def nannyml(name: str, peer: str, reference: pd.DataFrame, current: pd.DataFrame, metrics: tuple[str, ...]) -> dict[str, Any]:
    """NannyML's estimates of each window, and what they cost, from its own environment."""
    label, score, said = SETS[name]["label"], SETS[name].get("score", "y_pred_proba"), SETS[name].get("said", "y_pred")
    scores = [column for column in reference if column.startswith(score)]
    about = {"label": label, "scores": scores, "said": said, "metrics": metrics, "rows": SETS[name]["rows"]}
    with tempfile.TemporaryDirectory() as folder:
        for part, table in (("reference", reference), ("current", current)):
            table.to_parquet(f"{folder}/{part}.parquet")
        command = [peer, str(HERE / "estimate_jobs.py"), folder, json.dumps(about)]
        environment = {**os.environ, **QUIET, "PYTHONPATH": ""}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def simulated(draws: int) -> None:
    """What intervals hold and how often the test for a changed relation errs, on rows whose chances are known."""
    dice, metrics, shift = np.random.default_rng(4), ("accuracy", "f1", "roc_auc", "brier"), 0.7
    large, chance = made(1_000_000, dice, shift)
    truth = [plug(metric, large, np.stack([1 - chance, chance], axis=1), large).value for metric in metrics]
    held = np.zeros((len(metrics), 3))
    for _ in range(draws):
        window, _ = made(1_500, dice, shift)
        for place, one in enumerate(estimate(made(5_000, dice)[0], window, metrics, rng=dice)):
            came = realised(metrics[place], window)
            hits = one.low <= truth[place] <= one.high, one.realised_low <= came <= one.realised_high
            held[place] += (*hits, one.change is not None and one.change.p_value < 0.05)  # noqa: PLR2004  the level
    for metric, (true, came, found) in zip(metrics, 100 * held / draws, strict=True):
        say(f"95% interval under a shift holds the true {metric}", true, "%", 93, more=True)
        say(f"... the realised {metric}", came, "%", 93, more=True)
        say(f"test for a changed relation at 5%, inputs alone moved: {metric}", found, "%", 7)
    power = [changed(dice) for _ in range(max(draws // 20, 5))]
    say("test for a changed relation at 5%: 5% of 20,000 labels turned are seen", 100 * np.mean(power), "%", 90, more=True)


def changed(dice: np.random.Generator) -> bool:
    """Whether turned labels are seen."""
    window, _ = made(20_000, dice, 0.3)
    turned = dice.random(20_000) < 0.05  # noqa: PLR2004  of the labels
    window.label[turned] = 1 - window.label[turned]
    (one,) = estimate(made(20_000, dice)[0], window, ["accuracy"], rng=dice)
    return one.change is not None and one.change.p_value < 0.05  # noqa: PLR2004  the level


def made(rows: int, dice: np.random.Generator, shift: float = 0.0) -> tuple[Rows, NDArray[np.float64]]:
    """Rows and their chances: a model has seen one of two numbers that matter, and the other moves."""
    x = np.column_stack([dice.normal(size=rows), dice.normal(shift, 1, rows), dice.integers(0, 3, rows)])
    chance = expit(x[:, 0] + 0.8 * x[:, 1] + 0.5 * (x[:, 2] == 1) - 0.2)
    score = expit(1.1 * x[:, 0])
    label = (dice.random(rows) < chance).astype(float)
    return Rows(x, (False, False, True), score, (score >= 0.5).astype(np.intp), label), chance  # noqa: PLR2004  the usual cut


def say(what: str, measured: float, unit: str, wanted: float | None = None, *, more: bool = False) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": float(f"{measured:.3g}"), "unit": unit, "wanted": wanted, "more": more}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
