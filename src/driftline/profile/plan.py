"""The plan of counting: which columns, in which bins. Profiles of one plan add; others do not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from driftline.profile.bins import Bins, LevelBins, NumberBins
from driftline.profile.outcome import Outcome
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from typing import Any

SCHEMA = 1
"""The number of the plan's written form."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A column and its bins; `bins` is None for columns that are only checked for presence."""

    column: Column
    bins: Bins | None

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def width(self) -> int:
        """How many value bins the column has; one, for values, where none were fitted."""
        return self.bins.width if self.bins else 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns in order, the sample's size, the seed of every hash, and how outcomes are counted where labels are known.

    The value bins of all columns lie one after another in one row of counts; `offsets[i]` is where
    column i begins and `offsets[-1]` is the row's width. `names` are the columns' names, in order.
    """

    columns: tuple[Planned, ...]
    sample: int = 500
    seed: int = 0
    outcome: Outcome | None = None
    offsets: tuple[int, ...] = field(init=False, repr=False, compare=False)
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    fingerprint: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        offsets = [0]
        for planned in self.columns:
            offsets.append(offsets[-1] + planned.width)
        object.__setattr__(self, "offsets", tuple(offsets))
        object.__setattr__(self, "names", tuple(planned.name for planned in self.columns))
        canonical = json.dumps(self.to_dict(), sort_keys=True).encode()
        object.__setattr__(self, "fingerprint", hashlib.blake2b(canonical, digest_size=16).hexdigest())

    @property
    def width(self) -> int:
        """How many value bins all columns have together."""
        return self.offsets[-1]

    def index(self, name: str) -> int:
        """The place of the column of that name."""
        return self.names.index(name)

    def alone(self, index: int) -> Plan:
        """The plan of column `index` by itself."""
        return Plan((self.columns[index],), self.sample, self.seed)

    def slice(self, index: int) -> slice:
        """Where column `index` lies in the row of counts."""
        return slice(self.offsets[index], self.offsets[index + 1])

    def with_role(self, role: Role) -> int | None:
        """The place of the first column with that role."""
        return next((i for i, planned in enumerate(self.columns) if planned.column.role is role), None)

    def to_dict(self) -> dict[str, Any]:
        """Write the plan as plain JSON; floats are written exactly."""
        return {
            "schema": SCHEMA,
            "sample": self.sample,
            "seed": self.seed,
            **({"outcome": self.outcome.to_dict()} if self.outcome else {}),
            "columns": [_planned_to_dict(planned) for planned in self.columns],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Plan:
        """Read what `to_dict` wrote."""
        columns = tuple(_planned_from_dict(item) for item in data["columns"])
        outcome = Outcome.from_dict(data["outcome"]) if "outcome" in data else None
        return cls(columns=columns, sample=data["sample"], seed=data["seed"], outcome=outcome)


def _planned_to_dict(planned: Planned) -> dict[str, Any]:
    column = planned.column
    item: dict[str, Any] = {"name": column.name, "kind": column.kind.value, "role": column.role.value}
    if column.importance is not None:
        item["importance"] = column.importance
    match planned.bins:
        case NumberBins() as bins:
            # Hexadecimal floats: exact, and infinity stays JSON.
            item |= {"edges": [edge.hex() for edge in bins.edges], "center": bins.center.hex(), "scale": bins.scale.hex()}
        case LevelBins() as bins:
            item |= {"levels": list(bins.levels), "open": bins.open}
    return item


def _planned_from_dict(item: dict[str, Any]) -> Planned:
    column = Column(name=item["name"], kind=Kind(item["kind"]), role=Role(item["role"]), importance=item.get("importance"))
    if "edges" in item:
        edges = tuple(float.fromhex(edge) for edge in item["edges"])
        return Planned(column, NumberBins(edges, float.fromhex(item["center"]), float.fromhex(item["scale"])))
    if "levels" in item:
        return Planned(column, LevelBins(tuple(item["levels"]), item["open"]))
    return Planned(column, None)
