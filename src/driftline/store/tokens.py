"""Tokens: who may do what. The database keeps hashes; a secret is shown once, when it is made."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from driftline.errors import ConfigError, near_miss
from driftline.store.tables import tokens
from driftline.store.trail import remember

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from driftline.store.database import Database

PREFIX = "dl"
SECRET_BYTES = 32
"""Such a secret cannot be guessed, and so a plain hash of it is as good as a slow one."""


class Role(StrEnum):
    """What a token may do. Senders only send; of the others each may do what those before it may."""

    SENDER = "sender"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


MAY: dict[Role, frozenset[Role]] = {
    Role.SENDER: frozenset({Role.SENDER}),
    Role.VIEWER: frozenset({Role.VIEWER}),
    Role.OPERATOR: frozenset({Role.SENDER, Role.VIEWER, Role.OPERATOR}),
    Role.ADMIN: frozenset(Role),
}
"""Whose work each role may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as everybody may know it, without its secret."""

    id: str
    name: str
    role: Role
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class Tokens:
    """The tokens in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, name: str, role: str, now: datetime, *, actor: str, lasts: timedelta | None = None) -> str:
        """Make a token; its text, which nobody will see again.

        Raises:
            ConfigError: there is no such role.
        """
        if role not in set(Role):
            raise ConfigError(f"there is no role {role!r}", hint=near_miss(role, [known.value for known in Role]))
        ident, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
        with self._database.writing() as tx:
            values = {"id": ident, "name": name, "role": role, "hash": hashed(secret), "created": now}
            tx.execute(tokens.insert().values(**values, expires=now + lasts if lasts else None))
            remember(tx, actor, "token.make", ident, {"name": name, "role": role}, now)
        return f"{PREFIX}_{ident}_{secret}"

    def find(self, text: str, now: datetime) -> Token | None:
        """Whose token this is; None if it opens nothing."""
        prefix, _, rest = text.partition("_")
        ident, _, secret = rest.partition("_")
        if prefix != PREFIX or not secret or not ident.isalnum():
            return None
        with self._database.reading() as tx:
            row = tx.execute(select(tokens).where(tokens.c.id == ident)).one_or_none()
        # Compared in a time that tells nothing, also where there is no such token.
        same = hmac.compare_digest(row.hash if row else hashed(""), hashed(secret))
        found = _token(row) if row and same else None
        return found if found and found.holds(now) else None

    def revoke(self, ident: str, now: datetime, *, actor: str) -> bool:
        """Close a token for good; whether there was one to close."""
        with self._database.writing() as tx:
            done = tx.execute(tokens.update().where(tokens.c.id == ident, tokens.c.revoked.is_(None)).values(revoked=now)).rowcount
            if done:
                remember(tx, actor, "token.revoke", ident, {}, now)
        return bool(done)

    def rotate(self, ident: str, now: datetime, *, actor: str, grace: timedelta) -> str | None:
        """A new token in the place of another, which holds for a while yet; None if there is no such token."""
        with self._database.writing() as tx:
            row = tx.execute(select(tokens).where(tokens.c.id == ident, tokens.c.revoked.is_(None))).one_or_none()
            if row is None:
                return None
            tx.execute(tokens.update().where(tokens.c.id == ident).values(expires=now + grace))
        return self.make(row.name, row.role, now, actor=actor)

    def every(self) -> list[Token]:
        """All tokens, the oldest first."""
        with self._database.reading() as tx:
            return [_token(row) for row in tx.execute(select(tokens).order_by(tokens.c.created, tokens.c.id))]

    def has_any(self, now: datetime) -> bool:
        """Whether an administrator could sign in."""
        holds = or_(tokens.c.expires.is_(None), tokens.c.expires > now)
        wanted = select(func.count()).where(tokens.c.role == Role.ADMIN.value, tokens.c.revoked.is_(None), holds)
        with self._database.reading() as tx:
            return bool(tx.execute(wanted).scalar_one())


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: object) -> Token:
    kept = {name: getattr(row, name) for name in ("id", "name", "created", "expires", "revoked")}
    return Token(**kept, role=Role(getattr(row, "role", "")))
