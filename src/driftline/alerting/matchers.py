"""Matchers, as Alertmanager writes them: `name="amount"`, `tier!="page"`, `segment=~"country=.*"`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.alerting.signals import Signal

LABELS = ("monitor", "name", "concern", "tier", "segment", "kind")
"""What every signal is known by."""

WRITTEN = re.compile(r'^\s*(\w+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*$')
BETWEEN = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""A comma that stands in no text."""

LONGEST = 500
MOST_REPEATS = 3
"""A pattern with more `*` and `+`, or with a group that is repeated, may take for ever."""

REPEATED_GROUP = re.compile(r"\)[*+{]")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label. A pattern must fit the whole value."""

    label: str
    sign: str
    value: str

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fit; a label that is not there is empty."""
        given = labels.get(self.label, "")
        same = re.fullmatch(self.value, given) is not None if self.sign.endswith("~") else given == self.value
        return same != self.sign.startswith("!")

    def __str__(self) -> str:
        return f'{self.label}{self.sign}"{self.value}"'


def matchers(text: str) -> tuple[Matcher, ...]:
    """Read matchers, with commas in between; all of them must fit.

    Raises:
        ConfigError: they cannot be read, or name a label that is not there.

    >>> [str(one) for one in matchers('name="amount", tier!=page')]
    ['name="amount"', 'tier!="page"']
    """
    found = tuple(_matcher(part) for part in BETWEEN.split(text.strip().removeprefix("{").removesuffix("}")) if part.strip())
    if not found or len(text) > LONGEST:
        raise ConfigError(f"the matcher {text[:LONGEST]!r} fits everything or nothing", hint='write it like name="amount"')
    return found


def labels(monitor: str, signal: Signal) -> dict[str, str]:
    """What a signal is known by."""
    segment, kind, _ = signal.key
    return {
        "monitor": monitor,
        "name": signal.name,
        "concern": signal.concern.value,
        "tier": signal.tier.name.lower(),
        "segment": segment,
        "kind": kind,
    }


def all_fit(some: Sequence[Matcher], given: Mapping[str, str]) -> bool:
    """Whether every matcher fits."""
    return all(one.fits(given) for one in some)


def _matcher(part: str) -> Matcher:
    read = WRITTEN.match(part)
    if read is None:
        raise ConfigError(f"the matcher {part.strip()!r} cannot be read", hint='write it like name="amount", tier=~"look|retrain"')
    label, sign, quoted, bare = read.groups()
    if label not in LABELS:
        raise ConfigError(f"there is no label called {label!r}", hint=near_miss(label, LABELS))
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None and not sign.endswith("~") else quoted if quoted is not None else bare
    if sign.endswith("~"):
        if REPEATED_GROUP.search(value) or sum(value.count(one) for one in "*+{") > MOST_REPEATS:
            raise ConfigError(f"the pattern {value!r} repeats too much", hint="use * and + three times at most, and not after a group")
        try:
            re.compile(value)
        except re.error as error:
            raise ConfigError(f"the pattern {value!r} cannot be read: {error}", hint="write a regular expression") from error
    return Matcher(label, sign, value)
