"""Small files that are either whole or not there: written beside their place, flushed, then put in it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from driftline.errors import UnreadableData

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: object) -> None:
    """Write JSON so that a reader, and a restart, see the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read(path: Path) -> dict[str, Any] | None:
    """What was written; None where nothing was.

    Raises:
        UnreadableData: it is not what `write` leaves.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise UnreadableData(f"{str(path)!r} is no JSON", hint="remove it, or put back a copy") from error
    if not isinstance(found, dict):
        raise UnreadableData(f"{str(path)!r} holds no object", hint="remove it, or put back a copy")
    return found
