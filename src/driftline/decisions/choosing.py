"""Which rows a new model should learn from, for a loss and by the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.decisions.decision import How

if TYPE_CHECKING:
    from driftline.decisions.evidence import Evidence, Loss

DEFAULT_SAMPLING = "half and half"
"""The way to choose rows for a loss where none was tried on history: all there are, those since the loss as heavy as all before."""

SCHEDULED_SAMPLING = "recent"
"""And by the calendar: the newer a row, the heavier."""


def rows_for(evidence: Evidence, loss: Loss | None) -> How:
    """Which rows a new model should learn from.

    Args:
        evidence: what is known.
        loss: what the model is trained for; None for a schedule.
    """
    out = f", without {', '.join(evidence.polluted)}" if evidence.polluted else ""
    newest = f", those since {loss.since} heavier" if loss else ", the newest heavier"
    return How(
        since=loss.since if loss else None,
        keep_out=evidence.polluted,
        sampling=DEFAULT_SAMPLING if loss else SCHEDULED_SAMPLING,
        sentence=f"all labelled rows{newest}{out}; hold the newest out to compare with the model in service",
    )
