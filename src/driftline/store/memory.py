"""What a check that sends messages remembers between two runs: a small file with what was told, and what still has to leave."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from driftline.alerting.announcement import Announcement, from_dict, to_dict
from driftline.alerting.incident import Talk
from driftline.alerting.signals import Tier
from driftline.errors import DataError, OutsideError
from driftline.paper import draft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered.

    Attributes:
        talks: what was told, by the window that opened the incident.
        waiting: messages that have not arrived yet, each with its channel, in order.
        threads: where conversations about incidents began, by the service's own channel and the incident's key.
    """

    talks: Mapping[str, Talk] = field(default_factory=dict)
    waiting: tuple[tuple[str, Announcement], ...] = ()
    threads: dict[tuple[str, str], str] = field(default_factory=dict)

    def without(self, channel: str, announcement: Announcement) -> Memory:
        """One message less."""
        return replace(self, waiting=tuple(one for one in self.waiting if one != (channel, announcement)))


def recall(path: Path) -> Memory:
    """Read what is remembered; nothing where there is no such file yet.

    Raises:
        DataError: the file is not what it should be.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        talks = {window: _talk(one) for window, one in said["talks"].items()}
        threads = {(channel, incident): str(began) for channel, incident, began in said.get("threads", ())}
        return Memory(talks, tuple((one["channel"], from_dict(one["message"])) for one in said["waiting"]), threads)
    except FileNotFoundError:
        return Memory()
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise DataError(f"{str(path)!r} is not a memory of messages", hint="remove it; open incidents are then told again") from error


def keep(path: Path, memory: Memory) -> None:
    """Write what is remembered, durably, so that whoever reads it sees the old one or the new one.

    Raises:
        OutsideError: it cannot be written.
    """
    talks = {window: {**asdict(one), "since": _written(one.since), "at": _written(one.at)} for window, one in memory.talks.items()}
    waiting = [{"channel": channel, "message": to_dict(one)} for channel, one in memory.waiting]
    threads = [(*key, began) for key, began in list(memory.threads.items())]
    beside = draft(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            json.dump({"schema": SCHEMA, "talks": talks, "waiting": waiting, "threads": threads}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise OutsideError(f"{str(path)!r} cannot be written: {error.strerror}", hint="choose a place that may be written to") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _talk(said: Mapping[str, Any]) -> Talk:
    instants = {name: datetime.fromisoformat(said[name]) if said[name] else None for name in ("since", "at")}
    return Talk(**{**said, **instants, "tier": Tier(said["tier"])})
