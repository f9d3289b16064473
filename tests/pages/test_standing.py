from __future__ import annotations

import json
from typing import TYPE_CHECKING

from driftline.pages.glance import drifted
from driftline.pages.history import history
from driftline.pages.standing import NAMED, standing

if TYPE_CHECKING:
    from driftline.store.glances import Seen


def test_it_says_how_the_model_stands(kept: list[Seen]) -> None:
    """Verdict, health in words, a sparkline and the drifted columns are there, as JSON."""
    found = history("m", kept)
    assert found is not None
    told = standing(found)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["health"]["worse"]
    assert "worse since" in told["health"]["headline"]
    assert told["spark"]["path"].startswith("M")
    assert told["drift"].startswith("M")
    assert set(told["spark"]) == {"path", "worse", "reference", "estimated"}
    assert told["reason"].startswith("The model does worse since ")
    assert told["drifted"] == len(drifted(found.last["parts"][0]))
    assert len(told["named"]) == min(told["drifted"], NAMED)


def test_a_model_without_outcomes_has_no_health(kept: list[Seen]) -> None:
    """Where nothing is measured nothing is said."""
    found = history("m", kept)
    assert found is not None
    for glance in found.glances:
        for part in glance["parts"]:
            part.update(performance=[], operations=[], labels=None)
    told = standing(found)
    assert told["health"] is None
    assert told["spark"] is None
    assert told["labels"] is None


def test_segments_speak_where_all_rows_do_not(kept_parted: list[Seen]) -> None:
    """A model that is judged by segment has the health of one of them."""
    found = history("m", kept_parted)
    assert found is not None
    assert standing(found)["health"] is not None
