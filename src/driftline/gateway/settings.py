"""What a gateway is told at its start, and what it looks up while it runs: the stored state of a rollout."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from driftline import paper
from driftline.errors import ConfigError, UnreadableData
from driftline.gateway.split import Share

ENVIRONMENT = "DRIFTLINE_GATEWAY"
"""Holds the settings as JSON, for the processes of a gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A gateway.

    Attributes:
        champion: the URL of its model server.
        challenger: that of the challenger's; empty where there is none yet.
        state: the file in which a rollout is stored; empty for the champion alone.
        spool: the folder of records; empty for none.
        entity: the field of a row, or the header, by which traffic is split; empty for the request's own id.
        id: the field of a row that tells it apart; empty for the request's own id.
        versions: the champion's version and the challenger's, for the record.
        timeout: seconds that the champion has.
        patience: seconds that the challenger has before the champion answers in its place.
        slow: seconds beyond which an answer counts as slow.
        largest: bytes of a request.
        token: what a caller has to show who changes weights over HTTP; empty where nobody may.
        service: the URL of the service that records are sent to; empty for none.
        monitor: the monitor there that watches the model.
        service_token: with the role of a sender.
    """

    champion: str
    challenger: str = ""
    state: str = ""
    spool: str = ""
    entity: str = ""
    id: str = ""
    versions: tuple[str, str] = ("", "")
    timeout: float = 30.0
    patience: float = 0.5
    slow: float = 0.5
    largest: int = 10 << 20
    token: str = ""
    service: str = ""
    monitor: str = ""
    service_token: str = ""

    def __post_init__(self) -> None:
        for url, whose in ((self.champion, "a model server"), (self.challenger, "a model server"), (self.service, "a service")):
            if url and not url.startswith(("http://", "https://")):
                raise ConfigError(f"{url!r} is no address of {whose}", hint="write http://host:port")
        if min(self.timeout, self.patience) <= 0:
            raise ConfigError(
                f"{self.timeout} and {self.patience} seconds are no time to answer", hint="give the champion 30, the challenger 0.5"
            )

        if self.service and not (self.spool and self.monitor and self.service_token):
            raise ConfigError(
                f"what is sent to {self.service} needs a spool, a monitor and a token",
                hint="give --spool and --monitor, and a sender's token in DRIFTLINE_TOKEN: driftline token",
            )

    def written(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """From text."""
        found = json.loads(text)
        return cls(**{**found, "versions": tuple(found["versions"])})


class Stored:
    """The state file of a rollout, read again when it has changed.

    Args:
        path: the file; empty for none.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._seen: tuple[int, int] | None = None
        self.share = Share()
        self.servers: dict[str, str] = {}
        self.trouble = ""

    def look(self) -> bool:
        """Read what is stored; whether it has changed. What cannot be read leaves everything as it was."""
        if self._path is None:
            return False
        try:
            stat = self._path.stat()
        except OSError:
            return False
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen == self._seen:
            return False
        try:
            found = paper.read(self._path) or {}
            self.share, self.servers = share_of(found), dict(found.get("servers") or {})
        except (UnreadableData, AttributeError, LookupError, TypeError, ValueError) as error:
            self.trouble = f"the state in {str(self._path)!r} cannot be read: {error}"
            return False
        self._seen, self.trouble = seen, ""
        return True


def share_of(found: dict[str, Any]) -> Share:
    """What a stored rollout wants.

    Raises:
        ValueError: the challenger's part is not between 0 and 1.
    """
    weights = found.get("weights") or {}
    part = float(weights.get("challenger", 0.0))
    if not 0 <= part <= 1:
        raise ValueError(f"a part of {part}")
    return Share(
        rollout=str(found.get("rollout", "")),
        step=int(found.get("step", 0)),
        challenger=part,
        mirrored=bool(weights.get("mirrored", False)),
    )
