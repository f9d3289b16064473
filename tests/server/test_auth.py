"""The gate: tokens are remembered for a moment, and each may ask only so often."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from driftline.server.auth import MOST, Gate, actor
from driftline.server.problems import Refusal
from driftline.store.database import Database
from driftline.store.tokens import Role, Tokens

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """No tokens yet."""
    return Tokens(Database(f"sqlite:///{tmp_path / 'd.db'}"))


def asks(gate: Gate, text: str, role: Role = Role.VIEWER) -> Any:
    """What the gate says: a token, or the status with which it refuses."""
    request = Request({"type": "http", "headers": [(b"authorization", text.encode())] if text else []})
    try:
        return asyncio.run(gate.pass_(request, role))
    except Refusal as refused:
        return refused.status


def test_who_may_pass(tokens: Tokens) -> None:
    """A token in the header, whose role may do that work."""
    gate, text = Gate(tokens, _Clock()), tokens.make("dashboard", "viewer", NOW, actor="me")
    found = asks(gate, f"Bearer {text}")
    assert (found.role, actor(found)) == (Role.VIEWER, f"token {found.id} (dashboard)")
    assert asks(gate, f"bearer {text}").id == found.id
    assert asks(gate, f"Bearer {text}", Role.SENDER) == 403
    for wrong in ("", text, f"Basic {text}", f"Bearer {text}x", "Bearer", f"Bearer {text} more"):
        assert asks(gate, wrong) == 401


def test_a_revoked_token_is_forgotten_within_seconds(tokens: Tokens) -> None:
    """It was remembered, so as not to ask the database each time."""
    clock = _Clock()
    gate, text = Gate(tokens, clock), tokens.make("v", "viewer", NOW, actor="me")
    ident = asks(gate, f"Bearer {text}").id
    tokens.revoke(ident, NOW, actor="me")
    clock.now += timedelta(seconds=4)
    assert asks(gate, f"Bearer {text}").id == ident
    clock.now += timedelta(seconds=2)
    assert asks(gate, f"Bearer {text}") == 401


def test_nobody_asks_too_often(tokens: Tokens) -> None:
    """Ten seconds' worth at once, then as many as time allows; others are not held up."""
    clock = _Clock()
    gate = Gate(tokens, clock, per_second=2)
    one, two = (f"Bearer {tokens.make(name, 'viewer', NOW, actor='me')}" for name in "ab")
    assert [asks(gate, one) == 429 for _ in range(22)] == [False] * 20 + [True] * 2
    assert asks(gate, two) != 429
    clock.now += timedelta(seconds=6)
    assert [asks(gate, one) == 429 for _ in range(13)] == [False] * 12 + [True]


def test_what_is_remembered_is_bounded(tokens: Tokens) -> None:
    """Guessing does not fill the memory."""
    gate = Gate(tokens, _Clock())
    for number in range(50):
        asks(gate, f"Bearer guess{number}")
    assert len(gate._known) == 50 < MOST
