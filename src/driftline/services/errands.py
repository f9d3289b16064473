"""Errands: what a round of delivery has to bring where, in which order, and how much of it at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

WIDTH = 16
"""So many letters are under way to one place at once; as many at most come twice, under the same key, when the process is killed."""

STRIKES = 3
"""A place where so many letters could not be brought, one after another, is left alone until a pause is over."""


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

    @property
    def thread(self) -> str:
        """What it is about: letters about one thing arrive in order."""
        return str(self.body.get("key", ""))


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


@dataclass(frozen=True, slots=True)
class Errand:
    """One letter for one receiver.

    Attributes:
        place: where the receiver is; receivers of many monitors may be at one.
        before: what was tried.
    """

    letter: Letter
    receiver: str
    place: str
    before: Try


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an errand went; `error` is empty if it went well."""

    errand: Errand
    after: Try
    error: str = ""


class _Place:
    """Lanes that wait, how many errands are under way, and how many failed in a row."""

    __slots__ = ("lanes", "strikes", "under_way")

    def __init__(self) -> None:
        self.lanes: deque[deque[Errand]] = deque()
        self.under_way = 0
        self.strikes = 0

    def next(self, width: int) -> Errand | None:
        """What can begin now."""
        if not self.lanes or self.under_way >= width or self.strikes >= STRIKES:
            return None
        self.under_way += 1
        return self.lanes[0][0]


class Round:
    """Errands of one round, handed out in order: letters about one thing one after another, everything else side by side.

    A letter that fails holds up the later ones about the same thing, at that receiver; a place that keeps failing is left alone.

    Args:
        errands: those that are open, the oldest letter first.
        now: the time; what has a later pause waits.
    """

    def __init__(self, errands: Iterable[Errand], now: datetime) -> None:
        self._places: dict[str, _Place] = {}
        self._open: dict[int, int] = {}
        self._lanes: dict[tuple[str, str, str], deque[Errand]] = {}
        paused: dict[tuple[str, str, str], bool] = {}
        for one in errands:
            lane = _lane(one)
            place = self._places.setdefault(one.place, _Place())
            self._open[one.letter.id] = self._open.get(one.letter.id, 0) + 1
            if one.before.due is not None and one.before.due > now:
                place.strikes += 1
                paused[lane] = True
            if not paused.setdefault(lane, False):
                if lane not in self._lanes:
                    self._lanes[lane] = deque()
                    place.lanes.append(self._lanes[lane])
                self._lanes[lane].append(one)

    def ready(self, most: int, width: int = WIDTH) -> list[Errand]:
        """Errands that begin now, each handed out once.

        Args:
            most: so many at most.
            width: so many at most are under way to one place.
        """
        begun: list[Errand] = []
        for place in self._places.values():
            while len(begun) < most and (one := place.next(width)) is not None:
                place.lanes.popleft()
                begun.append(one)
        return begun

    def take(self, outcome: Outcome) -> bool:
        """Learn how an errand went; whether its letter waits for nobody else."""
        one, place = outcome.errand, self._places[outcome.errand.place]
        place.under_way -= 1
        place.strikes = place.strikes + 1 if outcome.error else 0
        lane = self._lanes[_lane(one)]
        if outcome.after.done:
            lane.popleft()
            self._open[one.letter.id] -= 1
            if lane:
                # To the front: what was begun is ended first, so that a sequential round keeps the order of letters.
                place.lanes.appendleft(lane)
        return not self._open[one.letter.id]


def _lane(errand: Errand) -> tuple[str, str, str]:
    return errand.place, errand.receiver, errand.letter.thread
