"""Delays of labels in the service: learnt as they come, no verdict before, a verdict when a window is of age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import select

from driftline.services.cycle import Pace
from driftline.services.intake import Kind
from driftline.store.lateness import read_delays
from driftline.store.tables import lateness, windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

    Rows = Callable[..., list[dict[str, Any]]]

START = datetime(2026, 1, 5, tzinfo=UTC)
AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
HOURS, PER_HOUR = 12, 60
TERM = timedelta(hours=4)
"""Most labels are known after a term; those of churned customers in minutes."""


def labels(first: int, many: int, *, dated: bool = True) -> list[dict[str, Any]]:
    """Labels of the rows that `rows_of` makes: one in two left."""
    dice = np.random.default_rng(first)
    left = dice.uniform(size=many) < 0.5
    made = [START + timedelta(minutes=first + i) for i in range(many)]
    known = [at + (timedelta(minutes=5) if gone else TERM) for at, gone in zip(made, left, strict=True)]
    found = [{"id": f"p{first + i}", "value": int(left[i]), "timestamp": known[i].isoformat()} for i in range(many)]
    return found if dated else [{"id": one["id"], "value": one["value"]} for one in found]


def upto(now: datetime, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are known by then."""
    return [one for one in rows if datetime.fromisoformat(one["timestamp"]) <= now]


def live(world: World, rows_of: Rows, now: datetime) -> None:
    """All that came by an hour is sent, and one round turned."""
    rows = upto(now, rows_of(0, HOURS * PER_HOUR))
    world.send(rows, f"rows {now}", at=now)
    world.send(upto(now, labels(0, len(rows))), f"labels {now}", Kind.LABELS, at=now)
    world.round(AT_ONCE, clock=lambda: now)


def test_a_window_waits_for_its_labels_and_comes_of_age(open_world: Callable[..., World], url: str | None, rows_of: Rows) -> None:
    """Of the newest hours only those who left are known: nothing is said of the label; hours later, without a row, it is judged."""
    world = open_world(url)
    now = START + timedelta(hours=HOURS)
    live(world, rows_of, now)
    newest = world.service.board.report(world.watched.id, world_label(HOURS - 1))
    column = next(one for one in newest["windows"][0]["columns"] if one["name"] == "left")
    assert (column["verdict"], column["cause"]) == ("inconclusive", "labels are still to come")
    with world.service.database.reading() as tx:
        way = tx.execute(select(windows.c.way).limit(1)).scalar_one()
        delays = read_delays(tx, world.watched.id, way, now)
        waiting = dict(tx.execute(select(windows.c.label, lateness.c.ripens).join(lateness, lateness.c.window_id == windows.c.id)).all())
    assert delays is not None
    assert not delays.alike
    due = waiting[world_label(HOURS - 1)]
    assert due is not None
    assert now < due <= now + 2 * TERM
    before = world.windows()[world_label(HOURS - 1)]["revision"]
    world.round(AT_ONCE, clock=lambda: due - timedelta(minutes=1))
    assert world.windows()[world_label(HOURS - 1)]["revision"] == before
    world.round(AT_ONCE, clock=lambda: due)
    assert world.windows()[world_label(HOURS - 1)]["revision"] == before + 1


def world_label(hour: int) -> str:
    """What an hour's window is called."""
    return f"{START + timedelta(hours=hour):%Y-%m-%d %H:00}"


def test_labels_revise_a_verdict(small: World, rows_of: Rows) -> None:
    """When the labels of an hour have come, its column is judged by all of them."""
    live(small, rows_of, START + timedelta(hours=HOURS))
    later = START + timedelta(hours=HOURS) + 2 * TERM
    small.send(labels(0, HOURS * PER_HOUR), "the rest", Kind.LABELS, at=later)
    small.round(AT_ONCE, clock=lambda: later)
    report = small.service.board.report(small.watched.id, world_label(HOURS - 1))
    column = next(one for one in report["windows"][0]["columns"] if one["name"] == "left")
    assert column["cause"] != "labels are still to come"
    assert not report["windows"][0]["labels"]["provisional"]


@pytest.mark.parametrize("dated", [True, False])
def test_a_history_that_is_brought_later_tells_only_with_times(small: World, rows_of: Rows, dated: bool) -> None:  # noqa: FBT001  a cell
    """Rows of last week with labels without times say nothing of how late labels come."""
    now = START + timedelta(days=7)
    small.send(rows_of(0, HOURS * PER_HOUR), "rows", at=now)
    small.send(labels(0, HOURS * PER_HOUR, dated=dated), "labels", Kind.LABELS, at=now)
    small.round(AT_ONCE, clock=lambda: now)
    with small.service.database.reading() as tx:
        came = tx.execute(select(lateness.c.came)).scalars().all()
        way = tx.execute(select(windows.c.way).limit(1)).scalar_one()
        delays = read_delays(tx, small.watched.id, way, now)
    assert (delays is not None) is dated
    assert all(bool(one) is dated for one in came)
