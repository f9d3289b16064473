"""The figure of an announcement as a small picture, drawn without any library that draws: a line, window by window."""

from __future__ import annotations

import math
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.alerting.announcement import Announcement

WIDTH, HEIGHT, MARGIN = 640, 160, 12
MOST = 90
"""So many windows are drawn, the newest."""

FEWEST = 2
PAPER, LINE, GRID, RED = (255, 255, 255), (55, 65, 81), (229, 231, 235), (220, 38, 38)


def png(announcement: Announcement) -> bytes:
    """The figure as PNG; nothing where there is none to draw. Windows that drifted are red, unknown ones are gaps."""
    points = announcement.figure[-MOST:]
    known = [point.value for point in points if point.value is not None and math.isfinite(point.value)]
    if len(known) < FEWEST:
        return b""
    low, high = min(known), max(known)
    span = (high - low) or abs(high) or 1.0
    picture = np.full((HEIGHT, WIDTH, 3), PAPER, dtype=np.uint8)
    for share in (0.0, 0.5, 1.0):
        picture[_row(share), MARGIN : WIDTH - MARGIN] = GRID
    step = (WIDTH - 2 * MARGIN) / max(len(points) - 1, 1)
    before: tuple[int, int] | None = None
    dots: list[tuple[int, int]] = []
    for place, point in enumerate(points):
        if point.value is None or not math.isfinite(point.value):
            before = None
            continue
        at = (_row((point.value - low) / span), round(MARGIN + place * step))
        if before is not None:
            _line(picture, before, at)
        if point.drifted:
            dots.append(at)
        before = at
    for row, column in dots:
        picture[row - 3 : row + 4, column - 3 : column + 4] = RED
    return encoded(picture)


def _row(share: float) -> int:
    """Where a value lies, from the bottom up."""
    return round(HEIGHT - 1 - MARGIN - share * (HEIGHT - 1 - 2 * MARGIN))


def _line(picture: NDArray[np.uint8], start: tuple[int, int], end: tuple[int, int]) -> None:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    rows = np.rint(np.linspace(start[0], end[0], steps + 1)).astype(int)
    columns = np.rint(np.linspace(start[1], end[1], steps + 1)).astype(int)
    picture[rows, columns] = LINE
    picture[rows + 1, columns] = LINE


def encoded(picture: NDArray[np.uint8]) -> bytes:
    """uint8[rows, columns, 3] as PNG (ISO/IEC 15948): a header, the rows, each with filter 0, and an end."""
    rows, columns = picture.shape[:2]
    raw = np.concatenate([np.zeros((rows, 1), dtype=np.uint8), picture.reshape(rows, -1)], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, body) for name, body in parts)


def _part(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
