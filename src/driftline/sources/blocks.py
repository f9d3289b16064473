"""Cuts a stream of text into blocks of whole lines, each of which can be read on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.errors import UnreadableData

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 1 << 22
LONGEST = 1 << 25
"""A line longer than this, or quotes open for longer, are a fault."""

BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines.

    Attributes:
        data: their bytes.
        line: the number of the first, from 1.
        sound: every quote that is opened is closed again.
    """

    data: bytes
    line: int
    sound: bool = True

    def after(self, end: int) -> Block:
        """The block without its first `end` bytes, which are whole lines."""
        return Block(self.data[end:], self.line + self.data.count(b"\n", 0, end), self.sound)

    def line_at(self, place: int) -> int:
        """The number of the line that holds the byte at `place`."""
        return self.line + self.data.count(b"\n", 0, place)


def blocks(stream: pa.NativeFile, name: str, *, quoted: bool, size: int = 0) -> Iterator[Block]:
    """Cut a stream at line ends; where `quoted`, not at those inside quotes. Blocks have `size` bytes, or `SIZE`.

    Raises:
        UnreadableData: the text is UTF-16, or has no line ends.
    """
    rest, line, size = b"", 1, size or SIZE
    first = _unmarked(stream.read(size), name)
    # The line ends of old Macs.
    returns_only = b"\r" in first and b"\n" not in first
    data = first
    while data:
        data = rest + (data.replace(b"\r", b"\n") if returns_only else data)
        end = _end(data, quoted=quoted)
        sound = end > 0
        if not end and len(data) >= LONGEST:
            end = data.rfind(b"\n") + 1
            if not end:
                raise UnreadableData(
                    f"line {line} of {name!r} is longer than {LONGEST >> 20} MB", hint="check that it is a text file with line ends"
                )
        if end:
            yield Block(data[:end], line, sound)
            line += data.count(b"\n", 0, end)
        rest = data[end:]
        data = stream.read(size)
    if rest.strip():
        yield Block(rest, line, sound=not quoted or rest.count(b'"') % 2 == 0)


def as_utf8(data: bytes) -> bytes:
    """The same bytes, unless some are not UTF-8: those become �."""
    try:
        # Arrow checks several bytes at a time.
        pa.array([data], pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return data.decode("utf-8", errors="replace").encode()
    return data


def _unmarked(data: bytes, name: str) -> bytes:
    """The text's beginning without its byte order mark."""
    if data.startswith(UTF_16):
        raise UnreadableData(f"{name!r} is UTF-16 text", hint="save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8")
    return data.removeprefix(BOM)


def _end(data: bytes, *, quoted: bool) -> int:
    """Where the last whole line ends; 0 if there is none."""
    if not quoted or b'"' not in data:
        return data.rfind(b"\n") + 1
    signs = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(signs == ord("\n"))
    quotes = np.flatnonzero(signs == ord('"'))
    # A line end is outside quotes if an even number of them stands before it; a doubled quote counts twice.
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if outside.size else 0
