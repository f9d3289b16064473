"""A run somewhere else is joined, not doubled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import ConfigError, OutsideError
from driftline.training.remote import MOST, Told, Wire, follow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Elsewhere:
    """Runs in a list: each goes through the states that it is given."""

    states: dict[str, list[Told]] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    lost: int = 0

    def find(self, name: str) -> Told | None:
        """The next state, the last one for ever."""
        if name not in self.states:
            return None
        states = self.states[name]
        return states.pop(0) if len(states) > 1 else states[0]

    def begin(self, name: str, asked: Mapping[str, str]) -> Told:
        """Begin; the answer is lost as often as is said."""
        self.begun.append(name)
        self.states[name] = [Told(over=False, well=False, why="queued"), Told(over=True, well=True, why="done")]
        if self.lost:
            self.lost -= 1
            raise OutsideError("no answer")
        return Told(over=False, well=False, why="queued")

    def cancel(self, name: str) -> None:
        """Nothing asks."""


def followed(there: Elsewhere, tmp_path: Path) -> int:
    """Follow, without a wait."""
    return follow(there, "k", {"output": str(tmp_path)}, poll=0.0)


def test_a_lost_answer_begins_no_second_run(tmp_path: Path) -> None:
    """What was begun without our hearing of it is found."""
    there = Elsewhere(lost=1)
    assert followed(there, tmp_path) == 0
    assert there.begun == ["driftline-k-1"]


@pytest.mark.parametrize(("why", "well", "begun"), [("done", True, []), ("broke", False, ["driftline-k-2"])])
def test_what_ended_before(tmp_path: Path, why: str, well: bool, begun: list[str]) -> None:  # noqa: FBT001  a table
    """A run that ended well is taken; one that failed is made once more under the next name."""
    there = Elsewhere({"driftline-k-1": [Told(over=True, well=well, why=why)]})
    assert followed(there, tmp_path) == 0
    assert there.begun == begun


def test_it_is_not_tried_for_ever(tmp_path: Path) -> None:
    """Many failed runs of the same request end it."""
    failed = {f"driftline-k-{number}": [Told(over=True, well=False, why="broke")] for number in range(1, MOST + 1)}
    with pytest.raises(ConfigError, match="have failed"):
        followed(Elsewhere(failed), tmp_path)


def test_a_run_that_vanishes_has_failed(tmp_path: Path) -> None:
    """Somebody removed it there."""

    class Forgetful(Elsewhere):
        def find(self, name: str) -> Told | None:
            return None

    assert followed(Forgetful(), tmp_path) == 1


def test_what_was_written_for_a_killed_attempt_is_fetched(tmp_path: Path) -> None:
    """The run wrote where the first attempt told it to."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "model").write_text("1")
    there = Elsewhere({"driftline-k-1": [Told(over=True, well=True, why="done", output=str(tmp_path / "first"))]})
    assert follow(there, "k", {"output": str(tmp_path / "second")}, poll=0.0) == 0
    assert (tmp_path / "second" / "model").read_text() == "1"


def test_where_nobody_is(trainer: Any) -> None:
    """No server is trouble that may pass; an address that is none is not."""
    with pytest.raises(OutsideError, match="does not answer"):
        Wire("http://127.0.0.1:9", {}).ask("GET", "/")
    with pytest.raises(ConfigError, match="is no address"):
        Wire("ftp://somewhere", {}).ask("GET", "/")
    with pytest.raises(ConfigError, match="refused with 403"):
        Wire(trainer.url, {}).ask("GET", "/a")
