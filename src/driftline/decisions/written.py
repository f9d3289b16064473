"""Rules of the policy as their owner wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from driftline.decisions.decision import Action


class Condition(Protocol):
    """When a rule applies."""

    @property
    def text(self) -> str:
        """As it was written."""
        ...

    def holds(self, evidence: Mapping[str, Any], feature: Callable[[str], Mapping[str, Any] | None]) -> bool | None:
        """Whether it holds; None where what decides is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Own:
    """A rule that the monitor's owner wrote, or a usual one that is left out.

    Attributes:
        name: what it is called; a usual rule of that name is replaced, in its place.
        when: when it applies; None where the usual rule of that name is left out.
        action: what is done then.
        say: why, in words; empty where the condition says it.
        before: the rule it stands before; empty for the usual rule of its name, or else before all.
    """

    name: str
    when: Condition | None
    action: Action | None = None
    say: str = ""
    before: str = ""
