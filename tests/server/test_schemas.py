"""What the API says."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from driftline.server.schemas import Letters, NewToken, Since, problems


def test_what_is_told_is_told_exactly() -> None:
    """A key that nobody knows is a mistake."""
    for kind, body in ((NewToken, {"name": "a", "role": "viewer", "roel": 1}), (Letters, {"ids": []}), (Since, {"since": "soon"})):
        with pytest.raises(ValidationError):
            kind.model_validate(body)


def test_problems_are_described() -> None:
    """By status, as a problem."""
    assert list(problems(404, 422)) == [404, 422]
    assert "application/problem+json" in problems(404)[404]["content"]
