"""Outcomes: what the model said beside what came true, as counts that add."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.moments import LIMBS, add_limbs
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

SCORE_BINS = 1024
"""At most this many bins for a score."""

SUM_STEP = 2.0**-30
"""Scores are summed as whole multiples of this, so that the order of rows cannot matter."""


class Said(IntEnum):
    """What a binary model said, or what came true."""

    NEGATIVE = 0
    POSITIVE = 1
    UNKNOWN = 2
    """No prediction, or no label yet, or one that cannot be read."""


CLASS_MEASURES = ("log_loss", "brier")
"""Row-wise losses of a classifier that are summed exactly, over rows with a usable score and a label.

`log_loss` is −ln of the probability given to what came true, clipped at 2⁻⁵² as scikit-learn clips; `brier` is
(score − label)² for binary models and the sum over classes of (probability − 1[class])² for others.
"""

WORTH, WORTH_SCALE = "worth", 64.0
"""What rows are worth by an expression, summed over those with a prediction and a label; exact to 2⁻²³, and at most 10⁹ a row."""

NUMBER_MEASURES = ("error", "absolute", "squared", "log_squared", "percentage", "symmetric", "label")
"""Row-wise losses of a regression that are summed exactly, over rows with a finite prediction and label.

With prediction p and label y: p − y, |p − y|, (p − y)², (ln(1+p) − ln(1+y))² where both exceed −1, |p − y| / max(|y|, 2⁻⁵²),
2|p − y| / (|p| + |y|) (0 where both are 0), and y itself. The sum of squares kept beside each sum gives its variance.
"""


FIRST_MEASURES = ("precision", "recall", "ndcg", "hit_rate")
"""What is measured of the first k places of each query's list."""

LIST_MEASURES = ("mrr", "map")
"""What is measured of whole lists."""


