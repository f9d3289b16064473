"""A small stream that several files of tests look at; its model is trained once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from driftline.simulator import Event, PaymentsConfig
from driftline.simulator.payments import Payments

QUIET = PaymentsConfig(seed=11, rows_per_day=2000, days=14, events=())


class Stream:
    """The same two weeks with any events in them, scored by one model."""

    def __init__(self) -> None:
        self.quiet = Payments(QUIET)
        self.table, self.fraud = self._weeks(self.quiet)

    def _weeks(self, payments: Payments) -> tuple[pa.Table, np.ndarray]:
        days = list(payments.days(range(QUIET.days)))
        return pa.concat_tables([day.rows for day in days]).combine_chunks(), np.concatenate([day.fraud for day in days])

    def with_events(self, *events: Event) -> tuple[pa.Table, np.ndarray]:
        """The stream's two weeks as they are with these events, and which rows are fraud."""
        payments = Payments(replace(QUIET, events=events))
        payments._model = self.quiet._model
        return self._weeks(payments)


@pytest.fixture(scope="session")
def stream() -> Stream:
    """Two quiet weeks, and the same with events."""
    return Stream()
