"""A simulated stream of card payments, day by day: customers, thieves, a model, late labels, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.simulator.companions import accompanied
from driftline.simulator.faults import delivered
from driftline.simulator.labels import LABEL_COLUMNS, arrivals
from driftline.simulator.ledger import Ledger
from driftline.simulator.model import Model, train
from driftline.simulator.tables import table
from driftline.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from driftline.simulator.settings import PaymentsConfig


TRAINING_ROWS = 250_000
"""The model learns from no more than about so many rows, so that a large stream needs no large memory."""
PLACE = "_place"


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One day: the rows as they arrive, what is known of each payment later, and the truth about each row."""

    number: int
    rows: pa.Table
    labels: pa.Table
    fraud: NDArray[np.bool_]


class Payments:
    """The days of one configuration; each can be asked for alone, and is the same however it is reached."""

    def __init__(self, config: PaymentsConfig) -> None:
        self._config = config
        self._world = World.of(config)
        self._ledger = Ledger(self._world.population.size, self._world.visits)
        self._model: Model | None = None

    @property
    def model(self) -> Model | None:
        """The model that scores; None where there is none, or where no day was asked for yet."""
        return self._model

    def days(self, numbers: Iterable[int]) -> Iterator[Day]:
        """Days by their numbers: 0 is the first watched one, the reference and the training weeks are before it."""
        if self._config.scored and self._model is None:
            self._model = self._trained()
        for number in numbers:
            yield self._day(number)

    def _day(self, number: int) -> Day:
        facts = self._world.facts(number)
        usual = self._ledger.averages(number, self._world.population.usual_amount)
        true = table(self._world, number, facts, usual)
        labels = arrivals(self._config, number, true, facts.fraud)
        # A batch that comes twice takes its labels with it: each row remembers which payment it is.
        rows = delivered(self._config, number, true.append_column(PLACE, pa.array(np.arange(true.num_rows))))
        place = rows[PLACE].to_numpy()
        rows = accompanied(self._config, number, rows.drop_columns([PLACE]))
        if self._model:
            rows = self._model.score(rows)
        for name in LABEL_COLUMNS:
            rows = rows.append_column(name, labels[name].take(pa.array(place)))
        return Day(number, rows, labels, facts.fraud[place])

    def _trained(self) -> Model:
        config = self._config
        every = max(1, config.train_days * config.rows_per_day // TRAINING_ROWS)
        tables, known = [], []
        for number in range(config.first_day, config.first_day + config.train_days):
            day = self._day(number)
            rows = np.flatnonzero(day.rows["is_fraud"].is_valid().to_numpy())[::every]
            tables.append(day.rows.take(pa.array(rows)))
            known.append(day.fraud[rows])
        return train(pa.concat_tables(tables), np.concatenate(known), threshold=config.threshold, seed=config.seed)


def simulate(config: PaymentsConfig) -> Iterator[pa.Table]:
    """Yield the watched days of a stream of payments, a table each, in order.

    A row is what was known when the payment was made, the model's `model_score` and `model_pred`,
    and what became known later: `is_fraud` from `label_ts` on (both null where the label is lost). A
    monitor may read `is_fraud` only from `label_ts` on. Memory holds the model's training rows, then
    one day, whatever the number of days.

    Raises:
        ConfigError: scikit-learn is missing, or the training weeks hold too little fraud.

    >>> from driftline.simulator.settings import PaymentsConfig
    >>> quiet = PaymentsConfig(days=2, rows_per_day=200, events=(), scored=False)
    >>> [day["ts"][0].as_py().date().isoformat() for day in simulate(quiet)]
    ['2026-03-02', '2026-03-03']
    """
    for day in Payments(config).days(range(config.days)):
        yield day.rows
