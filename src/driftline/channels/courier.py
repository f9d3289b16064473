"""Brings announcements to all channels that should have them, side by side, again and again; a dead channel is told on the others."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from driftline.alerting.announcement import TIERS, Announcement
from driftline.errors import DriftlineError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from driftline.channels.channel import Channel

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
DEAD = "dead channel"


@dataclass(frozen=True, slots=True)
class Route:
    """Who gets what: the channel's name, the least tier, and the monitors; every monitor where none is named.

    Attributes:
        unanswered: only what nobody has answered goes there, and the end of what may have gone there.
    """

    to: str
    least: str = "look"
    monitors: frozenset[str] = frozenset()
    unanswered: bool = False

    def takes(self, announcement: Announcement) -> bool:
        """Whether an announcement goes this way."""
        enough = TIERS.index(announcement.tier) >= TIERS.index(self.least)
        wanted = not self.unanswered or announcement.escalated
        return enough and wanted and (not self.monitors or announcement.monitor in self.monitors)


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went with one channel: how often it was tried, and what went wrong last; nothing if it arrived."""

    channel: str
    announcement: Announcement
    attempts: int
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Courier:
    """Channels by name, and routes to them.

    Attributes:
        routes: in order; without any, everything from the tier look on goes to every channel.
        attempts: how often a message is tried at once. The outbox of the service tries for longer.
        sleep: waits.
    """

    channels: Mapping[str, Channel]
    routes: Sequence[Route] = ()
    attempts: int = 3
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def receivers(self, announcement: Announcement) -> list[str]:
        """Names of the channels that should have it, each once."""
        routes = self.routes or [Route(name) for name in self.channels]
        return list(dict.fromkeys(route.to for route in routes if route.takes(announcement)))

    def deliver(self, receiver: str, announcement: Announcement) -> None:
        """Bring it to one channel, once.

        Raises:
            OutsideError: not now.
            DriftlineError: never.
        """
        self.channels[receiver].send(announcement)

    def send(self, announcements: Sequence[Announcement]) -> list[Sent]:
        """Bring announcements to their channels; each channel gets them in order and waits for no other."""
        done = list(self.bring([(name, one) for one in announcements for name in self.receivers(one)]))
        return [*done, *self.warn(done)]

    def bring(self, letters: Iterable[tuple[str, Announcement]]) -> Iterator[Sent]:
        """Bring each announcement to its channel; how it went is told as soon as a channel is done."""
        mail: dict[str, list[Announcement]] = {}
        for name, one in letters:
            mail.setdefault(name, []).append(one)
        if not mail:
            return
        with ThreadPoolExecutor(max_workers=len(mail), thread_name_prefix="channel") as pool:
            for done in as_completed([pool.submit(self._in_order, name, some) for name, some in mail.items()]):
                yield from done.result()

    def warn(self, done: Sequence[Sent]) -> list[Sent]:
        """Tell of channels that are dead on the others, once each."""
        dead = {sent.channel: sent for sent in done if sent.error}
        alive = [name for name in self.channels if name not in dead]
        return list(self.bring([(name, died(one)) for one in dead.values() for name in alive]))

    def show(self, announcement: Announcement, channels: Sequence[str]) -> list[Sent]:
        """Bring one announcement to some channels, whatever the routes say, and tell no other of those that are dead."""
        found = {sent.channel: sent for sent in self.bring([(name, announcement) for name in channels])}
        return [found[name] for name in channels]

    def _in_order(self, name: str, announcements: Sequence[Announcement]) -> list[Sent]:
        done: list[Sent] = []
        for one in announcements:
            if done and done[-1].error:
                # What does not answer now is not asked forty times.
                done.append(replace(done[-1], announcement=one, attempts=0))
            else:
                done.append(self._tried(name, one))
        return done

    def _tried(self, name: str, announcement: Announcement) -> Sent:
        attempt, pause = 1, FIRST_PAUSE
        while True:
            try:
                self.deliver(name, announcement)
            except OutsideError as error:
                if attempt >= self.attempts:
                    return Sent(name, announcement, attempt, error.fact, error.hint)
            except DriftlineError as error:
                return Sent(name, announcement, attempt, error.fact, error.hint)
            else:
                return Sent(name, announcement, attempt)
            self.sleep(pause)
            attempt, pause = attempt + 1, min(2 * pause, LONGEST_PAUSE)


def died(sent: Sent) -> Announcement:
    """A channel that does not work, as something to be told."""
    key = f"{DEAD}/{sent.channel}"
    return Announcement(
        key=key,
        id=f"{key}/{sent.announcement.id}",
        monitor=sent.announcement.monitor,
        news="opened",
        tier="page",
        subject=f"[act now] driftline cannot send to the channel {sent.channel!r}",
        body=f"{sent.error}. It should have brought: {sent.announcement.subject}. Repair it: {sent.hint or 'see the error'}.",
        window=sent.announcement.window,
        since=sent.announcement.window,
    )
