"""Keeping: what may be written of rows that come, and what may not; for how long."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from driftline.services.intake import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from driftline.services.intake import Refused, Row

HIDDEN = "(not kept: the monitor has columns that must not be)"
"""Stands where a row that could not be read would: nobody knows where in it such a column lies."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept.

    Attributes:
        never: columns that are dropped before anything is written.
        hashed: columns of which only a keyed hash is kept.
        rows: how long rows are kept; for ever for None.
        verdicts: how long counts and verdicts are.
    """

    never: frozenset[str] = frozenset()
    hashed: frozenset[str] = frozenset()
    rows: timedelta | None = None
    verdicts: timedelta | None = None

    @property
    def hides(self) -> bool:
        """Whether any column may not be written as it is."""
        return bool(self.never or self.hashed)


def keyed(key: bytes) -> Callable[[object], str | None]:
    """A hash that nobody without the key can guess values by; equal values, however they are written, have equal hashes.

    >>> keyed(b"k")(7) == keyed(b"k")("7") != keyed(b"other")("7")
    True
    """

    def hashed(value: object) -> str | None:
        if value is None:
            return None
        text = identity(value) if type(value) in {str, int, float} else str(value)
        return hashlib.blake2b(str(text).encode(errors="replace"), key=key, digest_size=16).hexdigest()

    return hashed


def keep_rows(rows: list[Row], keeping: Keeping, hashed: Callable[[object], object]) -> list[Row]:
    """The rows as they may be written.

    >>> keep_rows([{"a": 1, "email": "x"}], Keeping(never=frozenset({"email"})), str)
    [{'a': 1}]
    """
    if not keeping.hides:
        return rows
    return [
        {name: hashed(value) if name in keeping.hashed else value for name, value in row.items() if name not in keeping.never}
        for row in rows
    ]


def keep_refused(refused: Iterable[Refused], keeping: Keeping) -> list[Refused]:
    """Rows that could not be read, without what they held where that may not be written."""
    return [replace(one, reason=one.reason.partition(":")[0], row=HIDDEN) if keeping.hides else one for one in refused]
