from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from driftline.decisions.evidence import Evidence
from driftline.pages.glance import drifted
from driftline.pages.history import history
from driftline.pages.standing import NAMED, standing

if TYPE_CHECKING:
    from driftline.store.glances import Seen

NOW = datetime(2026, 4, 1, tzinfo=UTC)


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


def test_health_is_a_number_with_its_reason(kept: list[Seen]) -> None:
    """Whole parts have no reason; a loss of as much as matters three times over costs half, and says so; before a decision nobody knows."""
    found = history("m", kept)
    assert found is not None
    assert standing(found)["score"] is None
    well = Evidence(monitor="m", now=NOW)
    told = standing(found, well)["score"]
    assert told["parts"]["performance"] == 1.0
    assert "it does worse" not in told["why"]
    spoilt = standing(found, replace(well, polluted=tuple(one.label for one in found.windows)))["score"]
    assert spoilt["parts"]["data"] == 0.0
    assert spoilt["why"].startswith("spoilt windows")
    assert spoilt["value"] == told["value"] - 30
