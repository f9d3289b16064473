"""References to the environment, `${NAME}`, so that secrets stand in no file and in no message."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
"""`${NAME}`, or `${NAME:-what to take where it is not set}`."""

PASSWORD = re.compile(r"://[^/@\s:]*:([^/@\s]+)@")
"""A password within a URL."""

SHORTEST_SECRET = 4
"""Shorter values are too common in plain words to be hidden."""


@dataclass(frozen=True, slots=True, order=True)
class Secret:
    """A value that came from the environment, and the name it is shown under."""

    value: str = field(repr=False)
    name: str


def missing(text: str, environ: Mapping[str, str]) -> list[str]:
    """Names that the text refers to and that are neither set nor have something to take instead.

    >>> missing("${USER_A}/${USER_B:-x}", {})
    ['USER_A']
    """
    return [name for name, otherwise in REFERENCE.findall(text) if name not in environ and f"${{{name}:-{otherwise}}}" not in text]


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Put the environment's values in place of their names.

    >>> resolve("${HOST:-localhost}/${NAME}", {"NAME": "scores"})
    'localhost/scores'
    """
    return REFERENCE.sub(lambda found: environ.get(found[1], found[2] or ""), text)


def secrets(texts: Iterable[str], environ: Mapping[str, str]) -> tuple[Secret, ...]:
    """What must not be shown: the values that the texts refer to, and the passwords within them."""
    found: set[Secret] = set()
    for name in {match[1] for text in texts for match in REFERENCE.finditer(text)}:
        value = environ.get(name, "")
        found |= {Secret(part, name) for part in (value, *PASSWORD.findall(value))}
    return tuple(sorted((secret for secret in found if len(secret.value) >= SHORTEST_SECRET), key=lambda s: -len(s.value)))


def redact(text: str, hidden: Iterable[Secret]) -> str:
    """Show names in place of secret values.

    >>> redact("no route to postgresql://ann:pw@db", [Secret("postgresql://ann:pw@db", "DB")])
    'no route to ${DB}'
    """
    for secret in hidden:
        text = text.replace(secret.value, f"${{{secret.name}}}")
    return text


def written_password(text: str) -> bool:
    """Whether a URL's password is written out rather than referred to."""
    return any(not REFERENCE.fullmatch(password) for password in PASSWORD.findall(text))
