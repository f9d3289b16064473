from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.rollout.evidence import Arm, Evidence, Tally, of_shares
from driftline.rollout.plan import Aim, Plan, Step
from driftline.rollout.rollout import (
    Aborted,
    Action,
    Command,
    Paused,
    Promoted,
    Reason,
    RolledBack,
    Running,
    Seen,
    State,
    begin,
    step,
    weights,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOON, LATE = NOW + HOUR / 2, NOW + HOUR
PLAN = Plan.ramp((Aim("recall", 0.02),))
LAST = len(PLAN.steps) - 1
OPEN = replace(PLAN, steps=(Step(name="soak", weight=0.5, duration=HOUR, open_ended=True),))

FINE = Evidence(0.0, 4e4, 9000)
"""No difference, with an error of half a point."""
BAD = Evidence(-0.05 * 4e4, 4e4, 9000)
"""Five points worse, with the same error."""
VAGUE = Evidence(0.0, 100.0, 30)


def at(place: int, asked: int = 0) -> Running:
    """A step that began at NOW."""
    return Running(place, NOW, LATE, asked)


def seen(place: int, aim: Evidence, mine: Arm | None = None, theirs: Arm | None = None, plan: Plan = PLAN) -> Seen:
    """A step's counts, split as it should be."""
    share = plan.steps[place].weight if place < len(plan.steps) else 1.0
    mine = mine or Arm(round(20_000 * share) if share else 20_000)
    return Seen(place, theirs or Arm(round(20_000 * (1 - share))), mine, (aim,))


def person(action: Action) -> Command:
    """Somebody says so."""
    return Command(action, "ada", "because")


ARM = Arm(1000)
CRASHING, EMPTY, SLOW = Arm(1000, errors=500), Arm(1000, nulls=500), Arm(1000, slow=500)
TABLE: list[tuple[str, State, Seen | Command, datetime, type[State], Reason]] = [
    ("a step that is not over goes on", at(0), seen(0, FINE), SOON, Running, Reason.GATHERING),
    ("a shadow that shows no harm becomes a canary", at(0), seen(0, FINE), LATE, Running, Reason.PASSED),
    ("a canary that shows no harm gets more traffic", at(1), seen(1, FINE), LATE, Running, Reason.PASSED),
    ("the last step promotes", at(LAST), seen(LAST, FINE), LATE, Promoted, Reason.PROMOTED),
    ("what is not shown makes a step longer", at(1), seen(1, VAGUE), LATE, Running, Reason.EXTENDED),
    ("what is not shown does not promote", at(LAST), seen(LAST, VAGUE), LATE, Running, Reason.EXTENDED),
    ("what is not shown for long waits for a person", at(LAST, 2), seen(LAST, VAGUE), LATE, Paused, Reason.UNDECIDED),
    ("no labels are not a success", at(LAST, 2), seen(LAST, Evidence()), LATE, Paused, Reason.UNDECIDED),
    ("too few requests are not a success", at(0), seen(0, FINE, Arm(999)), LATE, Running, Reason.EXTENDED),
    ("harm takes it back in the shadow", at(0), seen(0, BAD), SOON, RolledBack, Reason.HARM),
    ("harm takes it back in the canary", at(1), seen(1, BAD), SOON, RolledBack, Reason.HARM),
    ("harm takes it back when the step is over", at(LAST), seen(LAST, BAD), LATE, RolledBack, Reason.HARM),
    ("errors take it back at once", at(1), seen(1, FINE, CRASHING, Arm(19_000)), SOON, RolledBack, Reason.ERRORS),
    ("null outputs take it back at once", at(1), seen(1, FINE, EMPTY, Arm(19_000)), SOON, RolledBack, Reason.NULLS),
    ("slow answers take it back at once", at(1), seen(1, FINE, SLOW, Arm(19_000)), SOON, RolledBack, Reason.SLOW),
    ("an outage of both does not", at(1), seen(1, FINE, CRASHING, Arm(19_000, errors=9500)), SOON, Running, Reason.GATHERING),
    ("a split that is not as promised ends it", at(1), seen(1, FINE, Arm(2000), Arm(19_000)), SOON, Aborted, Reason.MISMATCH),
    ("a shadow has no split to be wrong", at(0), seen(0, FINE, Arm(2000), Arm(19_000)), SOON, Running, Reason.GATHERING),
    ("what belongs to another step is left out", at(1), seen(0, BAD), LATE, Running, Reason.STALE),
    ("what lacks an aim is left out", at(1), Seen(1, ARM, ARM), LATE, Running, Reason.STALE),
    ("a pause does not end by itself", Paused(at(LAST), NOW), seen(LAST, FINE), LATE, Paused, Reason.WAITS),
    ("a pause is guarded", Paused(at(1), NOW), seen(1, FINE, CRASHING, Arm(19_000)), LATE, RolledBack, Reason.ERRORS),
    ("harm is seen in a pause", Paused(at(1), NOW), seen(1, BAD), LATE, RolledBack, Reason.HARM),
    ("what is promoted is watched", Promoted(NOW), seen(LAST + 1, FINE), LATE, Promoted, Reason.WATCHED),
    ("what is promoted and breaks is taken back", Promoted(NOW), seen(LAST + 1, FINE, CRASHING), LATE, RolledBack, Reason.ERRORS),
    ("counts from before the promotion say nothing", Promoted(NOW), seen(LAST, FINE, CRASHING), LATE, Promoted, Reason.STALE),
    ("the watch ends", Promoted(NOW), seen(LAST + 1, FINE, CRASHING), NOW + 25 * HOUR, Promoted, Reason.OVER),
    ("what was rolled back stays so", RolledBack(NOW, Reason.HARM), seen(1, FINE), LATE, RolledBack, Reason.OVER),
    ("what was aborted stays so", Aborted(NOW, Reason.MISMATCH), seen(1, FINE), LATE, Aborted, Reason.OVER),
    ("a person promotes", at(1), person(Action.PROMOTE), SOON, Promoted, Reason.BY_HAND),
    ("a person promotes out of a pause", Paused(at(1), NOW), person(Action.PROMOTE), SOON, Promoted, Reason.BY_HAND),
    ("a person pauses", at(1), person(Action.PAUSE), SOON, Paused, Reason.BY_HAND),
    ("a person resumes", Paused(at(1), NOW), person(Action.RESUME), SOON, Running, Reason.BY_HAND),
    ("a person aborts", at(1), person(Action.ABORT), SOON, Aborted, Reason.BY_HAND),
    ("a person aborts a pause", Paused(at(1), NOW), person(Action.ABORT), SOON, Aborted, Reason.BY_HAND),
    ("a person rolls back", at(1), person(Action.ROLL_BACK), SOON, RolledBack, Reason.BY_HAND),
    ("a person rolls back what is promoted", Promoted(NOW), person(Action.ROLL_BACK), LATE, RolledBack, Reason.BY_HAND),
    ("what is paused may be paused again", Paused(at(1), NOW, "ann"), person(Action.PAUSE), SOON, Paused, Reason.BY_HAND),
    ("what runs cannot be resumed", at(1), person(Action.RESUME), SOON, Running, Reason.NOT_NOW),
    ("what is promoted cannot be aborted", Promoted(NOW), person(Action.ABORT), LATE, Promoted, Reason.NOT_NOW),
    ("what is over cannot be promoted", RolledBack(NOW, Reason.HARM), person(Action.PROMOTE), LATE, RolledBack, Reason.OVER),
]


@pytest.mark.parametrize(("state", "observation", "now", "after", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_table(state: State, observation: Seen | Command, now: datetime, after: type[State], reason: Reason) -> None:
    """Each row is one sentence of the machine: from where, by what, to where, and why."""
    found, why = step(state, observation, now, PLAN)
    assert (type(found), why) == (after, reason)
    if isinstance(observation, Command) and why is not Reason.BY_HAND:
        assert found == state


def test_it_begins_in_the_shadow() -> None:
    """The first step starts now and is decided after its duration."""
    assert begin(PLAN, NOW) == (Running(0, NOW, NOW + HOUR), Reason.STARTED)


def test_each_passed_step_begins_the_next() -> None:
    """What was counted goes into the books of its clock, and the next step starts afresh."""
    state, _ = step(at(1), seen(1, FINE), LATE, PLAN)
    assert isinstance(state, Running)
    assert (state.step, state.since, state.until, state.asked) == (2, LATE, LATE + HOUR, 0)
    assert state.ledgers[0].past == (FINE,)
    assert state.tallies == (Tally(Arm(19_000), Arm(1000), 0.05),)


def test_who_paused_or_decided_is_kept() -> None:
    """The state names the person; what the machine did names nobody."""
    assert step(at(1), person(Action.PAUSE), SOON, PLAN)[0] == Paused(at(1), SOON, "ada")
    assert step(at(1), person(Action.PROMOTE), SOON, PLAN)[0] == Promoted(SOON, "ada")
    assert step(at(LAST), seen(LAST, FINE), LATE, PLAN)[0] == Promoted(LATE)


def test_a_pause_by_hand_does_not_count_as_time() -> None:
    """After a pause of an hour the step is decided an hour later; what was undecided gets its duration again."""
    by_hand, _ = step(Paused(at(1), SOON, "ada"), person(Action.RESUME), SOON + HOUR, PLAN)
    undecided, _ = step(Paused(at(1, 3), LATE), person(Action.RESUME), LATE + 5 * HOUR, PLAN)
    assert by_hand == replace(at(1), until=LATE + HOUR)
    assert undecided == replace(at(1, 3), until=LATE + 6 * HOUR)


def test_an_open_end_takes_as_long_as_it_takes() -> None:
    """An open-ended step is never extended nor paused: it goes on until wealth says harm or safety."""
    for aim, after, reason in ((VAGUE, Running, Reason.GATHERING), (FINE, Promoted, Reason.PROMOTED), (BAD, RolledBack, Reason.HARM)):
        state, why = step(at(0), seen(0, aim, plan=OPEN), NOW + 9 * HOUR, OPEN)
        assert (type(state), why) == (after, reason)
    early, _ = step(at(0), seen(0, FINE, plan=OPEN), SOON, OPEN)
    assert isinstance(early, Running)


def test_the_shadow_proves_nothing_for_the_canary() -> None:
    """Much evidence from the shadow does not let a canary pass that has seen nothing."""
    state, _ = step(at(0), seen(0, Evidence(0.0, 1e7, 10**6)), LATE, PLAN)
    assert step(state, seen(1, VAGUE), LATE + HOUR, PLAN)[1] is Reason.EXTENDED


@pytest.mark.parametrize("aim", [Evidence(), Evidence(-0.03 * 1000, 1000.0, 300)])
def test_each_step_speaks_for_itself(aim: Evidence) -> None:
    """However much earlier steps have shown, a step without labels, or that lies beyond the margin itself, does not pass."""
    state, _ = step(at(1), seen(1, Evidence(0.0, 1e6, 10**6)), LATE, PLAN)
    assert isinstance(state, Running)
    assert step(replace(state, step=LAST), seen(LAST, aim), LATE + HOUR, PLAN)[1] is Reason.EXTENDED


def test_looks_are_taken_only_where_there_is_more_to_see() -> None:
    """Counting the same again takes no further look, so a look each minute costs nothing."""
    once, _ = step(at(1), seen(1, FINE), SOON, PLAN)
    twice, _ = step(once, seen(1, FINE), SOON + timedelta(minutes=1), PLAN)
    assert isinstance(once, Running)
    assert len(once.ledgers[0].looks[0]) == 1
    assert twice == once


def test_weights_follow_the_step() -> None:
    """Shadows answer nothing but are asked; a pause keeps the weights; what ends gives all to one."""
    assert [weights(at(place), PLAN).challenger for place in range(4)] == [0.0, 0.05, 0.25, 0.5]
    assert [weights(at(place), PLAN).mirrored for place in range(4)] == [True, False, False, False]
    assert weights(Paused(at(2), NOW), PLAN) == weights(at(2), PLAN)
    assert weights(Promoted(NOW), PLAN).champion == 0
    assert weights(RolledBack(NOW, Reason.HARM), PLAN).challenger == weights(Aborted(NOW, Reason.MISMATCH), PLAN).challenger == 0


AIMS = st.sampled_from([FINE, BAD, VAGUE, Evidence(), Evidence(-0.02 * 1e4, 1e4, 500)])
ARMS = st.sampled_from([None, Arm(999), CRASHING, EMPTY])
SEEN = st.builds(seen, st.integers(0, LAST + 1), AIMS, ARMS)
MINUTES = st.integers(0, 90)


@settings(max_examples=40)
@given(st.lists(st.tuples(SEEN | st.sampled_from(Action).map(person), MINUTES), max_size=30))
def test_there_is_always_one_champion(happens: list[tuple[Seen | Command, int]]) -> None:
    """Whatever happens, in whatever order, parts sum to 1, and only a promoted challenger answers everything."""
    now, (state, _) = NOW, begin(PLAN, NOW)
    for observation, minutes in happens:
        now += timedelta(minutes=minutes)
        state, _ = step(state, observation, now, PLAN)
        parts = weights(state, PLAN)
        assert parts.champion + parts.challenger == pytest.approx(1.0)
        assert min(parts.champion, parts.challenger) >= 0
        assert (parts.challenger == 1) == isinstance(state, Promoted)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.lists(AIMS, min_size=1, max_size=3), MINUTES), max_size=20))
