"""Columns that a document names, with where it names them, so that one that is not in the data can be pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.config.arrangements import columns_in_rules
from driftline.config.complaints import refuse
from driftline.config.domain import named_roles
from driftline.config.parse import Complaint
from driftline.engines.amounts import SPOKEN, amount
from driftline.engines.conditions import condition
from driftline.errors import near_miss
from driftline.schema import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from driftline.config.document import Document
    from driftline.config.parse import Parsed
    from driftline.errors import ConfigError

    Path = tuple[str | int, ...]

LISTED = 12
"""So many columns are listed where none is called alike."""

EVERY = "*"
"""Stands for every column in thresholds."""


def mentions(document: Document) -> Iterator[tuple[Path, str, bool]]:
    """Every column that the document names: the path where it does, the name, and whether it is a key there."""
    columns = document.columns
    if columns is not None:
        # Training data often has no times; and a column that names the windows need not be in the reference either.
        yield from ((path, name, False) for path, name, role in named_roles(columns) if role is not Role.TIMESTAMP)
        yield from ((("columns", "item"), name, False) for name in filter(None, [columns.item]))
        yield from ((("columns", "features", i), name, False) for i, name in enumerate(columns.features or []))
        for key, group in (("kinds", columns.kinds), ("importance", columns.importance)):
            yield from ((("columns", key, name), name, True) for name in group or {})
    for i, segment in enumerate(document.segments or []):
        if isinstance(segment, str):
            yield ("segments", i), segment, False
        else:
            yield from ((("segments", i, key), name, False) for key, text in segment.items() for name in condition(text).columns)
    if document.performance and document.performance.value and (text := document.performance.value.expression):
        path = ("performance", "value", "expression")
        yield from ((path, name, False) for name in amount(text).columns if name not in SPOKEN)
    yield from ((("floors", "columns", name), name, True) for name in (document.floors and document.floors.columns) or {})
    yield from ((path, name, False) for path, name in columns_in_rules(document))
    yield from ((("thresholds", name), name, True) for name in document.thresholds or {} if name != EVERY)


def unknown(document: Document, parsed: Parsed, known: Iterable[str]) -> ConfigError | None:
    """The error for columns that the document names and the reference does not have; None if it has them all.

    Args:
        document: what was written.
        parsed: where everything stands.
        known: the reference's columns.
    """
    names = list(known)
    found = [
        Complaint(*parsed.locate(path, key=key), f"the reference has no column {name!r}", _meant(name, names))
        for path, name, key in mentions(document)
        if name not in names
    ]
    return refuse(parsed, found) if found else None


def _meant(name: str, names: Sequence[str]) -> str:
    """The column that was probably meant, else some of those there are."""
    near = near_miss(name, names)
    if near.startswith("did") or len(names) <= LISTED:
        return near
    return f"it has {len(names):,} columns: {', '.join(names[:LISTED])}, …"
