"""Where models are trained on what was known at some time, asked about later rows, and what each costs is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from driftline.backtesting.rows import Lesson, chosen_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from driftline.backtesting.rows import Rows
    from driftline.decisions.sampling import Chosen

    Floats = NDArray[np.float64]


class Learner(Protocol):
    """Trains on rows and scores others."""

    @property
    def name(self) -> str:
        """By this results are kept."""
        ...

    def scores(self, rows: pa.Table, truth: Floats, weights: Floats, asked: pa.Table) -> Floats:
        """Train on rows and score others, in their order."""
        ...


class Bench:
    """Trains models and keeps what each costs."""

    def __init__(
        self, rows: Rows, learner: Learner, priced: Callable[[Floats, Floats], Floats], folder: Path | None, most: int | None
    ) -> None:
        self.rows, self.learner, self.trained = rows, learner, 0
        self._priced, self._folder, self._most = priced, folder, most
        self._window = rows.window()
        self._made: dict[str, Floats] = {}

    def in_service(self) -> Floats:
        """What windows cost with the model in service; where it said nothing, with one that was trained before the first window."""
        if np.isnan(self.rows.served[self._window >= 0]).all():
            return self.costs(Lesson(0))
        return self._billed(0, self.rows.served)

    def costs(self, lesson: Lesson) -> Floats:
        """What windows cost with a model from where it is trained on. Shape: windows − model."""
        return self._kept(f"{lesson.name}.npy", lambda: self.trained_on(lesson.model, chosen_at(self.rows, lesson, self._most)))

    def answers(self, lesson: Lesson) -> Floats:
        """What such a model says of all rows since it was trained, labelled or not; NaN for others. Shape: rows."""
        asked = (self._window >= lesson.model) & (self._window < len(self.rows.ends))

        def said() -> Floats:
            return self._said(asked, chosen_at(self.rows, lesson, self._most))

        found = self._kept(f"said-{lesson.name}.npy", said)
        self._kept(f"{lesson.name}.npy", lambda: self._billed(lesson.model, found))
        return found

    def trained_on(self, model: int, chosen: Chosen) -> Floats:
        """What the windows from one on cost with a model that was trained on these rows. Shape: windows − model."""
        asked = (self._window >= model) & (self._window < len(self.rows.ends)) & ~np.isnan(self.rows.truth)
        return self._billed(model, self._said(asked, chosen))

    def _kept(self, name: str, made: Callable[[], Floats]) -> Floats:
        """A result that was kept, or is made, and kept."""
        file = None if self._folder is None else self._folder / name
        if name in self._made:
            return self._made[name]
        if file is not None and file.exists():
            return np.asarray(np.load(file), dtype=np.float64)
        found = self._made[name] = made()
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, found)
        return found

    def _said(self, asked: NDArray[np.bool_], chosen: Chosen) -> Floats:
        """Train, and ask about some rows; NaN for the others."""
        places, scores = np.flatnonzero(asked), np.full(self.rows.table.num_rows, np.nan)
        if not places.size:
            return scores
        learnt = self.rows.table.take(pa.array(chosen.rows))
        scores[places] = self.learner.scores(learnt, self.rows.truth[chosen.rows], chosen.weights, self.rows.table.take(pa.array(places)))
        self.trained += 1
        return scores

    def _billed(self, model: int, scores: Floats) -> Floats:
        """The cost of each window from one on. Rows without a truth cost nothing: nobody knows what they cost."""
        there = (self._window >= model) & (self._window < len(self.rows.ends)) & ~np.isnan(self.rows.truth) & ~np.isnan(scores)
        cost = self._priced(scores[there], self.rows.truth[there])
        return np.asarray(np.bincount(self._window[there], cost, len(self.rows.ends))[model:], dtype=np.float64)
