"""Which version is champion, challenger and previous: changes as steps that leave exactly one champion, wherever they stop."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Aliases = Mapping[str, str]
    """Versions by alias; no entry where there is none."""

    Step = tuple[str, str | None]
    """An alias and the version it is given; None takes it away."""


class Alias(StrEnum):
    """What a version may be."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"


def promotion(now: Aliases, version: str) -> list[Step]:
    """Steps that make a version the champion; none where it is. Stopped anywhere and asked for again, they end the same way."""
    champion = now.get(Alias.CHAMPION)
    steps: list[Step] = []
    if champion != version:
        steps += [(Alias.PREVIOUS, champion)] if champion else []
        steps.append((Alias.CHAMPION, version))
    if now.get(Alias.CHALLENGER) == version:
        steps.append((Alias.CHALLENGER, None))
    return steps


def withdrawal(now: Aliases, version: str) -> list[Step]:
    """Steps that take a version back: the champion before it answers again, and a challenger is none any more.

    Raises:
        StateError: it is the champion, and there is none before it.
    """
    champion, previous = now.get(Alias.CHAMPION), now.get(Alias.PREVIOUS)
    steps: list[Step] = []
    if champion == version:
        if previous is None or previous == version:
            raise StateError(f"version {version} is the champion, and none is known before it", hint="promote another version")
        steps.append((Alias.CHAMPION, previous))
        champion = previous
    if previous is not None and previous == champion:
        steps.append((Alias.PREVIOUS, None))
    if now.get(Alias.CHALLENGER) == version:
        steps.append((Alias.CHALLENGER, None))
    return steps


def entry(now: Aliases, version: str) -> list[Step]:
    """Steps that make a version the challenger.

    Raises:
        StateError: it is the champion.
    """
    if now.get(Alias.CHAMPION) == version:
        raise StateError(f"version {version} is the champion already", hint="there is nothing to release")
    return [] if now.get(Alias.CHALLENGER) == version else [(Alias.CHALLENGER, version)]


def applied(now: Aliases, steps: list[Step]) -> dict[str, str]:
    """Aliases after some steps."""
    after = dict(now)
    for alias, version in steps:
        after.pop(alias, None)
        if version is not None:
            after[alias] = version
    return after