def list_measures(depths: Sequence[int]) -> tuple[str, ...]:
    """What is summed of each list, in order.

    >>> list_measures([5])
    ('precision@5', 'recall@5', 'ndcg@5', 'hit_rate@5', 'mrr', 'map')
    """
    return (*(f"{name}@{k}" for k in depths for name in FIRST_MEASURES), *LIST_MEASURES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How predictions and labels are counted together; a part of the plan.

    Attributes:
        task: what the model does.
        label: the column that holds what came true.
        prediction: the column that holds what the model said; None where only scores are known.
        scores: binary: the column of the positive class's score; multiclass: one column per class, or none.
        classes: the texts of the classes in the order of the counts; binary: (negative, positive); empty for regression.
        edges: per score column its bins' inner edges, increasing, in (0, 1]; regression: those of predictions, then of residuals.
        threshold: binary, where `prediction` is None: the score from which on the model is taken to say yes.
        center: regression: a round number near the labels' middle.
        scale: regression: a power of two near the labels' spread; the unit of the exact sums.
        query: ranking: the column that says which query a row answers.
        item: ranking: the column that says what is shown; None where that is not known.
        depths: ranking: how many of the first places are looked at.
        catalogue: ranking: how many items there are, the levels of `item` in the plan; 0 where they are not told apart.
        worth: what a row is worth, an expression; empty where nobody said so in one.
        worth_from: the columns that it takes beside these.
    """

    task: Task
    label: str
    prediction: str | None = None
    scores: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    edges: tuple[tuple[float, ...], ...] = ()
    threshold: float = 0.5
    center: float = 0.0
    scale: float = 1.0
    query: str | None = None
    item: str | None = None
    depths: tuple[int, ...] = ()
    catalogue: int = 0
    worth: str = ""
    worth_from: tuple[str, ...] = ()
    arrays: tuple[NDArray[np.float64], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", tuple(np.array(edges, dtype=np.float64) for edges in self.edges))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are counted together."""
        own = (self.label, self.prediction, *self.scores, self.query, self.item)
        return tuple(name for name in (*own, *self.worth_from) if name is not None)

    @property
    def measures(self) -> tuple[str, ...]:
        """The row-wise losses that are summed; of a ranking, what each list was worth."""
        if self.task is Task.RANKING:
            return list_measures(self.depths)
        losses = NUMBER_MEASURES if self.task is Task.REGRESSION else CLASS_MEASURES if self.scores else ()
        return (*losses, WORTH) if self.worth else losses

    @property
    def grids(self) -> tuple[tuple[float, float], ...]:
        """For each measure the center and scale of the grid it is summed on (`moments.quantise`)."""
        plain, own = (0.0, self.scale), {WORTH: (0.0, WORTH_SCALE)}
        if self.task is Task.REGRESSION:
            own |= {"label": (self.center, self.scale), "squared": (0.0, self.scale**2), "error": plain, "absolute": plain}
        return tuple(own.get(name, (0.0, 1.0)) for name in self.measures)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of `OutcomeCounts.table`."""
        if self.task is Task.REGRESSION:
            predictions, residuals = self.edges
            return len(predictions) + 2, len(residuals) + 2
        if self.task is Task.RANKING:
            return 2, 3
        return len(self.classes) + 1, len(self.classes) + 1

    @property
    def score_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of `OutcomeCounts.scores`."""
        if self.task is Task.REGRESSION:
            return ()
        if self.task is Task.RANKING:
            return ((len(self.depths), self.catalogue),) if self.catalogue else ()
        sides = (3, 3) if self.task is Task.BINARY else (3,)
        return tuple((len(edges) + 2, *sides) for edges in self.edges)

    def to_dict(self) -> dict[str, Any]:
        """Write it as plain JSON; floats are written exactly."""
        return {
            "task": self.task.value,
            "label": self.label,
            "prediction": self.prediction,
            "scores": list(self.scores),
            "classes": list(self.classes),
            "edges": [[edge.hex() for edge in edges] for edges in self.edges],
            "threshold": self.threshold.hex(),
            "center": self.center.hex(),
            "scale": self.scale.hex(),
            # Left out of other plans, so that profiles counted before there were rankings still fit.
            **(self._lists() if self.task is Task.RANKING else {}),
            **({"worth": self.worth, "worth_from": list(self.worth_from)} if self.worth else {}),
        }

    def _lists(self) -> dict[str, Any]:
        return {"query": self.query, "item": self.item, "depths": list(self.depths), "catalogue": self.catalogue}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """Read what `to_dict` wrote."""
        return cls(
            task=Task(data["task"]),
            label=data["label"],
            prediction=data["prediction"],
            scores=tuple(data["scores"]),
            classes=tuple(data["classes"]),
            edges=tuple(tuple(float.fromhex(edge) for edge in edges) for edges in data["edges"]),
            threshold=float.fromhex(data["threshold"]),
            center=float.fromhex(data["center"]),
            scale=float.fromhex(data["scale"]),
            query=data.get("query"),
            item=data.get("item"),
            depths=tuple(data.get("depths", ())),
            catalogue=data.get("catalogue", 0),
            worth=data.get("worth", ""),
            worth_from=tuple(data.get("worth_from", ())),
        )


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeCounts:
    """Counts of predictions beside labels. They add, and adding is exact.

    Attributes:
        table: int64. Classification: what was said × what came true, in the order of `Outcome.classes`, then unknown (no
            label yet, no prediction, or neither of the classes). Regression: bin of the prediction × bin of the residual
            (prediction − label); the last row holds predictions, the last column residuals, that are not known. Ranking: rows
            with and without a place in a list × not relevant, relevant, unknown.
        scores: per score column, int64. Binary: score bin × `Said` of the model × `Said` of the label. Multiclass: score bin
            × `Said` of the label (this class, another, unknown). The last bin holds scores that are missing or outside [0, 1].
            Ranking, where there is a catalogue: for each depth how many lists had each item among their first places.
        sums: per score column, int64[bins, 3]: the sum of the scores by bin and `Said` of the label, in steps of `SUM_STEP`.
        measures: int64[measures, 8]: fixed-point sums of each row-wise loss (ranking: worth of a list) and its square (`moments`).
        measured: int64[measures]: the rows (ranking: lists) each of them sums.
    """

    table: NDArray[np.int64]
    scores: tuple[NDArray[np.int64], ...]
    sums: tuple[NDArray[np.int64], ...]
    measures: NDArray[np.int64]
    measured: NDArray[np.int64]

    @classmethod
    def empty(cls, outcome: Outcome) -> OutcomeCounts:
        """The counts of no rows."""
        return cls(
            table=np.zeros(outcome.shape, dtype=np.int64),
            scores=tuple(np.zeros(shape, dtype=np.int64) for shape in outcome.score_shapes),
            sums=tuple(np.zeros((shape[0], 3), dtype=np.int64) for shape in outcome.score_shapes),
            measures=np.zeros((len(outcome.measures), LIMBS), dtype=np.int64),
            measured=np.zeros(len(outcome.measures), dtype=np.int64),
        )

    @classmethod
    def of(cls, outcome: Outcome, flat: NDArray[np.int64]) -> OutcomeCounts:
        """Cut what `arrays` gives, laid one after another, into its parts.

        Raises:
            ValueError: there are more or fewer numbers than cells.
        """
        arrays = cls.empty(outcome).arrays()
        ends = np.cumsum([array.size for array in arrays])
        if flat.size != ends[-1]:
            raise ValueError(f"{flat.size} counts of outcomes where the plan has {ends[-1]}")
        parts = [part.reshape(array.shape) for part, array in zip(np.split(flat, ends[:-1]), arrays, strict=True)]
        scores = len(outcome.score_shapes)
        return cls(parts[0], tuple(parts[1 : 1 + scores]), tuple(parts[1 + scores : 1 + 2 * scores]), parts[-2], parts[-1])

    def __add__(self, other: OutcomeCounts) -> OutcomeCounts:
        """Count both together, exactly."""
        return total_outcome([self, other])

    def arrays(self) -> tuple[NDArray[np.int64], ...]:
        """All arrays in one fixed order."""
        return (self.table, *self.scores, *self.sums, self.measures, self.measured)

    @property
    def labelled(self) -> int:
        """How many rows have a label that can be read."""
        return int(self.table[:, :-1].sum())

    @property
    def unsaid(self) -> int:
        """How many of those have no class that a classifier said."""
        return int(self.table[-1, :-1].sum())

    @property
    def unscored(self) -> int:
        """How many of those lack a score that a classifier should have, or have one outside [0, 1]."""
        return self.labelled - int(self.measured[0]) if self.sums else 0


def total_outcome(many: Sequence[OutcomeCounts]) -> OutcomeCounts:
    """Add many at once."""
    first = many[0]
    return OutcomeCounts(
        table=np.sum([one.table for one in many], axis=0),
        scores=tuple(np.sum([one.scores[i] for one in many], axis=0) for i in range(len(first.scores))),
        sums=tuple(np.sum([one.sums[i] for one in many], axis=0) for i in range(len(first.sums))),
        # Fewer than 2^31 limbs of 32 bits do not overflow; carrying once at the end is the same as often.
        measures=add_limbs(np.sum([one.measures for one in many], axis=0), np.zeros_like(first.measures)),
        measured=np.sum([one.measured for one in many], axis=0),
    )
