"""What an act says, and that it says so where something does not come out."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

from driftline.rehearsal.acts import Play

if TYPE_CHECKING:
    from driftline.rehearsal.stage import Stage


def test_what_does_not_come_out_is_said_and_kept() -> None:
    """An act never hides that a verdict is another one."""
    said = list[str]()
    play = Play(stage=cast("Stage", None), say=said.append, progress=None, open=ExitStack())
    play.act("It begins")
    play.expect("the fault is named", came=True)
    play.expect("the attack is found", came=False)
    assert said == play.kept == ["\nIt begins", "  as it should be: the fault is named", "  NOT as it should be: the attack is found"]
    assert play.failed == ["the attack is found"]
