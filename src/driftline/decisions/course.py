"""One decision after another: what was decided becomes the past of what is decided next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from driftline.decisions.decision import Action, Moment
from driftline.decisions.rules import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from driftline.decisions.decision import Decision
    from driftline.decisions.evidence import Evidence, Past
    from driftline.decisions.terms import Terms


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it rests on."""

    evidence: Evidence
    decision: Decision

    @property
    def begins(self) -> bool:
        """Whether a retraining begins with it."""
        return self.decision.action is Action.RETRAIN and self.decision.when.moment is Moment.NOW


def course(
    looks: Iterable[Callable[[Past], Evidence]], terms: Terms, past: Past, serves: Callable[[Decided], bool] | None = None
) -> Iterator[Decided]:
    """Decide at one time after another, every retraining taken to be begun when the decision says now.

    Args:
        looks: for each time, in order, what was known then, given what was done before.
        terms: what the owner allows.
        past: what was done before the first.
        serves: asked where a retraining begins whether the new model is in service from then on; without it none ever is.
    """
    for look in looks:
        evidence = look(past)
        made = Decided(evidence, decide(evidence, terms))
        yield made
        past = after(past, made)
        if made.begins and serves is not None and serves(made):
            past = replace(past, deployed=made.evidence.now)


def after(past: Past, made: Decided) -> Past:
    """The past, once a decision has been carried out as far as it could be at once."""
    if not made.begins:
        return past
    return replace(past, retrains=(*past.retrains, made.evidence.now), answered=(*past.answered, made.decision.since or ""))
