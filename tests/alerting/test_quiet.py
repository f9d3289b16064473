"""What keeps messages back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline.alerting.alert import Patience
from driftline.alerting.incident import Board, Incident, take_in
from driftline.alerting.matchers import matchers
from driftline.alerting.quiet import Inhibition, Maintenance, Quiet, Silence, hushed
from driftline.verdicts.report import Concern

if TYPE_CHECKING:
    from conftest import Scene

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def incident(scene: Scene, *names: str, concern: Concern = Concern.FAULT) -> Incident:
    """An incident of some columns."""
    window = scene.window(0, *(scene.column(name, concern=concern) for name in names))
    return take_in(Board(), [window], NOW, Patience())[0].incidents[0]


def silence(text: str, hours: float = 1) -> Silence:
    """A silence from now on."""
    return Silence(matchers=matchers(text), starts=NOW, ends=NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("later", "why"), [(-1, ""), (0, "silenced until 2026-03-02 13:00"), (59, "silenced until 2026-03-02 13:00"), (60, "")]
)
def test_a_silence_has_a_beginning_and_an_end(scene: Scene, later: int, why: str) -> None:
    """Before and afterwards somebody is told."""
    quiet = Quiet(silences=(silence("name=a"),))
    assert hushed("m", incident(scene, "a"), (), quiet, NOW + timedelta(minutes=later)) == why


def test_what_is_not_silenced_is_told(scene: Scene) -> None:
    """An incident is kept back only if every alert of it that fires is silenced; several silences may do that together."""
    two = incident(scene, "a", "b")
    assert hushed("m", two, (), Quiet(silences=(silence("name=a"),)), NOW) == ""
    assert hushed("m", two, (), Quiet(silences=(silence("name=a"), silence("name=b"))), NOW)
    calmed = replace(two, firing=frozenset(key for key in two.firing if key[2] == "a"))
    assert hushed("m", calmed, (), Quiet(silences=(silence("name=a"),)), NOW)
    assert hushed("other", two, (), Quiet(silences=(silence("monitor=m"),)), NOW) == ""


@pytest.mark.parametrize(
    ("begins", "ends", "days", "at", "holds"),
    [
        ("01:00", "05:00", {6}, "2026-03-01T01:00", True),
        ("01:00", "05:00", {6}, "2026-03-01T05:00", False),
        ("01:00", "05:00", {6}, "2026-03-02T02:00", False),
        ("22:00", "06:00", {6}, "2026-03-01T23:00", True),
        ("22:00", "06:00", {6}, "2026-03-02T05:59", True),
        ("22:00", "06:00", {6}, "2026-03-01T05:59", False),
        ("00:00", "00:00", {5, 6}, "2026-03-01T23:59", True),
        ("00:00", "00:00", {5, 6}, "2026-03-02T00:00", False),
    ],
)
def test_maintenance_by_the_wall_clock(begins: str, ends: str, days: set[int], at: str, holds: bool) -> None:  # noqa: FBT001  the answer
    """Over midnight too: the day is that on which it began. The first of March 2026 is a Sunday."""
    window = Maintenance(days=frozenset(days), begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
    assert window.holds(datetime.fromisoformat(at).replace(tzinfo=UTC)) is holds


def test_maintenance_follows_its_time_zone() -> None:
    """Six in the morning in Berlin is five or four by UTC, as the year has it."""
    window = Maintenance(begins=time(6), ends=time(7), timezone="Europe/Berlin")
    assert window.holds(datetime(2026, 3, 28, 5, 30, tzinfo=UTC))
    assert window.holds(datetime(2026, 3, 29, 4, 30, tzinfo=UTC))
    assert not window.holds(datetime(2026, 3, 29, 5, 30, tzinfo=UTC))


def test_what_another_incident_explains_is_kept_back(scene: Scene) -> None:
    """While that is open; an incident does not explain itself."""
    rule = Quiet(inhibitions=(Inhibition(matchers('concern="data fault"'), matchers('concern=~"prediction drift|data fault"')),))
    fault, drift = incident(scene, "a"), replace(incident(scene, "s", concern=Concern.PREDICTION), number=2)
    assert hushed("m", drift, (fault, drift), rule, NOW) == "explained by incident 1"
    assert hushed("m", drift, (drift,), rule, NOW) == ""
    assert hushed("m", fault, (fault, drift), rule, NOW) == ""


def test_maintenance_keeps_everything_back(scene: Scene) -> None:
    """Every day from midnight to midnight is always."""
    assert hushed("m", incident(scene, "a"), (), Quiet(maintenance=(Maintenance(),)), NOW) == "maintenance"
