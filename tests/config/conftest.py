"""What tests of settings share: profiles of columns that are told in a line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.profile.bins import fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.profile.profile import Profile


def profiled(**columns: Any) -> Profile:
    """The profile of columns of numbers, texts, truths, and of pairs of a kind and numbers."""
    planned, cells = [], {}
    for name, given in columns.items():
        kind, values = given if isinstance(given, tuple) else (None, given)
        kind = kind or (Kind.NUMBER if isinstance(values, np.ndarray) else Kind.CATEGORY)
        none = np.zeros(len(values), dtype=bool)
        if kind in {Kind.NUMBER, Kind.TIMESTAMP}:
            bins: Any = fit_number_bins(np.asarray(values))
            cells[name] = Cells(np.asarray(values), [None] * len(values), none, none)
        else:
            bins = fit_level_bins(Counter(values))
            cells[name] = Cells(np.full(len(values), np.nan), values, none, none)
        planned.append(Planned(Column(name=name, kind=kind), bins))
    return count(Plan(tuple(planned)), cells, len(values))


@pytest.fixture(name="profile", scope="session")
def profile_of() -> Callable[..., Profile]:
    """Counts columns."""
    return profiled
