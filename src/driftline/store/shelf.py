"""Profiles that were counted in the bins of one plan, with the windows and segments they are of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, PlanMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.window import Window


class Use(StrEnum):
    """What the profiles are for."""

    REFERENCE = "reference"
    """What data should look like, kept as consecutive blocks: no raw data is needed to compare."""
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a profile file holds.

    Attributes:
        plan: the bins of all of them.
        entries: segment (None for all rows), window and profile.
        use: what they are for.
        about: what people want to know of it, such as where the rows lay and when they were counted.
    """

    plan: Plan
    entries: tuple[tuple[str | None, Window, Profile], ...]
    use: Use = Use.CURRENT
    about: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(profile.plan.fingerprint != self.plan.fingerprint for _, _, profile in self.entries):
            raise PlanMismatch("a profile was counted in other bins than the rest", hint="count all of them with the same reference")


def merge(shelves: Sequence[Shelf]) -> Shelf:
    """One shelf of several: profiles of the same window and segment are added.

    The first says what the result is about.

    Raises:
        ConfigError: there is none, or references are among current ones.
        PlanMismatch: they were counted in different bins.
    """
    if len({shelf.use for shelf in shelves}) != 1:
        raise ConfigError(f"{len(shelves)} profiles cannot be merged: they are not all of one use", hint="merge references with references")
    if len({shelf.plan.fingerprint for shelf in shelves}) != 1:
        raise PlanMismatch("profiles counted in different bins do not add", hint="count all of them with the same reference")
    total: dict[tuple[str | None, Window], Profile] = {}
    for shelf in shelves:
        for segment, window, profile in shelf.entries:
            key = (segment, window)
            total[key] = total[key] + profile if key in total else profile
    ordered = sorted(total, key=lambda key: (key[0] or "", key[1].index, key[1].label))
    entries = tuple((segment, window, total[segment, window]) for segment, window in ordered)
    return Shelf(shelves[0].plan, entries, shelves[0].use, shelves[0].about)
