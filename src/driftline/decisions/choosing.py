"""Which rows a new model should learn from, for a loss and by the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.decisions.decision import How
from driftline.decisions.sampling import EVERYTHING, IMPORTANCE

if TYPE_CHECKING:
    from driftline.decisions.evidence import Evidence, Loss
    from driftline.decisions.terms import Terms

SAYS = {
    EVERYTHING: "all labelled rows, alike",
    "sliding": "the newest third of the time that labelled rows come from",
    "since the change": "labelled rows since {since}",
    "recent": "all labelled rows, the newest heavier",
    "half and half": "all labelled rows, those since {since} heavier",
    IMPORTANCE: "all labelled rows, heavier the more they look like the newest",
}
"""Each way of `driftline.decisions.sampling.WAYS` in words."""

CHANGED = frozenset({"since the change", "half and half"})
"""These ask since when things are otherwise, which a calendar does not know: there they are `everything`."""


def rows_for(evidence: Evidence, loss: Loss | None, terms: Terms) -> How:
    """Which rows a new model should learn from.

    Args:
        evidence: what is known.
        loss: what the model is trained for; None for a schedule.
        terms: the owner's, by which rows are chosen.
    """
    way = terms.sampling if loss else terms.scheduled
    if loss is None and way in CHANGED:
        way = EVERYTHING
    out = f", without {', '.join(evidence.polluted)}" if evidence.polluted else ""
    return How(
        since=loss.since if loss else None,
        keep_out=evidence.polluted,
        sampling=way,
        sentence=f"{SAYS[way].format(since=loss.since if loss else '')}{out}; hold the newest out to compare with the model in service",
    )
