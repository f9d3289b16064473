"""A decision in words: one line for the end of a report, a few for a person who has to say yes, and plain JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.decisions.decision import Action, Consent, Moment
from driftline.decisions.record import to_plain
from driftline.reports.wording import clean, instant, number, sureness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.decisions.decision import Decision, Gain
    from driftline.decisions.evidence import Evidence

STILL = frozenset({Action.HOLD, Action.LOOK})
"""Actions that change nothing, so that nobody has to agree."""

OUT = "kept out of training"
"""What stands above the windows that no model should learn from."""


def advice(decision: Decision) -> str:
    """What to do and why, in a sentence."""
    when = "" if decision.when.moment is Moment.NOW or decision.action is Action.HOLD else f", {decision.when.sentence}"
    return clean(f"{decision.action.value}{when}: {decision.reason}")


def asides(decision: Decision) -> list[str]:
    """What else is worth a line: with what, what it brings, how sure it is, who has to agree."""
    said = [decision.how.sentence] if decision.how.sentence else []
    said += [f"cheaper: {one}" for one in decision.instead]
    said += [f"it should bring {brings(decision.gain)}"] if decision.gain is not None else []
    agrees = (
        "" if decision.action in STILL else "; a person has to agree" if decision.consent is Consent.ASK else "; it may go ahead by itself"
    )
    return [clean(one) for one in (*said, f"{sureness(decision.confidence)} sure, by the rule '{decision.rule}'{agrees}")]


def agreement(decision: Decision) -> str:
    """Who has to say yes."""
    return "a person has to agree" if decision.consent is Consent.ASK else "it may go ahead by itself"


def brings(gain: Gain) -> str:
    """A gain with its interval and its cost."""
    cost = "" if gain.cost is None else f", and costs {number(gain.cost)}"
    return f"{number(gain.value)} ({number(gain.low)} to {number(gain.high)}) {gain.unit}{cost}"


def in_depth(decision: Decision, evidence: Evidence) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Everything about a decision: headings with their sentences, in the order in which a person asks."""
    yield "why", decision.because
    yield "what spoke against", decision.against or ("nothing",)
    yield "cheaper", decision.instead
    yield "when", (decision.when.sentence,) if decision.action is not Action.HOLD else ()
    yield "how", (decision.how.sentence,) if decision.how.sentence else ()
    yield "gain", (brings(decision.gain),) if decision.gain is not None else ()
    yield "sure", (sureness(decision.confidence),)
    yield "who", () if decision.action in STILL else (agreement(decision),)
    yield "rule", (decision.rule,)
    yield OUT, evidence.polluted
    yield "looked at", (f"{evidence.window or 'no window'}, {instant(evidence.now)}",)


def decision_dict(decision: Decision) -> dict[str, Any]:
    """A decision as plain JSON."""
    found: dict[str, Any] = to_plain(decision)
    return found
