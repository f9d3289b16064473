"""Incidents of several models with one cause: who is told of which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from driftline.alerting.incident import Incident, Talk
from driftline.alerting.signals import Signal, Tier
from driftline.diagnosis.upstream import Begun
from driftline.services.upstream import Abroad, Upstream
from driftline.verdicts.report import Concern, Verdict
from driftline.window import Window

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = Window(1, "2026-03-01", NOW - timedelta(days=1), NOW)
KEY = ("", "column", "plan")
SIGNAL = Signal(KEY, Concern.FAULT, "plan", Tier.RETRAIN, Verdict.DRIFTED, 2.0, None, "plan: nulls")


def abroad(name: str, number: int = 1, *, kind: str = "null_burst", told: bool = True, tier: Tier = Tier.RETRAIN) -> Abroad:
    """An incident of another model."""
    opened = NOW - timedelta(hours=number)
    return Abroad(
        monitor=number, name=name, number=number, opened=opened, tier=tier, told=told, causes=(Begun(name, DAY, kind, ("plan",)),)
    )


def incident(tier: Tier = Tier.RETRAIN, talk: Talk | None = None) -> Incident:
    """An incident of ours."""
    return Incident(1, NOW, DAY.label, tier, {KEY: SIGNAL}, frozenset({KEY}), None, talk or Talk())


def upstream(*others: Abroad, alike: bool = True) -> Upstream:
    """What our incident, of missing plans, meets."""
    return Upstream("ours", others, {1: (Begun("ours", DAY, "null_burst", ("plan",)),)}, alike=lambda _name: alike)


def test_it_is_told_with_the_oldest_that_was_told() -> None:
    """Not with one that nobody has heard of, however old."""
    assert "incident 2 of b" in upstream(abroad("a"), abroad("b", 2), abroad("c", 3, told=False)).told(incident())


@pytest.mark.parametrize(
    ("known", "one"),
    [
        (upstream(abroad("a", told=False)), incident()),
        (upstream(abroad("a", kind="unit_change")), incident()),
        (upstream(abroad("a"), alike=False), incident()),
        (upstream(abroad("a")), incident(Tier.PAGE)),
        (upstream(abroad("a")), incident(talk=Talk(at=NOW, times=1))),
        (upstream(), incident()),
    ],
    ids=["nobody heard", "another kind", "other people", "more urgent", "told before", "alone"],
)
def test_it_is_told_by_itself(known: Upstream, one: Incident) -> None:
    """Where the other was not told, has another cause, goes to others or is less urgent, and where this one was told already."""
    assert known.told(one) == ""


@pytest.mark.parametrize("many", range(1, 9))
def test_the_first_is_told_again_when_the_models_have_doubled(many: int) -> None:
    """At two, four and eight models, by the key of the first."""
    wider = upstream(*(abroad(f"m{place}", place, told=place == many) for place in range(1, many + 1))).wider(incident())
    assert (wider is not None) == (many + 1 in {2, 4, 8})
    if wider is not None:
        lead, announcement = wider
        assert (lead.number, announcement.key) == (many, f"m{many}/incident-{many}")
        assert f"{many} more model" in announcement.subject
