"""The stream is the same for a seed, a day at a time, and quiet where nothing happens."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2, rankdata, ttest_1samp

from driftline.simulator import Event, PaymentsConfig, simulate
from driftline.simulator.events import FEATURES
from driftline.simulator.payments import Payments

if TYPE_CHECKING:
    from conftest import Stream

SMALL = PaymentsConfig(seed=5, rows_per_day=300, days=10, events=(), scored=False)
SEEDS = range(8)


def test_a_seed_gives_the_same_stream() -> None:
    """Two runs are equal to the last bit, and another seed is another stream."""
    one, two = pa.concat_tables(simulate(SMALL)), pa.concat_tables(simulate(SMALL))
    assert one.equals(two)
    assert not one.equals(pa.concat_tables(simulate(replace(SMALL, seed=6))))


def test_a_scored_stream_is_the_same_again() -> None:
    """The trained model, too, is a function of the seed."""
    config = replace(SMALL, rows_per_day=500, days=1, scored=True)
    one, two = (next(simulate(config)) for _ in range(2))
    assert one.equals(two)
    assert {"model_score", "model_pred"} < set(one.column_names)


@pytest.mark.parametrize("kind", ["nothing", "campaign", "attack", "gradual_drift", "duplicated_batch"])
def test_a_day_does_not_need_the_others(kind: str) -> None:
    """Day 7 alone is day 7 of the whole stream, whatever happens in it."""
    config = replace(SMALL, events=(Event(kind=kind, from_day=6),))
    walked = next(islice(simulate(config), 7, None))
    [alone] = Payments(config).days([7])
    [after_another] = list(Payments(config).days([30, 7]))[1:]
    assert alone.rows.equals(walked)
    assert after_another.rows.equals(walked)


def test_an_event_changes_no_day_before_it() -> None:
    """Adding an event leaves all days before it as they were."""
    event = Event(kind="campaign", from_day=6)
    before = list(simulate(SMALL))[:6]
    assert all(day.equals(old) for day, old in zip(simulate(replace(SMALL, events=(event,))), before, strict=False))


def test_a_batch_that_comes_twice_takes_its_labels_along() -> None:
    """Rows with the same transaction_id have the same label, and each payment has one label."""
    config = replace(SMALL, events=(Event(kind="duplicated_batch", from_day=0),))
    [day] = Payments(config).days([3])
    pairs = set(zip(day.rows["transaction_id"].to_pylist(), day.rows["is_fraud"].to_pylist(), strict=True))
    assert len(pairs) == day.labels.num_rows < day.rows.num_rows == day.fraud.size


def test_a_row_holds_everything_and_lacks_nothing(stream: Stream) -> None:
    """Only labels that never come are null, for both of their columns."""
    missing = {name: stream.table[name].null_count for name in stream.table.column_names}
    lost = missing.pop("is_fraud")
    assert 0 < lost == missing.pop("label_ts")
    assert set(missing.values()) == {0}


def test_memory_does_not_grow_with_the_days() -> None:
    """Forty days take no more memory at their peak than fifteen, but for what a few days hold: the collector has its own time."""

    def peak(days: int) -> int:
        gc.collect()
        tracemalloc.start()
        arrow = pa.total_allocated_bytes()
        largest = 0
        for _ in simulate(replace(SMALL, days=days)):
            largest = max(largest, pa.total_allocated_bytes() - arrow)
        largest += tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return largest

    day = max(table.nbytes for table in simulate(replace(SMALL, days=5)))
    assert peak(40) - peak(15) < 12 * day


def weeks(payments: Payments, first: int) -> pa.Table:
    """Two weeks from a day on."""
    return pa.concat_tables([day.rows for day in payments.days(range(first, first + 14))])


def shifts(before: pa.Table, after: pa.Table) -> dict[str, float]:
    """How each number's mean rank, and each level's share, differs between two tables."""
    found = {}
    for name in FEATURES:
        old, new = before[name].to_numpy(), after[name].to_numpy()
        if pa.types.is_string(before.schema.field(name).type):
            for level in set(old.tolist()):
                found[f"{name}={level}"] = float((new == level).mean() - (old == level).mean())
        else:
            ranks = rankdata(np.concatenate([old, new])) / (old.size + new.size)
            found[name] = float(ranks[old.size :].mean() - ranks[: old.size].mean())
            found[f"{name} spread"] = float(np.abs(ranks[old.size :] - 0.5).mean() - np.abs(ranks[: old.size] - 0.5).mean())
    return found


def moved(events: tuple[Event, ...]) -> set[str]:
    """What differs between the reference and the weeks from day 60 on, in several worlds alike.

    Rows of one customer are alike, so rows are no independent sample; worlds of different seeds are.
    A t-test over worlds needs no assumption about rows. All its tests together err in 1 of 100 cases.
    """
    differences = []
    for seed in SEEDS:
        payments = Payments(replace(SMALL, seed=seed, rows_per_day=500, days=100, events=events))
        differences.append(shifts(weeks(payments, -14), weeks(payments, 60)))
    names = set(differences[0]).intersection(*differences)
    found = {name: ttest_1samp([each[name] for each in differences], 0.0).pvalue for name in names}
    return {name for name, p in found.items() if p < 0.01 / len(found)}


def test_quiet_weeks_are_like_the_reference() -> None:
    """No feature ages, warms up or wanders: eleven weeks after the reference all of them are distributed as in it."""
    assert moved(()) == set()


def test_the_test_of_quiet_weeks_can_fail() -> None:
    """A slow move to the app, a sixth of its usual size, is noticed by the same test."""
    assert "channel=app" in moved((Event(kind="gradual_drift", from_day=0, size=0.05),))


def test_quiet_days_are_exchangeable_given_the_weekday() -> None:
    """Rows per day scatter around their weekday's mean as Poisson counts do, no more and no less."""
    rows = np.array([day.num_rows for day in simulate(replace(SMALL, days=84))]).reshape(12, 7)
    dispersion = float(((rows - rows.mean(axis=0)) ** 2 / rows.mean(axis=0)).sum())
    assert chi2(77).ppf(0.001) < dispersion < chi2(77).ppf(0.999)


def test_the_week_has_a_season(stream: Stream) -> None:
    """The category mix on weekends is not that of workdays: a monitor that ignores the week sees drift in it."""
    weekday = np.array([at.weekday() for at in stream.table["ts"].to_pylist()])
    restaurant = np.array(stream.table["merchant_category"].to_pylist()) == "restaurant"
    assert restaurant[weekday >= 5].mean() > restaurant[weekday < 5].mean() + 0.02
