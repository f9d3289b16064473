"""The one way in for parts that are chosen by name: ours from a table, guests by entry points."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from driftline.errors import PluginError, UnknownPart, near_miss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Named(Protocol):
    """Anything that can be chosen by name."""

    @property
    def name(self) -> str:
        """The word a user writes to choose this part."""
        ...


P = TypeVar("P", bound=Named)


class Registry(Generic[P]):
    """Parts of one kind: ours, written in a table, then those that installed packages offer.

    A guest's package names its part under the entry-point group `driftline.<kind>s`. Guests are
    loaded on the first name that is not ours, or when all are listed; they may not shadow ours.
    """

    def __init__(self, kind: str, ours: Iterable[P]) -> None:
        self.kind = kind
        self._ours = {part.name: part for part in ours}

    def __getitem__(self, name: str) -> P:
        if name in self._ours:
            return self._ours[name]
        if name in self._guests:
            return self._guests[name]
        raise UnknownPart(f"there is no {self.kind} called {name!r}", hint=near_miss(name, [*self._ours, *self._guests]))

    def __iter__(self) -> Iterator[P]:
        yield from self._ours.values()
        yield from self._guests.values()

    @cached_property
    def _guests(self) -> dict[str, P]:
        parts: dict[str, P] = {}
        for point in entry_points(group=f"driftline.{self.kind}s"):
            if point.name in self._ours:
                raise PluginError(
                    f"a plugin may not replace our own {self.kind} {point.name!r}",
                    hint=f"rename the entry point {point.value!r}",
                )
            if point.name in parts:
                raise PluginError(
                    f"two packages offer a {self.kind} called {point.name!r}", hint=f"remove one of them; one is {point.value!r}"
                )
            try:
                parts[point.name] = point.load()
            except Exception as error:
                raise PluginError(
                    f"the {self.kind} {point.name!r} from {point.value!r} cannot be imported: {error}",
                    hint="reinstall or remove the package that offers it",
                ) from error
        return parts
