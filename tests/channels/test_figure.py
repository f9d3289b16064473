"""The small picture."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.alerting.announcement import Point
from driftline.channels.figure import HEIGHT, RED, WIDTH, encoded, png

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.alerting.announcement import Announcement


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Read a PNG as its standard has it, checksums too."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, size = 8, b"", (0, 0)
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        part = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + part),)
        if name == b"IHDR":
            size = struct.unpack(">II", part[:8])
        body += part if name == b"IDAT" else b""
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(body), dtype=np.uint8).reshape(size[1], 1 + 3 * size[0])
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(size[1], size[0], 3)


def test_a_picture_comes_back_as_it_was() -> None:
    """Every pixel."""
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    assert np.array_equal(decoded(encoded(picture)), picture)


def test_windows_that_drifted_are_red(announcement: Announcement) -> None:
    """As many red marks as windows that drifted, at their place."""
    picture = decoded(png(announcement))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    red = np.flatnonzero((picture == np.array(RED)).all(axis=2).any(axis=0))
    assert 1 + int((np.diff(red) > 1).sum()) == 3
    assert red.min() > WIDTH * 0.75


def test_nothing_to_draw_is_no_picture(announcement: Announcement) -> None:
    """One number is no line; what is not known is a gap, not a number."""
    assert png(replace(announcement, figure=(Point(label="a", value=1.0),))) == b""
    assert png(replace(announcement, figure=(Point(label="a", value=None), Point(label="b", value=float("nan"))))) == b""
    gaps = tuple(Point(label=str(n), value=None if n % 2 else 1.0) for n in range(6))
    assert decoded(png(replace(announcement, figure=gaps))).shape == (HEIGHT, WIDTH, 3)
