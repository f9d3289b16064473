"""JSON as it lies in the database: packed."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def pack(document: Mapping[str, Any], *, finite: bool = True) -> bytes:
    """A report's or a decision's JSON, packed; with numbers that are not finite only where nobody but us reads it."""
    return zlib.compress(json.dumps(document, ensure_ascii=False, allow_nan=not finite).encode(), 3)


def unpack(body: bytes) -> dict[str, Any]:
    """Read what `pack` wrote."""
    found: dict[str, Any] = json.loads(zlib.decompress(body))
    return found
