"""Delivery: what waits in the outbox is brought to everybody who should have it, at least once, in order, with longer and longer pauses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from driftline.errors import DriftlineError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=1)
"""A letter that a receiver could not be given for so long is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that has to leave.

    Attributes:
        id: by which the store knows it; later letters have higher ones.
        topic: what kind of thing it is: `message` or `verdict`.
        key: no other letter has it. Whoever gets a letter twice knows it by this.
        body: what is told, as JSON has it.
        created: when it was written.
    """

    id: int
    topic: str
    key: str
    body: Mapping[str, Any]
    created: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """How it went so far with one receiver of a letter."""

    attempts: int = 0
    due: datetime | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that not everybody has, with what was tried."""

    letter: Letter
    tries: Mapping[str, Try] = field(default_factory=dict)


class Post(Protocol):
    """Who gets what, and how it is brought there."""

    def receivers(self, letter: Letter) -> Sequence[str]:
        """Names of those who should have it."""

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

    def tried(self, letter: Letter, receiver: str, result: Try, error: str, now: datetime, *, close: bool) -> None:
        """Keep how it went, where `error` is empty if it went well; with `close`, the letter waits for nobody else."""

    def close(self, letter: Letter, now: datetime) -> None:
        """It waits for nobody."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What one round did: how often a letter arrived, how often a try failed, and what was given up."""

    sent: int = 0
    failed: int = 0
    given_up: tuple[str, ...] = ()


def deliver(box: Letterbox, post: Post, now: datetime) -> Posted:
    """One round over the letters that wait.

    A letter is marked after it was brought: one that was brought when the process died is brought again, under the same key.
    A receiver that fails gets no later letter before the earlier one, nor is asked again before its pause is over.
    """
    results: list[tuple[str, Try, str]] = []
    held: set[str] = set()
    for waiting in box.waiting():
        todo = [one for one in post.receivers(waiting.letter) if not waiting.tries.get(one, Try()).done]
        open_ones = len(todo)
        for receiver in todo:
            before = waiting.tries.get(receiver, Try())
            if receiver in held or (before.due is not None and before.due > now):
                held.add(receiver)
                continue
            after, error = _try(post, receiver, waiting.letter, before, now)
            open_ones -= after.done
            box.tried(waiting.letter, receiver, after, error, now, close=not open_ones)
            results.append((receiver, after, error))
            if not after.done:
                held.add(receiver)
        if not todo:
            box.close(waiting.letter, now)
    failed = [(receiver, after, error) for receiver, after, error in results if error]
    given_up = tuple(f"{receiver}: {error}" for receiver, after, error in failed if after.done)
    return Posted(len(results) - len(failed), len(failed), given_up)


def _try(post: Post, receiver: str, letter: Letter, before: Try, now: datetime) -> tuple[Try, str]:
    attempts = before.attempts + 1
    try:
        post.deliver(receiver, letter)
    except OutsideError as error:
        return _again(letter, attempts, now), error.fact
    except DriftlineError as error:
        return Try(attempts, None, done=True), error.fact
    except Exception as error:  # noqa: BLE001  a mistake in one channel, or in somebody's library, must not keep letters from the others
        return _again(letter, attempts, now), f"{type(error).__name__}: {error}"
    return Try(attempts, None, done=True), ""


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
