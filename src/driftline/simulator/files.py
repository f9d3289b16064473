"""Writes a simulated stream as the files a monitor reads, and the truth about it beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from driftline.errors import ConfigError
from driftline.simulator.labels import LABEL_COLUMNS, SOONEST_DAYS
from driftline.simulator.payments import Payments
from driftline.simulator.truth import counts, truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from driftline.simulator.model import Model
    from driftline.simulator.payments import Day
    from driftline.simulator.settings import PaymentsConfig

    Progress = Callable[[str, int, int | None], None]

DAY_FILE = "payments-{}.parquet"


@dataclass(frozen=True, slots=True)
class Written:
    """Where the files lie, the truth as `truth.json` has it, and the model that scored; None where none did."""

    reference: Path
    data: Path
    labels: Path
    truth_file: Path
    truth: dict[str, object]
    model: Model | None = None


def write(config: PaymentsConfig, directory: Path, *, progress: Progress | None = None) -> Written:
    """Simulate a stream and write it into a directory, which is made where it is not there.

    - `reference.parquet`: the reference weeks, scored by a model that was trained on the weeks before
    - `data/payments-YYYY-MM-DD.parquet`: one file for each watched day, with the same columns
    - `labels.parquet`: `transaction_id`, `is_fraud`, `label_ts` for reference and days, in the order
      in which they become known; labels that never do are not there
    - `truth.json`: what happens, what it changes, what should be done, and the true counts of each day

    Day files of an earlier simulation are replaced. Memory holds the model's training rows, then one
    day and two weeks of labels. `progress` is told what is being done, how many days are done, and of
    how many.

    Raises:
        ConfigError: the data directory holds Parquet files of somebody else, scikit-learn is missing,
            or the training weeks hold too little fraud.
    """
    told = progress or (lambda _what, _done, _of: None)
    data = directory / "data"
    clear(data)
    told("training", 0, None)
    numbers = range(-config.reference_days, config.days)
    daily = []
    payments = Payments(config)
    with Labels(directory / "labels.parquet") as labels, Sheets(config, directory / "reference.parquet", data) as sheets:
        for day in payments.days(numbers):
            sheets.take(day)
            labels.take(day, before=config.midnight(day.number + 1 + SOONEST_DAYS))
            daily.append(counts(config, day))
            told("simulating", day.number - numbers.start + 1, len(numbers))
    known = truth(config, daily)
    path = directory / "truth.json"
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return Written(directory / "reference.parquet", data, directory / "labels.parquet", path, known, payments.model)


def clear(data: Path) -> None:
    """Make the data directory and remove the day files of an earlier simulation from it."""
    data.mkdir(parents=True, exist_ok=True)
    ours = set(data.glob(DAY_FILE.format("*")))
    if foreign := sorted(set(data.glob("*.parquet")) - ours):
        raise ConfigError(
            f"'{data}' already holds '{foreign[0].name}', which is not a simulated day",
            hint="give an empty directory; whoever watches that one would read both",
        )
    for path in ours:
        path.unlink()


class Sheets:
    """The rows as they arrive: the reference in one file, then a file for each day."""

    def __init__(self, config: PaymentsConfig, reference: Path, data: Path) -> None:
        self._config = config
        self._reference = reference
        self._data = data
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()

    def take(self, day: Day) -> None:
        """Write one day, without what nobody knows yet."""
        rows = day.rows.drop_columns(list(LABEL_COLUMNS))
        if day.number >= 0:
            pq.write_table(rows, self._data / DAY_FILE.format(self._config.date_of(day.number)))
            return
        self._writer = self._writer or pq.ParquetWriter(self._reference, rows.schema)
        self._writer.write_table(rows)


class Labels:
    """Labels in the order in which they become known, of which only those still to come are held."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._waiting: pa.Table | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer and self._waiting:
            self._writer.write_table(self._waiting.sort_by("label_ts"))
        if self._writer:
            self._writer.close()

    def take(self, day: Day, *, before: datetime) -> None:
        """Add a day's labels, and write those that come before an instant which no later label can come before."""
        new = day.labels.filter(day.labels["is_fraud"].is_valid())
        waiting = pa.concat_tables([self._waiting, new]) if self._waiting else new
        due = pc.less(waiting["label_ts"], pa.scalar(before, new.schema.field("label_ts").type))
        self._writer = self._writer or pq.ParquetWriter(self._path, new.schema)
        self._writer.write_table(waiting.filter(due).sort_by("label_ts"))
        self._waiting = waiting.filter(pc.invert(due))
