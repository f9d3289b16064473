"""The rota: a monitor with a schedule is looked at when its moment has come, once, whoever works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driftline.server.face import wall_clock
from driftline.server.rota import turns
from driftline.server.worker import Worker
from driftline.services.cycle import Pace

AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
DAILY = "{cron: '30 6 * * *', timezone: Europe/Berlin}"


@pytest.fixture
def clock() -> list[datetime]:
    """The time, which stands until it is set; six o'clock in Berlin, on the day after clocks have changed."""
    return [datetime(2026, 3, 30, 4, 0, tzinfo=UTC)]


def test_rows_wait_until_the_moment_has_come(world: Any, rows_of: Any, clock: list[datetime]) -> None:
    """And are counted then, also those that have only just come; in between nothing happens."""
    world.change(schedule=DAILY)

    def judged(at: str) -> int:
        clock[0] = datetime.fromisoformat(f"2026-{at}+00:00")
        return world.round(Pace(settle=timedelta(hours=1), lateness=timedelta(0), patience=timedelta(0)), lambda: clock[0]).judged

    assert judged("03-30 04:00") == 0
    world.send(rows_of(0, 60), "a", at=datetime(2026, 3, 30, 4, 29, tzinfo=UTC))
    assert [judged(f"03-30 {time}") for time in ("04:29", "04:30", "04:31")] == [0, 1, 0]
    world.send(rows_of(60, 60), "b", at=datetime(2026, 3, 30, 5, 0, tzinfo=UTC))
    assert [judged(at) for at in ("03-30 05:00", "03-31 04:29", "03-31 04:30")] == [0, 0, 1]


def test_a_moment_that_was_missed_is_made_up_for_once(small: Any, rows_of: Any, clock: list[datetime]) -> None:
    """However many there were while nobody ran."""
    small.change(schedule="15 minutes")
    seen = []
    for minutes in (0, 14, 100, 101, 104, 105):
        now = clock[0] + timedelta(minutes=minutes)
        seen.append(len(turns(small.service, now).due))
        small.round(AT_ONCE, lambda now=now: now)
    assert seen == [0, 0, 1, 0, 0, 1]


def test_of_two_workers_one_does_it(world: Any, rows_of: Any, clock: list[datetime]) -> None:
    """The other finds that it has been done."""
    world.change(schedule=DAILY)
    workers = [Worker(world.service, AT_ONCE, lambda: clock[0], threads=1) for _ in range(2)]
    for worker in workers:
        worker.round()
    world.send(rows_of(0, 60), "a", at=clock[0])
    clock[0] += timedelta(hours=1)
    assert [worker.round().judged for worker in workers] == [1, 0]
    assert [worker.round().turns for worker in workers] == [0, 0]


def test_rows_are_fetched_by_schedule_too(small: Any, tmp_path: Any, clock: list[datetime]) -> None:
    """A query over a warehouse is not asked every fifteen seconds."""
    (tmp_path / "in.csv").write_text("id,amount,plan,score,ts\np1,1.0,pro,0.5,2026-01-05T00:00:00Z\n")
    small.change(schedule="15 minutes", collect=f"{{predictions: '{tmp_path}/*.csv'}}")
    for minutes, windows in ((0, 0), (14, 0), (15, 1)):
        now = wall_clock() + timedelta(minutes=minutes)
        small.round(AT_ONCE, lambda now=now: now)
        assert len(small.windows()) == windows


def test_a_scheduler_from_outside_decides_by_itself(small: Any, rows_of: Any, clock: list[datetime]) -> None:
    """Whoever calls `driftline run` wants it done now."""
    small.change(schedule=DAILY)
    small.send(rows_of(0, 60), "a")
    assert Worker(small.service, AT_ONCE, wall_clock, threads=1, scheduled=False).round().judged == 1
