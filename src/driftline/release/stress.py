"""What a model is asked beside the holdout, in one go: a golden set, rows spoilt as they were before, columns exchanged between rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from driftline.errors import ConfigError, DataError, near_miss
from driftline.release.trials import numbers
from driftline.rollout.gate import Beside
from driftline.rollout.treatment import Leaning
from driftline.schema import Role
from driftline.training.scoring import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from driftline.config.release import Fault
    from driftline.config.specification import Specification
    from driftline.rollout.trial import Trial

    Tried = Callable[[list[Any], Said, Said], Trial]
    """From labels and both models' answers to a trial."""

SPOILT, EXCHANGED = 2000, 400
"""So many rows are spoilt for each fault, and so many have their columns exchanged: spread evenly over the holdout."""

NEVER = "a level that was never seen"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows that both models are asked about.

    Attributes:
        name: what they are; empty for rows whose labels do not matter.
        rows: features.
        labels: what came true; empty likewise.
        margin: by how much the challenger may be worse on them.
    """

    name: str
    rows: pa.Table
    labels: list[Any]
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Stress:
    """All of it.

    Attributes:
        holdout: rows of the holdout, which come first.
        parts: rows to be judged.
        plain: rows as they are, of which one column after another is exchanged; None where that is not asked.
        columns: those columns.
        exchanged: the rows with each of them exchanged.
    """

    holdout: pa.Table
    parts: tuple[Part, ...] = ()
    plain: pa.Table | None = None
    columns: tuple[str, ...] = ()
    exchanged: tuple[pa.Table, ...] = ()

    @property
    def table(self) -> pa.Table:
        """All rows, one after the other."""
        plain = () if self.plain is None else (self.plain,)
        return pa.concat_tables([self.holdout, *(part.rows for part in self.parts), *plain, *self.exchanged])

    def beside(self, champion: Said | None, challenger: Said, tried: Tried) -> Iterator[Beside]:
        """Both models on the parts; without a trial where the champion was not asked."""
        start = self.holdout.num_rows
        for part in self.parts:
            both = None if champion is None else (cut(champion, start, part.rows.num_rows), cut(challenger, start, part.rows.num_rows))
            yield Beside(part.name, None if both is None else tried(part.labels, *both), part.margin)
            start += part.rows.num_rows

    def leaning(self, champion: Said | None, challenger: Said) -> Leaning | None:
        """How far answers moved with each column; None where it was not asked."""
        if self.plain is None or champion is None:
            return None
        start = self.holdout.num_rows + sum(part.rows.num_rows for part in self.parts)
        rows = self.plain.num_rows
        sides = []
        for said in (champion, challenger):
            found = numbers((said.score or said.prediction or [])[start:]).reshape(1 + len(self.columns), rows)
            sides.append(np.nan_to_num(np.abs(found[1:] - found[0])))
        return Leaning(self.columns, *sides)


def planned(specification: Specification, table: pa.Table, features: list[str]) -> Stress:
    """What is to be asked.

    Args:
        specification: the monitor, with the golden set, faults and limits.
        table: the rows of the holdout, with labels.
        features: the columns that a model is given.

    Raises:
        ConfigError: the golden set is not there, or a fault names no column.
        DataError: the golden set has no labels.
    """
    wanted, holdout = specification.releasing, table.select(features)
    label = str(specification.monitor.hints.named(Role.LABEL))
    parts = [_golden(wanted.golden, holdout.schema, label, wanted.gate.golden_margin)] if wanted.golden else []
    some = _spread(table, SPOILT)
    for fault in wanted.faults:
        rows = _spoilt(some.select(features), fault)
        parts.append(Part(f"with {fault.name}", rows, some[label].to_pylist(), wanted.gate.fault_margin))
    if wanted.gate.explanation is None:
        return Stress(holdout, tuple(parts))
    plain, named = _spread(holdout, EXCHANGED), _named(specification, features)
    return Stress(holdout, tuple(parts), plain, named, tuple(_exchanged(plain, name) for name in named))


def cut(said: Said, start: int, rows: int) -> Said:
    """The answers to some rows."""
    parts = (None if one is None else one[start : start + rows] for one in (said.score, said.prediction, said.latency))
    return Said(*parts)


def _golden(path: Path, schema: pa.Schema, label: str, margin: float) -> Part:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(
            f"the golden set {str(path)!r} cannot be read: {error}", hint="write gate: {golden: …} as a Parquet file"
        ) from error
    if label not in table.column_names:
        raise DataError(f"the golden set {str(path)!r} has no column {label!r}", hint=near_miss(label, table.column_names))
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(table.num_rows, field.type) for field in schema
    ]
    return Part("golden set", pa.table(columns, schema=schema), table[label].to_pylist(), margin)


def _spread(table: pa.Table, most: int) -> pa.Table:
    """At most so many rows, spread evenly."""
    if table.num_rows <= most:
        return table
    return table.take(pa.array(np.linspace(0, table.num_rows - 1, most).astype(np.int64)))


def _spoilt(rows: pa.Table, fault: Fault) -> pa.Table:
    place = rows.schema.get_field_index(fault.column)
    if place < 0:
        raise ConfigError(f"no column {fault.column!r} could be spoilt", hint=near_miss(fault.column, rows.column_names))
    field = rows.schema.field(place)
    if fault.factor == 0:
        column: Any = pa.nulls(rows.num_rows, field.type)
    elif fault.factor is None:
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            raise ConfigError(f"{fault.column!r} is {field.type}, and has no levels", hint="write it under missing or times")
        column = pa.array([NEVER] * rows.num_rows, field.type)
    else:
        column = pc.multiply(rows.column(place).cast(pa.float64()), fault.factor).cast(field.type, safe=False)
    return rows.set_column(place, field, column)


def _named(specification: Specification, features: list[str]) -> tuple[str, ...]:
    """Columns that are more than names and times."""
    hints = specification.monitor.hints
    away = {name for name, role in hints.roles.items() if role in {Role.ID, Role.TIMESTAMP, Role.IGNORED}}
    return tuple(name for name in features if name not in away)


def _exchanged(rows: pa.Table, name: str) -> pa.Table:
    """Each row has what another row had, half of the table away."""
    place, half = rows.schema.get_field_index(name), rows.num_rows // 2
    column = pa.chunked_array(
        [*rows.column(place).slice(half).chunks, *rows.column(place).slice(0, half).chunks], rows.schema.field(place).type
    )
    return rows.set_column(place, rows.schema.field(place), column)
