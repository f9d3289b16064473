"""Small files that are either whole or not there: written beside their place, flushed, then put in it."""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING, Any

from driftline.errors import UnreadableData

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: object) -> None:
    """Write JSON so that a reader, and a restart, see the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = draft(path)
    with beside.open("w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def draft(path: Path) -> Path:
    """A hidden name beside a place, for what is to take it once it is whole.

    It is nobody else's: threads of one process write one file at a time, and so do processes of several containers that
    share a folder, which mostly have the same numbers.
    """
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:16]}")  # noqa: TID251  a name, on which nothing depends


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