def test_nothing_is_promoted_that_has_not_passed_every_step(happens: list[tuple[list[Evidence], int]]) -> None:
    """Without a person's word promotion comes after each step has passed once, in order, on evidence that is not vague."""
    now, (state, _) = NOW, begin(PLAN, NOW)
    passed: list[int] = []
    for aims, minutes in happens:
        for aim in aims:
            now += timedelta(minutes=minutes)
            place = state.step if isinstance(state, Running) else 0
            state, reason = step(state, seen(place, aim), now, PLAN)
            if reason in {Reason.PASSED, Reason.PROMOTED}:
                passed.append(place)
                assert aim not in {BAD, Evidence()}
                assert aim != VAGUE or place > 1
    assert passed == list(range(len(passed)))
    assert isinstance(state, Promoted) <= (len(passed) == len(PLAN.steps))


def test_what_was_corrected_since_the_last_look_is_seen() -> None:
    """Evidence that turned bad without growing takes the challenger back when the step is decided."""
    state = begin(PLAN, NOW)[0]
    for minutes, aim in ((61, FINE), (90, FINE)):
        state, _ = step(state, seen(0 if minutes == 61 else 1, aim), NOW + timedelta(minutes=minutes), PLAN)
    assert isinstance(state, Running)
    assert step(state, seen(1, BAD), NOW + timedelta(minutes=125), PLAN)[1] is Reason.HARM


