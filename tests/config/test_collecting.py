from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from driftline.config.collecting import Collecting
from driftline.config.places import FilesPlace, QueryPlace
from driftline.config.specification import specify
from driftline.errors import ConfigError

BASE: dict[str, Any] = {"reference": "r.csv"}


def test_places_are_what_the_document_says() -> None:
    """Relative paths begin where the file lies; the environment may be referred to."""
    query = {"database": "postgresql://${DB}/x", "query": "scores"}
    said = specify({**BASE, "collect": {"predictions": query, "labels": "l/*.csv", "watermark": "seen"}}, {"DB": "h"}, directory=Path("/d"))
    expected = QueryPlace("postgresql://h/x", "scores", "postgresql://${DB}/x")
    assert said.collecting == Collecting(expected, FilesPlace(("/d/l/*.csv",), "l/*.csv"), "seen")
    assert specify(BASE, {}).collecting == Collecting()


@pytest.mark.parametrize(
    ("collect", "said"),
    [
        ({"predictions": {"database": "sqlite:///x", "query": "q"}}, "which rows of the query are new"),
        ({"predictions": "a.csv", "watermark": "seen"}, "a watermark needs a query"),
        ({"predictions": {"database": "postgresql://a:pw@h/d", "query": "q"}, "watermark": "w"}, "a password is written out"),
        ({"labels": "${NOWHERE}/a.csv"}, "no variable 'NOWHERE'"),
    ],
)
def test_what_cannot_hold_is_refused(collect: dict[str, Any], said: str) -> None:
    """With what to do."""
    with pytest.raises(ConfigError, match=said):
        specify({**BASE, "collect": collect}, {})
