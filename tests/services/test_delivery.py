"""Delivery: everybody who should have a letter gets it, in order, however often it fails in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError, OutsideError
from driftline.services.delivery import GIVEN_UP_AFTER, deliver, pause
from driftline.services.errands import STRIKES, Letter, Outcome, Try, Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class _Box:
    """An outbox in memory."""

    letters: list[Letter]
    tries: dict[tuple[int, str], Try] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def waiting(self) -> list[Waiting]:
        return [
            Waiting(one, {name: tried for (ident, name), tried in self.tries.items() if ident == one.id})
            for one in self.letters
            if one.id not in self.closed
        ]

    def tried(self, outcomes: Sequence[Outcome], closed: Sequence[Letter], now: datetime) -> None:
        for one in outcomes:
            self.tries[one.errand.letter.id, one.errand.receiver] = one.after
            self.errors.append(one.error)
        for letter in closed:
            assert letter.id not in self.closed
            self.closed.append(letter.id)


@dataclass
class _Pigeon:
    """Brings letters, unless it is told to fail."""

    names: tuple[str, ...] = ("a", "b")
    fails: dict[str, Exception] = field(default_factory=dict)
    brought: list[tuple[str, int]] = field(default_factory=list)

    def begin(self) -> None:
        return

    def receivers(self, letter: Letter) -> tuple[str, ...]:
        return self.names

    def place(self, receiver: str, letter: Letter) -> str:
        return f"the house of {receiver}"

    def deliver(self, receiver: str, letter: Letter) -> None:
        if receiver in self.fails:
            raise self.fails[receiver]
        self.brought.append((receiver, letter.id))


def letters(many: int, *, apart: bool = False) -> _Box:
    """A box with letters about one thing, or each about something else."""
    return _Box([Letter(id=n, topic="message", key=f"k{n}", body={"key": n if apart else 0}, created=NOW) for n in range(1, many + 1)])


def test_everybody_gets_every_letter_once() -> None:
    """And a round with nothing left does nothing."""
    box, post = letters(2), _Pigeon()
    assert deliver(box, post, NOW).sent == 4
    assert (post.brought, box.closed) == ([("a", 1), ("a", 2), ("b", 1), ("b", 2)], [1, 2])
    assert deliver(box, post, NOW).sent == 0


def test_nobody_to_tell_is_a_letter_that_is_done() -> None:
    """It does not wait for ever."""
    box = letters(1)
    assert (deliver(box, _Pigeon(()), NOW).sent, box.closed) == (0, [1])


def test_one_that_fails_holds_up_nobody_else() -> None:
    """It gets its letters later, in order, after a pause; the others have theirs at once."""
    box, post = letters(2), _Pigeon(fails={"a": OutsideError("away", hint="")})
    assert (deliver(box, post, NOW).failed, post.brought) == (1, [("b", 1), ("b", 2)])
    assert (box.closed, box.tries[1, "a"]) == ([], Try(1, NOW + pause(1)))
    post.fails = {}
    assert deliver(box, post, NOW + pause(1) / 2).sent == 0
    deliver(box, post, NOW + pause(1))
    assert (post.brought[2:], box.closed) == ([("a", 1), ("a", 2)], [1, 2])


def test_a_mistake_in_one_channel_is_the_others_no_matter() -> None:
    """It is tried again, like one that is away."""
    box, post = letters(1), _Pigeon(fails={"a": KeyError("x")})
    assert (deliver(box, post, NOW).failed, post.brought, box.errors[0]) == (1, [("b", 1)], "KeyError: 'x'")
    assert box.tries[1, "a"] == Try(1, NOW + pause(1))


def test_what_never_can_be_brought_is_given_up() -> None:
    """At once where it can never be; after a day where the world stays away; the letter waits for nobody then."""
    box, post = letters(1), _Pigeon(("a",), {"a": ConfigError("no such channel", hint="")})
    assert (deliver(box, post, NOW).given_up, box.closed) == (("a: no such channel",), [1])
    box, post = letters(1), _Pigeon(("a",), {"a": OutsideError("away", hint="")})
    assert deliver(box, post, NOW + GIVEN_UP_AFTER - timedelta(seconds=1)).given_up == ()
    assert (deliver(box, post, NOW + GIVEN_UP_AFTER + pause(1)).given_up, box.closed) == (("a: away",), [1])


@given(st.lists(st.sets(st.sampled_from("abc")), max_size=8))
def test_whatever_fails_each_receiver_gets_all_in_order(rounds: list[set[str]]) -> None:
    """In the end, each letter once, and never a later one before an earlier one."""
    box, post, now = letters(3), _Pigeon(("a", "b", "c")), NOW
    for failing in [*rounds, set()]:
        now += timedelta(minutes=20)
        post.fails = {name: OutsideError("away", hint="") for name in failing}
        deliver(box, post, now)
    for name in "abc":
        assert [ident for receiver, ident in post.brought if receiver == name] == [1, 2, 3]
    assert box.closed == [1, 2, 3]


def test_what_one_letter_meets_is_no_matter_of_letters_about_something_else() -> None:
    """A place is left alone only after some in a row could not be brought, and until a pause is over."""
    box, post = letters(STRIKES + 3, apart=True), _Pigeon(("a",), {"a": OutsideError("away", hint="")})
    assert deliver(box, post, NOW).failed == STRIKES
    post.fails = {}
    assert deliver(box, post, NOW + pause(1) / 2).sent == 0
    assert deliver(box, post, NOW + pause(1)).sent == STRIKES + 3
    assert sorted(ident for _, ident in post.brought) == list(range(1, STRIKES + 4))
