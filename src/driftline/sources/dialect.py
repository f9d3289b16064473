"""Finds out how a file of delimited text is written: its delimiter, its header, the names of its columns."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.errors import UnreadableData
from driftline.sources.names import own_names

if TYPE_CHECKING:
    from driftline.sources.blocks import Block

DELIMITERS = (",", "\t", ";", "|")
LOOKED_AT = 50
"""So many lines decide on the delimiter."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written.

    Attributes:
        delimiter: what stands between cells.
        names: one for every column, its own, also for those without a name.
        nameless: places, from 1, of columns without a name.
        header: how many bytes the header takes, with what stands before it.
    """

    delimiter: str
    names: tuple[str, ...]
    nameless: tuple[int, ...]
    header: int

    @property
    def kept(self) -> list[str]:
        """The names of the columns that have one."""
        return [name for i, name in enumerate(self.names, start=1) if i not in self.nameless]


def dialect_of(first: Block, name: str) -> Dialect:
    """Find out the dialect from the file's first block.

    Raises:
        UnreadableData: it holds bytes that no text has.
    """
    if b"\0" in first.data[:4096]:
        raise UnreadableData(f"{name!r} is not text: it begins with {first.data[:8]!r}", hint="check its format and the end of its name")
    lines = [line + b"\n" for line in first.data[: 1 << 20].split(b"\n")]
    texts = [line.decode("utf-8", errors="replace") for line in lines]
    delimiter = _delimiter([text for text in texts if text.strip()][:LOOKED_AT])
    reader = csv.reader(texts, delimiter=delimiter)
    cells = next((row for row in reader if row), [])
    header = sum(map(len, lines[: reader.line_num]))
    nameless = tuple(i for i, cell in enumerate(cells, start=1) if not cell.strip())
    # A nameless column needs a name to be passed over by.
    given = own_names(cell.strip() or f"column_{i}" for i, cell in enumerate(cells, start=1))
    hidden = tuple(i for i, own in enumerate(given, start=1) if own is None)
    return Dialect(
        delimiter, tuple(own or f"column_{i}" for i, own in enumerate(given, start=1)), (*nameless, *hidden), min(header, len(first.data))
    )


def _delimiter(lines: list[str]) -> str:
    """The delimiter that cuts most lines into the same number of cells, and into most."""
    best, score = ",", (0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        width, times = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
        if width > 1 and (times, width) > score:
            best, score = delimiter, (times, width)
    return best
