"""Errands: each is handed out once, letters about one thing one after another, and never too many at once to one place."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftline.services.errands import Errand, Letter, Outcome, Round, Try

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def errand(number: int, thread: int, place: str, before: Try | None = None) -> Errand:
    """A letter about something, for somebody at some place."""
    letter = Letter(id=number, topic="message", key=f"k{number}", body={"key": thread}, created=NOW)
    return Errand(letter, "somebody", place, before or Try())


LETTERS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=30)


@given(LETTERS, st.integers(1, 4), st.integers(1, 6), st.randoms())
def test_whoever_arrives_first_everything_is_brought_once_in_order(said: list[tuple[int, str]], width: int, most: int, dice: Any) -> None:
    """In whatever order they come back, no place sees more than the width, nor two about one thing at once."""
    errands = Round([errand(number, *one) for number, one in enumerate(said)], NOW)
    begun: list[Errand] = []
    under_way: list[Errand] = []
    while fresh := errands.ready(most - len(under_way), width) or under_way:
        if fresh is not under_way:
            begun += fresh
            under_way += fresh
        assert len(under_way) <= most
        assert max(Counter(one.place for one in under_way).values()) <= width
        assert max(Counter((one.place, one.letter.thread) for one in under_way).values()) == 1
        back = under_way.pop(dice.randrange(len(under_way)))
        assert errands.take(Outcome(back, Try(1, None, done=True)))
    assert sorted(one.letter.id for one in begun) == list(range(len(said)))
    for lane in set(said):
        ids = [one.letter.id for one in begun if (int(one.letter.thread), one.place) == lane]
        assert ids == sorted(ids)


def test_what_failed_holds_up_what_is_about_the_same_thing() -> None:
    """At that receiver, in this round and until its pause is over; what is about something else goes on."""
    first, second, other = errand(1, 1, "a"), errand(2, 1, "a"), errand(3, 2, "a")
    errands = Round([first, second, other], NOW)
    assert errands.ready(9) == [first, other]
    assert not errands.take(Outcome(first, Try(1, NOW + timedelta(minutes=1)), "away"))
    assert errands.take(Outcome(other, Try(1, None, done=True)))
    assert errands.ready(9) == []
    later = Round([errand(1, 1, "a", Try(1, NOW + timedelta(minutes=1))), second, other], NOW)
    assert later.ready(9) == [other]


def test_a_letter_for_two_waits_for_both() -> None:
    """It waits for nobody only when the last has it."""
    for_one, for_other = errand(1, 1, "a"), errand(1, 1, "b")
    errands = Round([for_one, for_other], NOW)
    assert errands.ready(9) == [for_one, for_other]
    assert not errands.take(Outcome(for_one, Try(1, None, done=True)))
    assert errands.take(Outcome(for_other, Try(1, None, done=True)))
