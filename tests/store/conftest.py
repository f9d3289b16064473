"""Profiles of random data, for whatever keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.profile.bins import fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role
from driftline.store.shelf import Shelf
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.profile.profile import Profile

DAY = datetime(2024, 3, 1, tzinfo=UTC)


def some_plan(seed: int = 0, *, columns: int = 5, sample: int = 20) -> Plan:
    """A plan with columns of every kind."""
    rng = np.random.default_rng(seed)
    kinds = [Kind.NUMBER, Kind.CATEGORY, Kind.TIMESTAMP, Kind.UNSUPPORTED, Kind.BOOLEAN]
    planned = []
    for i in range(columns):
        kind = kinds[i % len(kinds)]
        bins = {
            Kind.NUMBER: fit_number_bins(rng.normal(size=rng.integers(0, 200))),
            Kind.TIMESTAMP: fit_number_bins(rng.uniform(1.7e9, 1.8e9, size=50)),
            Kind.CATEGORY: fit_level_bins({"a": 3, "b": 2, "ü, \"'\n": 1}),
            Kind.BOOLEAN: fit_level_bins({"true": 1, "false": 1}),
        }.get(kind)
        column = Column(name=f"c{i}", kind=kind, role=Role.FEATURE, importance=rng.random() if i % 2 else None)
        planned.append(Planned(column, bins))
    return Plan(tuple(planned), sample=sample, seed=seed)


def some_profile(plan: Plan, seed: int, rows: int) -> Profile:
    """What some random rows count to; a fifth of the cells is null or odd, some columns are absent."""
    rng = np.random.default_rng(seed)
    table = {}
    for planned in plan.columns:
        if rng.random() < 0.1:
            continue
        numbers = rng.standard_cauchy(rows)
        numbers[rng.random(rows) < 0.1] = rng.choice([np.nan, np.inf, -np.inf, -0.0])
        texts = [str(text) for text in rng.choice(["a", "b", "true", "né w", "x" * 50], rows)]
        table[planned.name] = Cells(numbers, texts, rng.random(rows) < 0.1, rng.random(rows) < 0.1)
    return count(plan, table, rows)


def some_shelf(seed: int = 0, *, windows: int = 3, rows: int = 40, **options: int) -> Shelf:
    """Some days of all rows and of one segment."""
    plan = some_plan(seed, **options)
    entries = []
    for day in range(windows):
        window = Window(day, f"day {day}", DAY + timedelta(days=day), DAY + timedelta(days=day + 1))
        profile = some_profile(plan, seed * 100 + day, rows)
        entries += [(segment, window, profile) for segment in (None, "country=é")]
    return Shelf(plan, tuple(entries), about={"source": "data/*.parquet"})


@pytest.fixture(scope="session")
def make_shelf() -> Callable[..., Shelf]:
    """Makes shelves of random data."""
    return some_shelf


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """A shelf of three days and two segments."""
    return some_shelf()
