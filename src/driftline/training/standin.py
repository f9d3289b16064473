"""A model to stand in for the user's own in a backtest: gradient-boosted trees of scikit-learn, on the monitor's features as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_LEVELS = 250
"""Rarer levels of a category are as one that was never seen, and numbers have so many steps; the trees take no more."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Trains quickly, on any columns, and the same for the same rows.

    Attributes:
        features: the columns that it learns from.
        classifies: the truth is 0 or 1, and scores are probabilities; else both are numbers.
        seed: of the trees.
    """

    features: tuple[str, ...]
    classifies: bool
    seed: int = 0

    @property
    def name(self) -> str:
        """By this results are kept."""
        return f"stand-in {self.classifies} {self.seed} {','.join(self.features)}"

    def scores(self, rows: pa.Table, truth: Floats, weights: Floats, asked: pa.Table) -> Floats:
        """Train on rows and score others.

        Args:
            rows: to train on.
            truth: float64[rows].
            weights: float64[rows].
            asked: to be scored.

        Raises:
            PluginError: scikit-learn is not installed.
        """
        if self.classifies and np.unique(truth).size < 2:  # noqa: PLR2004  two classes
            return np.full(asked.num_rows, float(truth.mean()) if truth.size else 0.0)
        levels = {name: _levels(rows[name]) for name in self.features if not _is_number(rows.schema.field(name).type)}
        trees, threads = self._trees([name in levels for name in self.features])
        learnt, found = _matrix(rows, self.features, levels), _matrix(asked, self.features, levels)
        for place, name in enumerate(self.features):
            if name not in levels:
                learnt[:, place] = _stepped(learnt[:, place])
        # One thread: sums come in one order on every machine, and a busy core is not waited for at each of the trees.
        with threads.limit(limits=1, user_api="openmp"):
            trees.fit(learnt, truth, sample_weight=weights)
            told = trees.predict_proba(found)[:, 1] if self.classifies else trees.predict(found)
        return np.asarray(told, dtype=np.float64)

    def _trees(self, categorical: list[bool]) -> tuple[Any, Any]:
        try:
            from sklearn.ensemble import (  # noqa: PLC0415  an extra, and slow to load
                HistGradientBoostingClassifier,
                HistGradientBoostingRegressor,
            )
            from threadpoolctl import ThreadpoolController  # noqa: PLC0415  comes with scikit-learn
        except ImportError as error:
            raise PluginError(
                "the stand-in needs scikit-learn, which is not installed",
                hint="pip install 'driftline[demo]', or name training: {command: …}",
            ) from error
        kind = HistGradientBoostingClassifier if self.classifies else HistGradientBoostingRegressor
        trees = kind(
            learning_rate=0.12, max_iter=60, max_leaf_nodes=12, l2_regularization=5.0, categorical_features=categorical,
            early_stopping=False, random_state=self.seed,
        )  # fmt: skip
        return trees, ThreadpoolController()


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind))


def _levels(column: pa.ChunkedArray) -> pa.Array:
    """The levels of a column, the most frequent first."""
    counts = pc.value_counts(column.cast(pa.string()).drop_null())
    order = pc.sort_indices(pa.table({"n": counts.field("counts"), "v": counts.field("values")}), [("n", "descending"), ("v", "ascending")])
    return counts.field("values").take(order)[:MOST_LEVELS]


def _stepped(values: Floats) -> Floats:
    """Each number as the nearest of so many of the rows' quantiles, so that trees split between those; NaN stays as it is.

    Trees that look for quantiles of weighted rows by themselves take most of their time to it.
    """
    there = ~np.isnan(values)
    if not there.any():
        return values
    steps = np.unique(np.quantile(values[there], np.linspace(0, 1, MOST_LEVELS), method="lower"))
    return np.where(there, steps[np.searchsorted((steps[1:] + steps[:-1]) / 2, values, side="left").clip(0, steps.size - 1)], np.nan)


def _matrix(rows: pa.Table, features: Sequence[str], levels: dict[str, pa.Array]) -> Floats:
    """Columns of doubles; what is missing, or was never seen, is NaN."""
    columns = []
    for name in features:
        values = pc.index_in(rows[name].cast(pa.string()), value_set=levels[name]) if name in levels else rows[name]
        columns.append(np.asarray(values.cast(pa.float64()).to_numpy(), dtype=np.float64))
    return np.column_stack(columns) if columns else np.zeros((rows.num_rows, 1))
