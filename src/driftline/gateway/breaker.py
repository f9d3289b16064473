"""The circuit breaker: a model that fails again and again is left alone for a while, then tried with one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Closed:
    """It is asked; so many answers in a row failed."""

    failures: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """It is left alone until then."""

    until: float


@dataclass(frozen=True, slots=True)
class Trying:
    """One request is on its way; others wait for what comes of it. `until` is when it counts as lost."""

    until: float


State = Closed | Open | Trying


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """After so many failures in a row it is left alone for so many seconds."""

    failures: int = 5
    rest: float = 5.0


def asked(state: State, now: float, rule: Rule) -> tuple[State, bool]:
    """Whether it may be asked now.

    >>> asked(Open(until=5.0), 6.0, Rule())
    (Trying(until=11.0), True)
    """
    match state:
        case Closed():
            return state, True
        case Open(until=until) | Trying(until=until):
            return (Trying(now + rule.rest), True) if now >= until else (state, False)


def answered(state: State, now: float, rule: Rule, *, well: bool) -> State:
    """What an answer means: a good one closes, a bad one counts, or opens again."""
    if well:
        return Closed()
    failures = state.failures + 1 if isinstance(state, Closed) else rule.failures
    return Open(now + rule.rest) if failures >= rule.failures else Closed(failures)
