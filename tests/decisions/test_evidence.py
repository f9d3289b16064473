"""What a decision rests on."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from driftline.decisions.evidence import Evidence


def test_evidence_of_nothing_is_empty() -> None:
    """Where nothing was seen nothing is claimed: but for the monitor and the time every part may be left out."""
    nothing = Evidence(monitor="m", now=datetime(2026, 3, 1, tzinfo=UTC))
    told = [getattr(nothing, field.name) for field in fields(nothing) if field.name not in {"monitor", "now", "known", "past"}]
    assert not any(told)
    assert nothing.known.rarer == 0
    assert nothing.past.retrains == ()
