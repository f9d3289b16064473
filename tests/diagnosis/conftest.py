"""A shop whose days are made up, and what a diagnosis sees of a day that was spoilt on its way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from driftline import wiring
from driftline.config.specification import specify
from driftline.diagnosis.history import History, Known, case_at
from driftline.engines import count as counting
from driftline.services.check import Counted, check
from driftline.services.diagnose import diagnose
from driftline.sources.opening import open_source
from driftline.verdicts.report import Report, Verdict, WindowReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.monitor import Monitor
    from driftline.profile.plan import Plan
    from driftline.verdicts.diagnosis import Diagnosis

    Table = dict[str, NDArray[np.generic]]

CITIES = np.array(["München", "Köln", "Zürich", "Paris", "Lyon"], dtype=object)
COUNTRIES = np.array(["DE", "FR", "IT", "ES", "PT"], dtype=object)
CHANNELS = np.array(["store", "web", "app"], dtype=object)
COURSE = np.array([1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 13, 12, 12, 13, 15, 17, 16, 12, 8, 4, 2]) / 204


def shop(seed: int, rows: int) -> Table:
    """Sales of a day: the older buy in the store, the dear things are heavy, the city lies in the country."""
    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(44, 15, rows).round(), 18, 90)
    amount = np.exp(rng.normal(3.2, 0.8, rows)).round(2)
    place = rng.choice(5, rows, p=[0.35, 0.25, 0.2, 0.15, 0.05])
    young = 1 / (1 + np.exp((age - 40) / 8))
    return {
        "sale": np.array([f"{seed}-{i}" for i in range(rows)], dtype=object),
        "amount": amount,
        "weight": amount * np.exp(rng.normal(-2, 0.3, rows)),
        "age": age,
        "celsius": rng.normal(18, 6, rows).round(1),
        "balance": rng.normal(400, 250, rows),
        "hour": rng.choice(24, rows, p=COURSE).astype(float),
        "country": COUNTRIES[place],
        "city": CITIES[(place + (rng.random(rows) < 0.3)) % 5],
        "channel": CHANNELS[np.where(rng.random(rows) < young, 2, rng.random(rows) < 0.3).astype(int)],
        "size": np.array(["1", "2", "3", "4"], dtype=object)[rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])],
    }


def joined(days: Sequence[Table]) -> pa.Table:
    """Days as one table, told apart by a column; a column is text where any day has text in it."""
    names = dict.fromkeys(name for day in days for name in day)
    columns = {name: np.concatenate([day.get(name, np.full(len(day["sale"]), None)).astype(object) for day in days]) for name in names}
    for name, values in columns.items():
        if any(isinstance(value, str) for value in values):
            columns[name] = np.array([None if value is None else str(value) for value in values], dtype=object)
    made = {name: pa.array(values.tolist(), from_pandas=True) for name, values in columns.items()}
    return pa.table({**made, "day": np.repeat(np.arange(len(days)), [len(day["sale"]) for day in days])})


@dataclass(frozen=True)
class Clinic:
    """A reference of the shop, against which days are judged and diagnosed."""

    reference: Table
    settings: dict[str, object]

    @staticmethod
    def day(seed: int, rows: int = 3000) -> Table:
        """A day on which nothing is wrong."""
        return shop(seed, rows)

    @cached_property
    def learnt(self) -> tuple[Monitor, Plan, Counted]:
        """What is known of the reference; learnt once."""
        settings = {"window": {"column": "day"}, "columns": {"id": "sale"}, **self.settings}
        monitor = specify({"reference": "r", "current": "c", **settings}, {}, name="test").monitor
        reference = pa.table({name: pa.array(values.tolist()) for name, values in self.reference.items()})
        return monitor, *wiring.learn(open_source(reference, name="r"), monitor)

    def judged(self, *days: Table) -> tuple[Counted, Counted, Report]:
        """What was counted, and what was said of it."""
        monitor, plan, learnt = self.learnt
        counted = counting.count(plan, open_source(joined(days), name="c"), monitor.windowing, monitor.hints)
        current = Counted(counted.profiles)
        return learnt, current, check(learnt, current, monitor, datetime(2026, 1, 1, tzinfo=UTC))

    def told(self, *days: Table) -> tuple[Diagnosis, ...]:
        """The explanations of the last day."""
        whole = [window for window in diagnose(*self.judged(*days)).windows if window.segment is None]
        return whole[-1].diagnosis

    def case(self, *days: Table, at: int = -1) -> Case:
        """One day, the last without more ado, with every column asked about: as if the verdict had called them all drifted."""
        learnt, _, report = self.judged(*days)
        blocks = [profile for _, profile in learnt.of(None)]
        windows = [_accused(window) for window in report.windows]
        history = History(blocks, windows, report.profiles, learnt.like_windows)
        last = at % len(windows)
        return case_at(history, Known.of(blocks), last, {place: range(last) for place in range(len(blocks[0].plan.columns))})

    def look(self, name: str, *days: Table) -> tuple[Case, Look]:
        """The last day and one of its columns beside the reference."""
        case = self.case(*days)
        return case, case.looks[case.plan.index(name)][0]


def _accused(window: WindowReport) -> WindowReport:
    return replace(window, verdict=Verdict.DRIFTED, columns=[replace(column, verdict=Verdict.DRIFTED) for column in window.columns])


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    """A shop with twelve thousand known sales."""
    return Clinic(shop(0, 12_000), {})
