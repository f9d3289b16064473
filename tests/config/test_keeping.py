from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from driftline.config.specification import specify
from driftline.errors import ConfigError
from driftline.schema import Role
from driftline.services.keeping import Keeping

BASE: dict[str, Any] = {"reference": "r.csv", "columns": {"id": "customer", "features": ["age"]}, "segments": ["plan"]}


def test_what_is_kept_is_what_the_document_says() -> None:
    """In the domain's terms; columns that are not kept as they come are not compared, the id stays the id."""
    said = specify({**BASE, "keep": {"never": ["email"], "hashed": ["customer", "card"], "rows": "90 days", "verdicts": "2 years"}}, {})
    expected = Keeping(frozenset({"email"}), frozenset({"customer", "card"}), timedelta(days=90), timedelta(days=730))
    assert said.keeping == expected
    assert (said.monitor.hints.unkept, dict(said.monitor.hints.roles)) == ({"email", "card", "customer"}, {"customer": Role.ID})
    assert specify(BASE, {}).keeping == Keeping()


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ({"never": ["customer"]}, "the column 'customer' is never written, and is the id"),
        ({"hashed": ["age"]}, "the column 'age' is hashed, and is the feature"),
        ({"never": ["plan"]}, "the column 'plan' is never written, and is the segment"),
        ({"never": ["x"], "hashed": ["x"]}, "both never written and hashed"),
        ({"rows": "90 days", "verdicts": "4 weeks"}, "kept for less time than rows"),
        ({"rows": "3 windows"}, "rows"),
    ],
)
def test_what_cannot_hold_is_refused(keep: dict[str, Any], said: str) -> None:
    """With the column and why."""
    with pytest.raises(ConfigError, match=said):
        specify({**BASE, "keep": keep}, {})
