"""The whole loop, played once with real processes; what it leaves is looked at from all sides."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from driftline.rehearsal import stage
from driftline.rehearsal.play import rehearse

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 21)


@pytest.mark.slow
def test_the_whole_loop_comes_out_by_itself(tmp_path: Path) -> None:
    """Held, kept out, retrained, proved, promoted, and the bad one rolled back: in the story, the registry, the state and the report."""
    place, said = tmp_path / "loop", list[str]()
    failed = rehearse(place, seed=7, today=TODAY, rows=1000, say=said.append)
    story = (place / "story.txt").read_text()
    assert failed == (), story
    assert story.split() == "\n".join(said).split()
    index = json.loads((place / ".driftline" / "models" / "payments" / "registry.json").read_text())
    assert index["aliases"] == {"champion": "2", "previous": "1"}
    spoilt = {one["what"].partition(":")[0] for one in index["versions"]["2"]["manifest"]["exclusions"] if one["rows"]}
    fault = stage.stream(7, TODAY, 1000).date_of(stage.FAULT)
    assert str(fault) in spoilt
    state = json.loads((place / ".driftline" / "rollouts" / "payments.json").read_text())
    assert (state["challenger"], state["reason"], state["weights"]["challenger"]) == ("3", "HARM", 0.0)
    assert "**pass**" in (place / "gate.md").read_text()
    assert "Overridden by somebody in a hurry" in (place / "gate-hurry.md").read_text()
    paper = (place / "incident.md").read_text()
    assert "What was done" in paper
    assert "is shown to be worse than the champion" in paper
    answered = [json.loads(line) for file in place.glob("records/*.jsonl") for line in file.read_text().splitlines()]
    assert len({one["id"] for one in answered}) == len(answered)
    assert {one["model"] for one in answered} == {"champion", "challenger"}
