"""The settings of a simulated stream of payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from driftline.errors import ConfigError
from driftline.simulator.events import EVENTS, Event

FEWEST_ROWS = 100
MOST_COMPANIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsConfig:
    """A stream of payments: how long, how many, from when, and what happens in it.

    `days` are watched, from `start` on (UTC). Before them lie `reference_days` of reference, and
    before those the `train_days` on which the model is trained. `rows_per_day` is the average over a
    week. `fraud_rate` is the share of fraud while nothing happens, `labels_lost` the share of labels
    that never arrive, `threshold` the score from which the model predicts fraud. With `scored` false
    there is no model, and scikit-learn is not needed. `companions` are further columns, which no model reads.

    Raises:
        ConfigError: a setting is out of its range.
    """

    seed: int = 7
    days: int = 90
    rows_per_day: int = 3000
    start: date = date(2026, 3, 2)
    events: tuple[Event, ...] = EVENTS
    train_days: int = 28
    reference_days: int = 28
    fraud_rate: float = 0.008
    labels_lost: float = 0.01
    threshold: float = 0.2
    scored: bool = True
    companions: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "seed": (self.seed, 0, None),
            "days": (self.days, 1, None),
            "rows_per_day": (self.rows_per_day, FEWEST_ROWS, None),
            "train_days": (self.train_days, 7 if self.scored else 0, None),
            "reference_days": (self.reference_days, 1, None),
            "fraud_rate": (self.fraud_rate, 0.0005, 0.2),
            "labels_lost": (self.labels_lost, 0.0, 1.0),
            "threshold": (self.threshold, 0.0, 1.0),
            "companions": (self.companions, 0, MOST_COMPANIONS),
        }
        for name, (value, least, most) in ranges.items():
            if not (least <= value and (most is None or value <= most)):
                limit = f"at least {least:g}" if most is None else f"from {least:g} to {most:g}"
                raise ConfigError(f"{name} cannot be {value!r}", hint=f"give a number {limit}")

    @property
    def first_day(self) -> int:
        """The number of the first day of all, the first on which the model is trained: not above 0."""
        return -self.train_days - self.reference_days

    def date_of(self, day: int) -> date:
        """The date of a day, counted from the first watched one."""
        return self.start + timedelta(days=day)

    def midnight(self, day: int) -> datetime:
        """The instant at which a day begins, in UTC."""
        at = self.date_of(day)
        return datetime(at.year, at.month, at.day, tzinfo=UTC)

    def weekday(self, day: int) -> int:
        """The day of the week, 0 for Monday."""
        return self.date_of(day).weekday()
