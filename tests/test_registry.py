"""Parts chosen by name: ours first, guests when they are asked for, no shadowing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from driftline import registry
from driftline.errors import PluginError, UnknownPart
from driftline.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has a name."""

    name: str


GUEST = Part("guest")
"""What the entry points of these tests lead to."""


def point(name: str, value: str = f"{__name__}:GUEST") -> EntryPoint:
    """An entry point as an installed package would have it."""
    return EntryPoint(name, value, "driftline.statistics")


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Pretend that packages offer these entry points; returns the list of groups that were asked for."""

    def offer(*points: EntryPoint) -> list[str]:
        asked: list[str] = []

        def entry_points(*, group: str) -> tuple[EntryPoint, ...]:
            asked.append(group)
            return points

        monkeypatch.setattr(registry, "entry_points", entry_points)
        # Tests are not importable by name; a loaded guest is this module's.
        monkeypatch.setattr(EntryPoint, "load", lambda self: load(self.value))
        return asked

    return offer


def load(value: str) -> Part:
    """What an entry point leads to."""
    if value != point("").value:
        raise ImportError(f"No module named {value!r}")
    return GUEST


def ours() -> Registry[Part]:
    """Two parts of ours."""
    return Registry("statistic", [Part("psi"), Part("ks")])


def test_our_parts_are_found_without_looking_for_guests(offered: Callable[..., list[str]]) -> None:
    """Packages are searched only when a name is not ours."""
    asked = offered(point("guest"))
    assert ours()["psi"] == Part("psi")
    assert asked == []


def test_a_guest_is_found_by_its_entry_point(offered: Callable[..., list[str]]) -> None:
    """It is loaded once, from the group of its kind, and listed after ours."""
    asked = offered(point("guest"))
    parts = ours()
    assert parts["guest"] is GUEST
    assert [part.name for part in parts] == ["psi", "ks", "guest"]
    assert asked == ["driftline.statistics"]


def test_an_unknown_name_says_what_was_probably_meant(offered: Callable[..., list[str]]) -> None:
    """Near misses are looked for among ours and the guests."""
    offered(point("guest"))
    with pytest.raises(UnknownPart, match=r"^there is no statistic called 'pssi'\nHint: did you mean 'psi'\?$"):
        ours()["pssi"]
    with pytest.raises(UnknownPart, match=r"did you mean 'guest'\?"):
        ours()["gest"]


def test_a_guest_may_not_replace_ours(offered: Callable[..., list[str]]) -> None:
    """No shadowing: the package's author must choose another name."""
    offered(point("psi"))
    parts = ours()
    assert parts["psi"] == Part("psi")
    with pytest.raises(PluginError, match=r"may not replace our own statistic 'psi'\nHint: rename the entry point"):
        parts["guest"]


def test_two_guests_may_not_share_a_name(offered: Callable[..., list[str]]) -> None:
    """Which of the two was meant is not guessed."""
    offered(point("guest"), point("guest"))
    with pytest.raises(PluginError, match="two packages offer a statistic called 'guest'"):
        list(ours())


def test_a_broken_guest_is_named(offered: Callable[..., list[str]]) -> None:
    """What cannot be imported is the package's fault and says so, with the reason; our parts still work."""
    offered(point("guest", "gone.module:PART"))
    parts = ours()
    with pytest.raises(PluginError, match=r"'guest' from 'gone.module:PART' cannot be imported: No module") as raised:
        parts["guest"]
    assert isinstance(raised.value.__cause__, ImportError)
    assert parts["ks"] == Part("ks")


def test_a_real_registry_looks_at_real_packages() -> None:
    """Nothing installed here offers a part, and the search for one works."""
    assert len(list(ours())) == 2
