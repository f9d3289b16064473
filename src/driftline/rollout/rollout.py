"""The life of a rollout: one pure step from where it stands and what was seen or said to where it stands now, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.rollout import evidence
from driftline.rollout.evidence import Arm, Evidence, Tally
from driftline.rollout.plan import MISMATCH, Mode

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.rollout.plan import Clock, Plan


class Reason(StrEnum):
    """Why a rollout is where it is now."""

    STARTED = "it begins with its first step"
    GATHERING = "the step is not over"
    PASSED = "the step has shown that the challenger is not worse by more than is allowed"
    PROMOTED = "the last step has shown it too"
    EXTENDED = "the step is over but has not shown enough, so it goes on for as long again"
    UNDECIDED = "the step was made longer as often as is allowed and has not shown enough: a person decides"
    HARM = "the challenger is shown to be worse than the champion"
    ERRORS = "the challenger fails more often than is allowed, and than the champion"
    NULLS = "the challenger answers nothing more often than is allowed, and than the champion"
    SLOW = "the challenger is slow more often than is allowed, and than the champion"
    MISMATCH = "the traffic is not split as it should be, so nothing that was measured means anything"
    WAITS = "it waits for a person"
    WATCHED = "it is promoted and still watched"
    STALE = "this was counted in another step"
    OVER = "it is over"
    BY_HAND = "a person said so"
    NOT_NOW = "that cannot be done from here"


class Action(StrEnum):
    """What a person may say."""

    PROMOTE = "promote"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True)
class Command:
    """What a person says, who it is, and why."""

    action: Action
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been counted since a step began; counting it again changes nothing.

    Attributes:
        step: the place of the step, from 0; after promotion the number of steps.
        champion: what it did.
        challenger: what it did.
        aims: for each aim of the plan, in order, what this step alone says of it.
    """

    step: int
    champion: Arm
    challenger: Arm
    aims: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one clock knows: evidence of earlier steps, and at which information it was looked at; one entry an aim."""

    clock: Clock
    past: tuple[Evidence, ...]
    looks: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A step is on.

    Attributes:
        step: its place, from 0.
        since: when it began.
        until: when it is decided.
        asked: how often it was decided before without an answer.
        ledgers: what the clocks know.
        tallies: requests of earlier steps.
    """

    step: int
    since: datetime
    until: datetime
    asked: int = 0
    ledgers: tuple[Ledger, ...] = ()
    tallies: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True)
class Paused:
    """A step is on, with its weights as they are, and does not end by itself. `by` is empty where nobody asked for it."""

    at: Running
    since: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Promoted:
    """The challenger answers everything. `by` is empty where it was promoted on what it had shown."""

    since: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The champion answers everything, since the challenger was found to be worse, or a person took it back."""

    since: datetime
    reason: Reason
    by: str = ""


@dataclass(frozen=True, slots=True)
class Aborted:
    """The champion answers everything, and nothing was shown against the challenger."""

    since: datetime
    reason: Reason
    by: str = ""


State = Running | Paused | Promoted | RolledBack | Aborted


@dataclass(frozen=True, slots=True)
class Weights:
    """Which part of the answers comes from whom. `mirrored`: the challenger is asked too, and its answer only noted."""

    champion: float
    challenger: float
    mirrored: bool = False


def begin(plan: Plan, now: datetime) -> tuple[State, Reason]:
    """Start a rollout with its first step."""
    return Running(0, now, now + plan.steps[0].duration), Reason.STARTED


def step(state: State, observation: Seen | Command, now: datetime, plan: Plan) -> tuple[State, Reason]:
    """Take in what was counted, or what a person says. Inconclusive never promotes."""
    if isinstance(observation, Command):
        return _told(state, observation, now, plan)
    match state:
        case Running():
            return _run(state, observation, now, plan)
        case Paused(at=at):
            after, reason = _watch(at, observation, now, plan)
            return (replace(state, at=after), Reason.WAITS) if isinstance(after, Running) else (after, reason)
        case Promoted():
            return _guard(state, observation, now, plan)
        case RolledBack() | Aborted():
            return state, Reason.OVER


def weights(state: State, plan: Plan) -> Weights:
    """Who answers; both parts always sum to 1."""
    match state:
        case Promoted():
            return Weights(0.0, 1.0)
        case Running(step=place) | Paused(at=Running(step=place)):
            share = plan.steps[place].weight
            return Weights(1.0 - share, share, plan.steps[place].mode is Mode.SHADOW)
        case _:
            return Weights(1.0, 0.0)


def _told(state: State, said: Command, now: datetime, plan: Plan) -> tuple[State, Reason]:
    """What a person says holds at once, where it can be done at all."""
    match said.action, state:
        case (Action.PROMOTE, Running() | Paused()):
            return Promoted(now, said.by), Reason.BY_HAND
        case (Action.PAUSE, Running() | Paused()):
            # Said again, by whoever goes on after a crash, it is so already.
            return state if isinstance(state, Paused) else Paused(state, now, said.by), Reason.BY_HAND
        case (Action.RESUME, Paused(at=at, since=since, by=by)):
            # The time of a pause does not count; what was undecided gets as long again.
            until = at.until + (now - since) if by else now + plan.steps[at.step].duration
            return replace(at, until=until), Reason.BY_HAND
        case (Action.ABORT, Running() | Paused()):
            return Aborted(now, Reason.BY_HAND, said.by), Reason.BY_HAND
        case (Action.ROLL_BACK, Running() | Paused() | Promoted()):
            return RolledBack(now, Reason.BY_HAND, said.by), Reason.BY_HAND
    return state, Reason.OVER if isinstance(state, RolledBack | Aborted) else Reason.NOT_NOW


def _run(state: Running, seen: Seen, now: datetime, plan: Plan) -> tuple[State, Reason]:
    watched, reason = _watch(state, seen, now, plan)
    if not isinstance(watched, Running) or reason is Reason.STALE or now < watched.until:
        return watched, reason
    if _shown(watched, seen, plan):
        return _next(watched, seen, now, plan)
    if plan.steps[watched.step].open_ended:
        return watched, Reason.GATHERING
    again = replace(watched, asked=watched.asked + 1, until=now + plan.steps[watched.step].duration)
    return (Paused(again, now), Reason.UNDECIDED) if watched.asked >= plan.extensions else (again, Reason.EXTENDED)


def _watch(state: Running, seen: Seen, now: datetime, plan: Plan) -> tuple[State, Reason]:
    """All that may take a challenger back, and the looks that were taken."""
    if seen.step != state.step or len(seen.aims) != len(plan.aims):
        return state, Reason.STALE
    if broken := _broken((*state.tallies, _tally(seen, plan)), plan):
        return RolledBack(now, broken), broken
    if plan.steps[state.step].mode is Mode.CANARY and evidence.mismatched(_tally(seen, plan), MISMATCH):
        return Aborted(now, Reason.MISMATCH), Reason.MISMATCH
    looked, harmed = _look(state, seen, plan, due=now >= state.until)
    return (RolledBack(now, Reason.HARM), Reason.HARM) if harmed else (looked, Reason.GATHERING)


def _guard(state: Promoted, seen: Seen, now: datetime, plan: Plan) -> tuple[State, Reason]:
    """After promotion the hard limits still hold for a while; there is no champion left to compare with."""
    if now - state.since > plan.watch:
        return state, Reason.OVER
    if seen.step != len(plan.steps):
        return state, Reason.STALE
    broken = _broken((Tally(Arm(), seen.challenger, 1.0),), plan)
    return (RolledBack(now, broken), broken) if broken else (state, Reason.WATCHED)


def _broken(tallies: tuple[Tally, ...], plan: Plan) -> Reason | None:
    """The first hard limit that is broken; the ramp and the watch after it each have half of the limits' budget."""
    level = plan.budget * plan.guard_share / 6
    rules = (
        ("errors", plan.limits.errors, Reason.ERRORS),
        ("nulls", plan.limits.nulls, Reason.NULLS),
        ("slow", plan.limits.slow, Reason.SLOW),
    )
    return next((reason for field, limit, reason in rules if evidence.broken_limit(tallies, field, limit, level)), None)


