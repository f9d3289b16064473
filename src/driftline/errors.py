"""Errors, named for who must act.

```
DriftlineError
├── ConfigError      the operator changes the configuration    exit 2
│   └── UnknownPart      no part of that kind has that name
├── DataError        the data's owner changes the data         exit 3
│   ├── SchemaMismatch   a column is missing or of another kind
│   ├── PlanMismatch     two profiles were counted in different bins
│   └── UnreadableData   a file cannot be read to its end
├── StateError       the request is against the rules now      exit 4
│   └── UnderWay         it is being done already
├── PluginError      the package's author fixes the part       exit 5
└── OutsideError     the world failed; try again               exit 6
    └── SourceError      a place where rows lie did not answer
```

Exit codes live in `driftline.cli.main`; an error says what is wrong and what to do, never how a face shows it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class DriftlineError(Exception):
    """Anything driftline refuses to do, with what to do about it.

    Args:
        fact: what is wrong, in lower case, with the offending value.
        hint: the next step; shown after `Hint:`.
    """

    def __init__(self, fact: str, *, hint: str = "") -> None:
        super().__init__(f"{fact}\nHint: {hint}" if hint else fact)
        self.fact = fact
        self.hint = hint


class ConfigError(DriftlineError, ValueError):
    """The operator must change the configuration."""


class UnknownPart(ConfigError, LookupError):
    """No part of that kind has that name."""


class DataError(DriftlineError, ValueError):
    """The data's owner must change the data."""


class SchemaMismatch(DataError):
    """A column is missing, or is not of the kind that was promised."""


class PlanMismatch(DataError):
    """Two profiles were counted in different bins and do not add."""


class UnreadableData(DataError):
    """A file cannot be read to its end."""


class StateError(DriftlineError, RuntimeError):
    """The request is against the rules as things stand now."""


class UnderWay(StateError):
    """It is being done already: by another process, or by one that outlived whoever began it."""


class PluginError(DriftlineError, TypeError):
    """An installed package offers a part that we cannot use."""


class OutsideError(DriftlineError, OSError):
    """The world failed; trying again may help."""


class SourceError(OutsideError):
    """A place where rows lie did not answer."""


def near_miss(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant.

    >>> near_miss("pssi", ["psi", "hellinger"])
    "did you mean 'psi'?"
    >>> near_miss("zzz", ["psi", "hellinger"])
    'known: hellinger, psi'
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
