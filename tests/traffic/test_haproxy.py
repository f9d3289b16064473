"""Weights in a real HAProxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import ConfigError, OutsideError
from driftline.traffic.haproxy import Haproxy

if TYPE_CHECKING:
    from pathlib import Path


def stored(part: float) -> dict[str, Any]:
    """A rollout that gives the challenger so much."""
    return {"weights": {"champion": 1 - part, "challenger": part, "mirrored": False}}


def test_traffic_is_split_as_it_is_told(haproxy: Any) -> None:
    """Nothing, a twentieth, a half, everything, and nothing again: requests go where the weights say."""
    layer = Haproxy(address=str(haproxy.socket), backend="models")
    for part, weight, fewest, most in ((0.0, 0, 0, 0), (0.05, 13, 8, 12), (0.5, 128, 98, 102), (1.0, 256, 200, 200), (0.0, 0, 0, 0)):
        layer.apply(stored(part))
        assert layer.weights() == {"champion": 256 - weight, "challenger": weight}
        assert fewest <= haproxy.answers(200)["challenger"] <= most


def test_the_smallest_part_is_not_nothing() -> None:
    """However small, a part is traffic; however large below one, the champion keeps some."""
    small = Haproxy(address="a", backend="b")
    for part, weight in ((0.0001, 1), (0.9999, 255)):
        said: list[str] = []

        class Said(Haproxy):
            def _ask(self, command: str) -> str:
                said.append(command)  # noqa: B023  read at once
                return "128 (initial 128)" if command.startswith("get") else ""

        Said(address=small.address, backend=small.backend).apply(stored(part))
        assert f"set weight b/challenger {weight}" in said


def test_what_haproxy_forgot_is_told_again(haproxy: Any) -> None:
    """After a restart it has the weights of its configuration, until it is told once more."""
    layer = Haproxy(address=str(haproxy.socket), backend="models")
    layer.apply(stored(0.25))
    haproxy.stop()
    with pytest.raises(OutsideError, match="does not answer"):
        layer.apply(stored(0.25))
    haproxy.start()
    assert layer.weights()["challenger"] == 0
    layer.apply(stored(0.25))
    assert layer.weights() == {"champion": 192, "challenger": 64}


def test_what_haproxy_does_not_know_is_told(haproxy: Any, tmp_path: Path) -> None:
    """Another backend, another server, no socket at all."""
    for names in ({"backend": "others"}, {"backend": "models", "challenger": "green"}):
        with pytest.raises(ConfigError, match="knows no weight"):
            Haproxy(address=str(haproxy.socket), **names).apply(stored(0.5))
    with pytest.raises(OutsideError, match="does not answer"):
        Haproxy(address=str(tmp_path / "nothing"), backend="models").apply(stored(0.5))
    with pytest.raises(OutsideError, match="does not answer"):
        Haproxy(address="127.0.0.1:9", backend="models").apply(stored(0.5))
