"""HAProxy: weights of two servers of a backend, changed over its runtime API while it runs."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL = 256
"""HAProxy's largest weight."""

TIMEOUT = 5.0
HINT = "write `stats socket PATH level admin` into the global section of its configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Haproxy:
    """An HAProxy.

    Attributes:
        address: its runtime API: the path of a socket, or host:port.
        backend: the backend that both servers belong to.
        champion: the name of the champion's server there.
        challenger: that of the challenger's.
    """

    address: str
    backend: str
    champion: str = "champion"
    challenger: str = "challenger"

    def apply(self, told: Mapping[str, object]) -> None:
        """Have the servers weigh as the rollout wants; nothing is said where they do.

        Args:
            told: a rollout as it is stored.

        Raises:
            ConfigError: HAProxy knows no such server, or does not let its weights be changed.
            OutsideError: it does not answer.
        """
        for server, weight in self._due(part_of(told)):
            said = self._ask(f"set weight {self.backend}/{server} {weight}")
            if said:
                raise ConfigError(f"HAProxy does not set the weight of {self.backend}/{server}: {said}", hint=HINT)

    def weights(self) -> dict[str, int]:
        """The weights that both servers have now, 0 to 256, by the server's name.

        Raises:
            ConfigError: HAProxy knows no such server.
            OutsideError: it does not answer.
        """
        found = {}
        for server in (self.champion, self.challenger):
            said = self._ask(f"get weight {self.backend}/{server}")
            weight = re.match(r"(\d+) \(initial \d+\)", said)
            if weight is None:
                raise ConfigError(
                    f"HAProxy knows no weight of {self.backend}/{server}: {said}", hint="give its backend's and servers' names"
                )
            found[server] = int(weight[1])
        return found

    def _due(self, part: float) -> list[tuple[str, int]]:
        """Changes, those upwards first: at no moment both weigh nothing."""
        own = min(max(round(FULL * part), int(part > 0)), FULL - int(part < 1))
        wanted = {self.champion: FULL - own, self.challenger: own}
        now = self.weights()
        due = [(server, weight) for server, weight in wanted.items() if now[server] != weight]
        return sorted(due, key=lambda change: now[change[0]] - change[1])

    def _ask(self, command: str) -> str:
        """One command; what HAProxy says, without blank ends."""
        host, _, port = self.address.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), TIMEOUT) if port.isdigit() else _at(self.address) as line:
                line.sendall(command.encode() + b"\n")
                parts = []
                while part := line.recv(4096):
                    parts.append(part)
        except OSError as error:
            raise OutsideError(f"HAProxy at {self.address!r} does not answer: {error}", hint=HINT) from error
        return b"".join(parts).decode("utf-8", "replace").strip()


def _at(path: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(TIMEOUT)
        line.connect(path)
    except OSError:
        line.close()
        raise
    return line


def part_of(told: Mapping[str, object]) -> float:
    """The challenger's part of the traffic, in a rollout as it is stored."""
    weights = told["weights"]
    return float(weights["challenger"]) if isinstance(weights, dict) else 0.0
