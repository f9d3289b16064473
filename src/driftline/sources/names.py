"""Gives every column a name of its own, and knows the name of a table from a query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PANDAS_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls an index that has no name; it is a row's number, not its content."""

TABLE = re.compile(r"(?:(?P<schema>\w+)\.)?(?P<table>\w+)")
"""The name of a table; whatever else stands for a database's rows is a query."""


def own_names(names: Iterable[str]) -> list[str | None]:
    """A name of its own for every column: the second `a` becomes `a_2`; None for pandas' index.

    >>> own_names(["a", "b", "a", "__index_level_0__"])
    ['a', 'b', 'a_2', None]
    """
    given: list[str | None] = []
    listed = list(names)
    taken = set(listed)
    seen: set[str] = set()
    for name in listed:
        if PANDAS_INDEX.fullmatch(name):
            given.append(None)
            continue
        fresh, number = name, 2
        while fresh in seen or (fresh != name and fresh in taken):
            fresh, number = f"{name}_{number}", number + 1
        seen.add(fresh)
        given.append(fresh)
    return given
