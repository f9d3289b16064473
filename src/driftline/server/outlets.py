"""Outlets: each monitor's messages go to the channels that its YAML names; where it names none, to the log."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from driftline import wiring
from driftline.alerting.announcement import from_dict
from driftline.channels.courier import Sent
from driftline.config.channels import answered
from driftline.errors import ConfigError, DriftlineError, OutsideError, PluginError
from driftline.server.logs import LOG
from driftline.store.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.channels.courier import Courier
    from driftline.server.service import Service
    from driftline.services.errands import Letter
    from driftline.store.fleet import Watched

THE_LOG = "log"
DEAD_AFTER = 3
"""A channel that failed so often, one after another, is told of on the others."""

REMEMBERED = 1000
"""So many monitors' channels are at hand."""


def heard_alike(service: Service, watched: Watched, other: str) -> bool:
    """Whether another monitor, by its name, tells the same people by the same channels and routes."""
    try:
        theirs = service.fleet.find(other)
        said = [service.library.specification(one.yaml, one.directory).outlets for one in (watched, theirs)]
    except DriftlineError:
        return False
    return said[0] == said[1]


class Outlets:
    """What `driftline.services.delivery.Post` asks for; many threads may ask."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._threads = Threads(service.database)
        self._couriers: OrderedDict[tuple[int, int], tuple[Courier, str] | None] = OrderedDict()
        self._found: dict[str, Watched | None] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def begin(self) -> None:
        """A change of the YAML counts from the next round on."""
        with self._lock:
            self._found.clear()

    def receivers(self, letter: Letter) -> Sequence[str]:
        """The channels that the monitor's routes choose, by name."""
        way = self._way(letter)
        return (THE_LOG,) if way is None else way[0].receivers(from_dict(letter.body))

    def place(self, receiver: str, letter: Letter) -> str:
        """The channel with its settings: monitors that name one channel alike share it."""
        way = self._way(letter)
        return receiver if way is None else repr(way[0].channels[receiver])

    def deliver(self, receiver: str, letter: Letter) -> None:
        """Bring it there.

        Raises:
            OutsideError: not now, or not before somebody has mended the settings; it is tried again.
        """
        way = self._way(letter)
        if way is None:
            names = ("monitor", "incident", "news", "tier", "subject")
            LOG.warning("told", extra={name: letter.body.get(name) for name in names})
            return
        courier, address = way
        announcement = answered(address, from_dict(letter.body))
        try:
            courier.deliver(receiver, announcement)
        except DriftlineError as error:
            self._failed(courier, Sent(receiver, announcement, 1, error.fact, error.hint))
            if isinstance(error, ConfigError | PluginError):
                raise OutsideError(error.fact, hint=error.hint) from error
            raise
        with self._lock:
            self._failures.pop((announcement.monitor, receiver), None)

    def _failed(self, courier: Courier, sent: Sent) -> None:
        """Count, and tell the others of a channel that seems to be dead; once, until it has worked again."""
        key = (sent.announcement.monitor, sent.channel)
        with self._lock:
            self._failures[key] = self._failures.get(key, 0) + 1
            dead = self._failures[key] == DEAD_AFTER
        if dead:
            for told in replace(courier, attempts=1).warn([sent]):
                about = {"channel": sent.channel, "to": told.channel, "error": told.error}
                LOG.warning("a channel is dead", extra=about)

    def _way(self, letter: Letter) -> tuple[Courier, str] | None:
        """The channels of the letter's monitor as its newest version has them, and where people reach the service.

        None where it has no channels, or is gone.
        """
        watched = self._watched(str(letter.body.get("monitor", "")))
        if watched is None:
            return None
        key = (watched.id, watched.version)
        with self._lock:
            if key not in self._couriers:
                self._couriers[key] = self._made(watched.yaml, watched.directory)
                while len(self._couriers) > REMEMBERED:
                    self._couriers.popitem(last=False)
            return self._couriers[key]

    def _watched(self, name: str) -> Watched | None:
        """The monitor of that name, looked up once a round: ten thousand letters ask for it."""
        with self._lock:
            if name not in self._found:
                try:
                    self._found[name] = self._service.fleet.find(name)
                except ConfigError:
                    self._found[name] = None
            return self._found[name]

    def _made(self, yaml: str, directory: str) -> tuple[Courier, str] | None:
        try:
            said = self._service.library.specification(yaml, directory)
            return (wiring.courier(said, self._threads), said.outlets.service) if said.outlets.channels else None
        except DriftlineError as error:
            # An extra that is not installed, an address that may not be called: the log must do.
            LOG.error("channels cannot be made", extra={"why": str(error)})
            return None
