"""One decision after another: what was decided becomes the past of what is decided next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from driftline.decisions.decision import Action, Moment
from driftline.decisions.rules import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from driftline.decisions.decision import Decision
    from driftline.decisions.evidence import Evidence, Past
    from driftline.decisions.terms import Terms


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it rests on.

    Attributes:
        evidence: what was known.
        decision: what follows from it.
        later: when a retraining begins that has to wait, but not for the next decision: quiet hours are over before.
    """

    evidence: Evidence
    decision: Decision
    later: datetime | None = None

    @property
    def begins(self) -> bool:
        """Whether a retraining begins with it."""
        return self.decision.action is Action.RETRAIN and (self.decision.when.moment is Moment.NOW or self.later is not None)

    @property
    def begun(self) -> datetime:
        """When that is."""
        return self.later or self.evidence.now


def course(
    looks: Iterable[Callable[[Past], Evidence]], terms: Terms, past: Past, serves: Callable[[Decided], bool] | None = None
) -> Iterator[Decided]:
    """Decide at one time after another, every retraining taken to be begun when the decision says, if that is before the next one.

    Args:
        looks: for each time, in order, what was known then, given what was done before.
        terms: what the owner allows.
        past: what was done before the first.
        serves: asked where a retraining begins whether the new model is in service from then on; without it none ever is.
    """
    before: datetime | None = None
    for look in looks:
        evidence = look(past)
        decision = decide(evidence, terms)
        made = Decided(evidence, decision, _put_off(decision, evidence.now, before))
        yield made
        past, before = after(past, made), evidence.now
        if made.begins and serves is not None and serves(made):
            past = replace(past, deployed=made.begun)


def _put_off(decision: Decision, now: datetime, before: datetime | None) -> datetime | None:
    """When a retraining begins that waits for an hour, if that comes before the next decision: those are taken at equal intervals."""
    at = decision.when.at if decision.action is Action.RETRAIN and decision.when.moment is Moment.TIME else None
    return at if at is not None and before is not None and at < now + (now - before) else None


def after(past: Past, made: Decided) -> Past:
    """The past, once a decision has been carried out as far as it could be at once."""
    if not made.begins:
        return past
    return replace(past, retrains=(*past.retrains, made.begun), answered=(*past.answered, made.decision.since or ""))