def ended(harm: float, dice: np.random.Generator) -> State:
    """A canary at 5, 25 and 50%, looked at every five minutes: recall 80% less the harm, 20,000 positives an hour."""
    plan = replace(PLAN, steps=PLAN.steps[1:])
    state: State = begin(plan, NOW)[0]
    now, place, counts = NOW, -1, np.zeros(4, dtype=int)
    while isinstance(state, Running):
        if state.step != place:
            place, counts = state.step, np.zeros(4, dtype=int)
        now += timedelta(minutes=5)
        share = plan.steps[place].weight
        rows = dice.binomial(20_000 // 12, share)
        both = [20_000 // 12 - rows, rows]
        counts = counts + np.array([*both, *dice.binomial(both, [0.8, 0.8 - harm])])
        aim = of_shares((int(counts[2]), int(counts[0])), (int(counts[3]), int(counts[1])))
        state, _ = step(state, Seen(place, Arm(int(counts[0])), Arm(int(counts[1])), (aim,)), now, plan)
    return state


def test_simulated_rollouts_keep_their_promise() -> None:
    """Of equal challengers at most 5% are rolled back within simulation error, most are promoted; none that is five points worse is."""
    dice = np.random.default_rng(1)
    equal = [ended(0.0, dice) for _ in range(25)]
    worse = [ended(0.05, dice) for _ in range(25)]
    assert sum(isinstance(one, RolledBack) for one in equal) <= 4
    assert sum(isinstance(one, Promoted) for one in equal) >= 20
    assert not any(isinstance(one, Promoted) for one in worse)


@pytest.mark.soak
def test_a_thousand_rollouts_keep_their_promise() -> None:
    """Of 1,000 equal challengers at most 5% are rolled back; of 1,000 that are five points worse none is promoted."""
    dice = np.random.default_rng(1000)
    equal = [ended(0.0, dice) for _ in range(1000)]
    assert sum(isinstance(one, RolledBack) for one in equal) <= 50
    assert not any(isinstance(ended(0.05, dice), Promoted) for _ in range(1000))