def _tally(seen: Seen, plan: Plan) -> Tally:
    now = plan.steps[seen.step]
    return Tally(seen.champion, seen.challenger, 0.5 if now.mode is Mode.SHADOW else now.weight)


def _look(state: Running, seen: Seen, plan: Plan, *, due: bool) -> tuple[Running, bool]:
    """Look at every aim for harm, where there is more to see than at the last look."""
    ledger = _ledger(state, plan)
    looks, harmed = [], False
    for aim, past, taken, new in zip(plan.aims, ledger.past, ledger.looks, seen.aims, strict=True):
        total, level, before = past + new, plan.harm_level(aim), taken[-1] if taken else 0.0
        fraction = total.information / plan.information(aim)
        if ledger.clock.open_ended:
            harmed |= evidence.harm_by_wealth(total, aim.margin, level)
        elif fraction >= before + plan.closest * max(before, 1.0) or (due and fraction > before):
            taken = (*taken, fraction)  # noqa: PLW2901  with the look that is taken now
            harmed |= evidence.harm_by_bounds(total, taken, level)
        elif due:
            # No more is known than at the last look, but labels may have been corrected since: its bound still stands.
            harmed |= evidence.harm_by_bounds(total, taken, level)
        looks.append(taken)
    return _with(state, replace(ledger, looks=tuple(looks))), harmed


def _shown(state: Running, seen: Seen, plan: Plan) -> bool:
    """Whether the step may end well: enough requests, and every aim shown to be no worse than by its margin."""
    now, ledger = plan.steps[state.step], _ledger(state, plan)
    if seen.challenger.requests < now.samples:
        return False
    asked = [(past + new, new, aim.margin * now.slack) for past, new, aim in zip(ledger.past, seen.aims, plan.aims, strict=True)]
    # Earlier steps may have shown enough; this one has still to speak for itself, and not to speak against it.
    if any(new.information <= 0 or new.gain <= -margin for _, new, margin in asked):
        return False
    if now.open_ended:
        return all(evidence.safe_by_wealth(total, margin, plan.proof) for total, _, margin in asked)
    return all(evidence.safe_at_end(total, margin, plan.proof, state.asked) for total, _, margin in asked)


def _next(state: Running, seen: Seen, now: datetime, plan: Plan) -> tuple[State, Reason]:
    place = state.step + 1
    if place == len(plan.steps):
        return Promoted(now), Reason.PROMOTED
    ledger = _ledger(state, plan)
    kept = replace(ledger, past=tuple(past + new for past, new in zip(ledger.past, seen.aims, strict=True)))
    tallies = (*state.tallies, _tally(seen, plan))
    return Running(place, now, now + plan.steps[place].duration, 0, _with(state, kept).ledgers, tallies), Reason.PASSED


def _ledger(state: Running, plan: Plan) -> Ledger:
    """What the step's clock knows."""
    clock = plan.clock(state.step)
    empty = Ledger(clock, (Evidence(),) * len(plan.aims), ((),) * len(plan.aims))
    return next((one for one in state.ledgers if one.clock == clock), empty)


def _with(state: Running, ledger: Ledger) -> Running:
    others = tuple(one for one in state.ledgers if one.clock != ledger.clock)
    return replace(state, ledgers=(*others, ledger))
