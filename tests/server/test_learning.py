"""What is learnt of references: once, kept, and not without need in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from driftline.errors import ConfigError
from driftline.server import learning
from driftline.server.face import wall_clock
from driftline.server.learning import Library, way_of

NOW = timedelta(0)


def test_a_reference_is_read_once(small: Any, tmp_path: Any) -> None:
    """Afterwards its counts are enough: another process needs the profile file alone."""
    first = small.service.library.learn(small.watched, wall_clock(), NOW)
    watched = small.service.fleet.by_id(small.watched.id)
    assert (watched.way, watched.reference) == (first.way, f"{watched.id}-1.profile")
    hidden = small.reference.with_suffix(".hidden")
    small.reference.rename(hidden)
    try:
        other = Library(small.service.fleet, tmp_path / "data" / "references", tmp_path / "uploads")
        again = other.learn(watched, wall_clock(), NOW)
    finally:
        hidden.rename(small.reference)
    assert (again.way, again.plan) == (first.way, first.plan)
    assert again.reference.profiles == first.reference.profiles


def test_what_cannot_be_learnt_is_tried_again_after_a_while(small: Any) -> None:
    """Not at once: reading a reference may take long."""
    watched = small.service.watch("monitor: x\nreference: gone.parquet\n", "/", wall_clock(), actor="me")
    assert small.service.library.learn(watched, wall_clock(), timedelta(hours=1)) is None
    tried = small.service.fleet.find("x").tried
    assert small.service.library.learn(small.service.fleet.find("x"), wall_clock(), timedelta(hours=1)) is None
    assert small.service.fleet.find("x").tried == tried
    assert small.service.library.learn(small.service.fleet.find("x"), wall_clock(), NOW) is None
    assert small.service.fleet.find("x").tried > tried


def test_another_way_of_counting_is_another(small: Any) -> None:
    """Segments and windows make another way even in the same bins; a promise does not."""
    learnt = small.service.library.learn(small.watched, wall_clock(), NOW)
    ways = {}
    for name, settings in {"same": {"confidence": "0.95"}, "segments": {"segments": "[plan]"}, "windows": {"window": "day"}}.items():
        monitor = small.service.library.specification(small.change(**settings).yaml, "/").monitor
        ways[name] = way_of(learnt.plan, monitor)
    assert ways["same"] == learnt.way
    assert len(set(ways.values())) == 3


def test_memory_is_bounded(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The references that were used last are at hand."""
    monkeypatch.setattr(learning, "REMEMBERED", 2)
    monkeypatch.setattr(learning, "NAMINGS", 2)
    for confidence in ("0.91", "0.92", "0.93"):
        watched = small.change(confidence=confidence)
        small.service.library.learn(watched, wall_clock(), NOW)
        small.service.library.naming(watched)
    assert [version for _, version in small.service.library._learnt] == [3, 4]
    assert len(small.service.library._known) == 2


def test_yaml_that_the_library_stumbles_over_is_wrong_yaml(small: Any) -> None:
    """Numbers without end, brackets without end."""
    for yaml in ("9" * 5000, "[" * 5000):
        with pytest.raises(ConfigError):
            small.service.library.specification(yaml, "/")
