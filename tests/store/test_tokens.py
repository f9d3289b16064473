"""Tokens: they open what they should, and the database could be read by anybody without opening anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline.errors import ConfigError
from driftline.store.board import Board
from driftline.store.database import Database
from driftline.store.tokens import Role, Tokens

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """No tokens yet."""
    return Tokens(Database(f"sqlite:///{tmp_path / 'd.db'}"))


def test_a_token_is_found_again(tokens: Tokens) -> None:
    """By its whole text, and by nothing else."""
    text = tokens.make("dashboard", "viewer", NOW, actor="me")
    found = tokens.find(text, NOW)
    assert found is not None
    assert (found.name, found.role) == ("dashboard", Role.VIEWER)
    ident = text.split("_")[1]
    for wrong in (text[:-1], text + "a", f"dl_{ident}_", f"dl_{ident}", "", "dl__", "xx" + text[2:], "dl_'or 1=1_x"):
        assert tokens.find(wrong, NOW) is None


def test_the_secret_is_not_in_the_database(tokens: Tokens, tmp_path: Path) -> None:
    """Whoever reads the files cannot use what is there; nor does the audit trail tell."""
    secret = tokens.make("a", "admin", NOW, actor="me").split("_", 2)[2]
    tokens._database.close()
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())
    assert [one["action"] for one in Board(tokens._database).trail(before=None, limit=9)] == ["token.make"]


def test_a_token_ends(tokens: Tokens) -> None:
    """When its time is over, or when it is revoked."""
    short, closed = tokens.make("s", "viewer", NOW, actor="me", lasts=timedelta(days=1)), tokens.make("c", "viewer", NOW, actor="me")
    assert tokens.find(short, NOW + timedelta(hours=23)) is not None
    assert tokens.find(short, NOW + timedelta(hours=24)) is None
    assert tokens.revoke(closed.split("_")[1], NOW, actor="me")
    assert not tokens.revoke(closed.split("_")[1], NOW, actor="me")
    assert tokens.find(closed, NOW) is None


def test_a_rotated_token_holds_for_a_while_yet(tokens: Tokens) -> None:
    """The new one has the same role; the old one ends when everybody has had time."""
    old = tokens.make("model", "sender", NOW, actor="me")
    new = tokens.rotate(old.split("_")[1], NOW, actor="me", grace=timedelta(hours=1))
    assert new is not None
    later = NOW + timedelta(hours=2)
    found = tokens.find(new, later)
    assert (found.role if found else None, tokens.find(old, NOW) is not None, tokens.find(old, later)) == (Role.SENDER, True, None)
    assert tokens.rotate("unknown", NOW, actor="me", grace=timedelta(0)) is None


def test_whether_an_administrator_could_sign_in(tokens: Tokens) -> None:
    """Viewers do not count, nor do tokens that have ended."""
    assert not tokens.has_any(NOW)
    tokens.make("v", "viewer", NOW, actor="me")
    tokens.make("a", "admin", NOW, actor="me", lasts=timedelta(days=1))
    assert (tokens.has_any(NOW), tokens.has_any(NOW + timedelta(days=2))) == (True, False)


def test_an_unknown_role_is_refused(tokens: Tokens) -> None:
    """With the one that was probably meant."""
    with pytest.raises(ConfigError, match="'admn'") as caught:
        tokens.make("a", "admn", NOW, actor="me")
    assert "admin" in caught.value.hint
