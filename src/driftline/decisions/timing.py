"""When to retrain: after enough labels, outside quiet hours, not again too soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.decisions.decision import Moment, When
from driftline.decisions.wording import dated

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.decisions.evidence import Evidence, Past
    from driftline.decisions.terms import Terms


def when_to_train(evidence: Evidence, terms: Terms) -> When:
    """When a retraining can begin: not before its labels have come, and not while nothing may be begun."""
    wanted = labels_wanted(evidence, terms)
    if wanted is not None:
        return wanted
    rests = rest_until(evidence.past, evidence.now, terms)
    free = terms.free(max(evidence.now, rests or evidence.now))
    if free is None:
        return When(Moment.TIME, None, sentence="the calendar leaves no free moment for a year")
    if free <= evidence.now:
        return When()
    why = "the last retraining is too young" if rests == free else "quiet hours or a blackout last until then"
    return When(Moment.TIME, free, sentence=f"{dated(free)}: {why}")


def labels_wanted(evidence: Evidence, terms: Terms) -> When | None:
    """How many labels since the loss are missing, and by when they will have come at the pace so far; None where there are enough.

    The pace grows while labels are late, so that the date is the latest to be expected. Without a label there is no pace.
    """
    known = evidence.known
    missing = terms.enough - known.rarer
    if evidence.loss is None or missing <= 0:
        return None
    said = f"after {missing} more labels of the rarer class, of which {known.rarer} have come"
    if known.began is None or not known.rarer:
        return When(Moment.LABELS, None, missing, f"{said}; nobody knows when")
    at = known.began + (evidence.now - known.began) * (terms.enough / known.rarer)
    return When(Moment.LABELS, at, missing, f"{said}; at the pace so far {dated(at)} at the latest")


def rest_until(past: Past, now: datetime, terms: Terms) -> datetime | None:
    """Until when there is no other retraining; None where nothing speaks against one."""
    last = past.retrains[-1] if past.retrains else None
    return last + terms.cool_down if last is not None and now < last + terms.cool_down else None


def under_way(past: Past, began: datetime | None, now: datetime, terms: Terms) -> tuple[str, datetime | None] | None:
    """Whether a loss that began then has been answered by the last retraining: why, and until when to wait; None where it has not."""
    last = past.retrains[-1]
    if began is None or began >= last:
        return None
    rests = rest_until(past, now, terms)
    if rests is not None:
        return f"a retraining for it was begun {dated(last)}", rests
    if past.deployed is None or past.deployed < last:
        return f"a retraining for it was begun {dated(last)}, and no new model has gone into service since", None
    if began >= past.deployed:
        return None
    return f"a new model went into service {dated(past.deployed)}, and the loss is still there", None


def budget_used(past: Past, now: datetime, terms: Terms) -> int:
    """How many retrainings were begun in the period that ends now."""
    return sum(now - terms.period < at <= now for at in past.retrains)
