"""What truly happened in a set of payments: the columns of the simulator before anything upstream spoils them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Who paid when, for what, and how much: `customer` is a place in the population, `second` counts from midnight UTC."""

    customer: NDArray[np.int64]
    second: NDArray[np.int64]
    category: NDArray[np.int64]
    cents: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Payments with all their particulars; codes are places in the catalogue's levels."""

    customer: NDArray[np.int64]
    second: NDArray[np.int64]
    category: NDArray[np.int64]
    cents: NDArray[np.int64]
    channel: NDArray[np.int64]
    device: NDArray[np.int64]
    country: NDArray[np.int64]
    distance_km: NDArray[np.float64]
    new_device: NDArray[np.bool_]
    ip_risk: NDArray[np.float64]
    count_24h: NDArray[np.int64]
    fraud: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """How many payments there are."""
        return self.customer.size

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Facts:
        """Only those rows, in that order."""
        return Facts(*(getattr(self, field.name)[rows] for field in fields(self)))

    def by_time(self) -> Facts:
        """The same payments in the order in which they were made."""
        return self.take(np.argsort(self.second, kind="stable"))

    @classmethod
    def joined(cls, parts: Sequence[Facts]) -> Facts:
        """All payments of all parts."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
