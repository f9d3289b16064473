"""Delivery: what waits in the outbox is brought to everybody who should have it, at least once, in order, with longer and longer pauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from driftline.errors import DriftlineError, OutsideError
from driftline.services.errands import Errand, Letter, Outcome, Round, Try, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    Bring = Callable[[Errand], Outcome]

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=1)
"""A letter that a receiver could not be given for so long is given up."""


class Post(Protocol):
    """Who gets what, and how it is brought there; letters may be brought side by side."""

    def begin(self) -> None:
        """A round begins: what was looked up for the last one may have changed."""

    def receivers(self, letter: Letter) -> Sequence[str]:
        """Names of those who should have it."""

    def place(self, receiver: str, letter: Letter) -> str:
        """Where that receiver is: what is away is away for every letter that goes there."""

    def deliver(self, receiver: str, letter: Letter) -> None:
        """Bring it there.

        Raises:
            OutsideError: it could not be brought now; it is tried again.
            DriftlineError: it never can.
        """


class Letterbox(Protocol):
    """Where letters wait. Each call is one transaction."""

    def waiting(self) -> Sequence[Waiting]:
        """Letters that not everybody has, the oldest first."""

    def tried(self, outcomes: Sequence[Outcome], closed: Sequence[Letter], now: datetime) -> None:
        """Keep how it went; the closed letters wait for nobody."""


class Hands(Protocol):
    """Who carries: one after another, or many side by side."""

    def __call__(self, errands: Round, bring: Bring, /) -> Iterator[Sequence[Outcome]]:
        """Bring what is ready; tell how it went before anything else that waits for it begins."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What one round did: how often a letter arrived, how often a try failed, and what was given up."""

    sent: int = 0
    failed: int = 0
    given_up: tuple[str, ...] = ()


def one_by_one(errands: Round, bring: Bring, /) -> Iterator[Sequence[Outcome]]:
    """Carry one letter after another."""
    while ready := errands.ready(1):
        yield [bring(one) for one in ready]


def deliver(box: Letterbox, post: Post, now: datetime, hands: Hands = one_by_one) -> Posted:
    """One round over the letters that wait.

    A letter is marked after it was brought, before the next one sets out in its stead: what was brought when the process died is
    brought again, under the same key, and that is never more than were under way at once.
    """
    post.begin()
    waiting = box.waiting()
    todo = {one.letter.id: [name for name in post.receivers(one.letter) if not one.tries.get(name, Try()).done] for one in waiting}
    if idle := [one.letter for one in waiting if not todo[one.letter.id]]:
        box.tried((), idle, now)
    errands = Round((_errand(post, name, one) for one in waiting for name in todo[one.letter.id]), now)
    results: list[Outcome] = []
    for outcomes in hands(errands, lambda errand: _try(post, errand, now)):
        over = {one.errand.letter.id: one.errand.letter for one in outcomes if errands.take(one)}
        box.tried(outcomes, list(over.values()), now)
        results += outcomes
    failed = [one for one in results if one.error]
    given_up = tuple(f"{one.errand.receiver}: {one.error}" for one in failed if one.after.done)
    return Posted(len(results) - len(failed), len(failed), given_up)


def _errand(post: Post, receiver: str, waiting: Waiting) -> Errand:
    return Errand(waiting.letter, receiver, post.place(receiver, waiting.letter), waiting.tries.get(receiver, Try()))


def _try(post: Post, errand: Errand, now: datetime) -> Outcome:
    attempts, letter = errand.before.attempts + 1, errand.letter
    try:
        post.deliver(errand.receiver, letter)
    except OutsideError as error:
        return Outcome(errand, _again(letter, attempts, now), error.fact)
    except DriftlineError as error:
        return Outcome(errand, Try(attempts, None, done=True), error.fact)
    except Exception as error:  # noqa: BLE001  a mistake in one channel, or in somebody's library, must not keep letters from the others
        return Outcome(errand, _again(letter, attempts, now), f"{type(error).__name__}: {error}")
    return Outcome(errand, Try(attempts, None, done=True))


def _again(letter: Letter, attempts: int, now: datetime) -> Try:
    """It is tried again later, unless that was said for too long."""
    if now - letter.created >= GIVEN_UP_AFTER:
        return Try(attempts, None, done=True)
    return Try(attempts, now + pause(attempts))


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries.

    >>> [pause(attempts).total_seconds() for attempts in (1, 2, 3, 20)]
    [5.0, 10.0, 20.0, 900.0]
    """
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 1, 20)))
