"""Who asks, and whether they may: bearer tokens, remembered for a few seconds, and a limit on how often each may ask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from driftline.server.problems import Refusal
from driftline.store.tokens import MAY, Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request

    from driftline.store.tokens import Token, Tokens

REMEMBERED = 5.0
"""A token that was revoked may open doors for so many seconds more."""

MOST = 10_000
HEADER_PARTS = 2


@dataclass(slots=True)
class Known:
    """A token that was looked up, when, and how many requests it may still make now."""

    token: Token | None
    at: datetime
    left: float
    counted: datetime


class Gate:
    """Lets requests in.

    Args:
        tokens: where tokens lie.
        clock: the time.
        per_second: how many requests a second each token may make, on average over ten; no limit for 0.
    """

    def __init__(self, tokens: Tokens, clock: Callable[[], datetime], per_second: float = 0.0) -> None:
        self._tokens = tokens
        self._clock = clock
        self._rate = per_second
        self._known: dict[bytes, Known] = {}

    async def pass_(self, request: Request, role: Role) -> Token:
        """Who asks.

        Raises:
            Refusal: nobody we know (401), somebody who may not (403), or too often (429).
        """
        parts = request.headers.get("authorization", "").split(" ")
        if len(parts) != HEADER_PARTS or parts[0].lower() != "bearer":
            raise Refusal(401, "the request has no token", hint="send the header Authorization: Bearer TOKEN")
        return await self.holder(parts[1], role)

    async def holder(self, text: str, role: Role) -> Token:
        """Who holds a token.

        Raises:
            Refusal: as `pass_`.
        """
        known = await self._find(text)
        if known.token is None:
            raise Refusal(401, "the token opens nothing: it is wrong, expired or revoked", hint="ask an administrator for a new one")
        if role not in MAY[known.token.role]:
            raise Refusal(403, f"a {known.token.role.value} may not do the work of a {role.value}", hint="ask an administrator")
        self._spend(known)
        return known.token

    async def _find(self, text: str) -> Known:
        key, now = hashlib.sha256(text.encode()).digest(), self._clock()
        known = self._known.get(key)
        if known is not None and abs((now - known.at).total_seconds()) < REMEMBERED:
            return known
        found = await run_in_threadpool(self._tokens.find, text, now)
        if len(self._known) >= MOST:
            self._known.clear()
        left, counted = (known.left, known.counted) if known else (self._rate * 10, now)
        fresh = self._known[key] = Known(found, now, left, counted)
        return fresh

    def _spend(self, known: Known) -> None:
        """Take one request from what the token has left, which fills up again with time."""
        if not self._rate:
            return
        now = self._clock()
        known.left = min(self._rate * 10, known.left + self._rate * max(0.0, (now - known.counted).total_seconds()))
        known.counted = now
        if known.left < 1:
            raise Refusal(429, f"the token asks more than {self._rate:g} times a second", hint="send batches, or wait a second")
        known.left -= 1


def actor(token: Token) -> str:
    """How the audit trail names whoever holds a token."""
    return f"token {token.id} ({token.name})"
