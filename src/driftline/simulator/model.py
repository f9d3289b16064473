"""The model that is watched: a real one, trained on the first weeks, that scores all the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.errors import ConfigError
from driftline.simulator.events import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECIMALS = 6
FEWEST_FRAUDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Gradient-boosted trees, the category levels they were trained on, and the score from which they say fraud.

    `threads` limits what the trees use to one thread: sums then come in one order on every machine, and
    a busy core is not waited for at each of the trees.
    """

    trees: Any
    threads: Any
    levels: dict[str, pa.Array]
    threshold: float

    def score(self, rows: pa.Table) -> pa.Table:
        """The rows with `model_score`, the probability of fraud, and `model_pred`, 0 or 1."""
        with self.threads.limit(limits=1, user_api="openmp"):
            score = np.round(self.trees.predict_proba(matrix(rows, self.levels))[:, 1], DECIMALS)
        rows = rows.append_column("model_score", pa.array(score))
        return rows.append_column("model_pred", pa.array((score >= self.threshold).astype(np.int8)))


def train(rows: pa.Table, labels: NDArray[np.bool_], *, threshold: float, seed: int) -> Model:
    """Train the model on rows and their labels.

    Raises:
        ConfigError: scikit-learn is not installed, or the rows hold too little fraud to learn from.
    """
    if labels.sum() < FEWEST_FRAUDS:
        raise ConfigError(
            f"{int(labels.sum())} frauds in {labels.size} rows are too few to train on",
            hint="give more rows_per_day, more train_days or a higher fraud_rate",
        )
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  an extra, and slow to load
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415  comes with scikit-learn
    except ImportError as error:
        raise ConfigError(
            "the simulator's model needs scikit-learn, which is not installed", hint="pip install 'driftline[demo]', or set scored=False"
        ) from error
    levels = {name: pc.unique(rows[name]).sort() for name in FEATURES if pa.types.is_string(rows.schema.field(name).type)}
    trees = HistGradientBoostingClassifier(
        learning_rate=0.12,
        max_iter=60,
        max_leaf_nodes=12,
        min_samples_leaf=30,
        l2_regularization=5.0,
        categorical_features=[name in levels for name in FEATURES],
        early_stopping=False,
        random_state=seed % 2**32,
    )
    threads = ThreadpoolController()
    with threads.limit(limits=1, user_api="openmp"):
        trees.fit(matrix(rows, levels), labels)
    return Model(trees, threads, levels, threshold)


def matrix(rows: pa.Table, levels: dict[str, pa.Array]) -> NDArray[np.float64]:
    """The features as rows × columns of doubles; a missing value or a level never seen is NaN."""
    columns = []
    for name in FEATURES:
        values = pc.index_in(rows[name], value_set=levels[name]) if name in levels else rows[name]
        columns.append(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return np.column_stack(columns)
