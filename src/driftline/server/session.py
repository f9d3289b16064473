"""Who looks at the pages: a token in a cookie that scripts cannot read, and forms that only our own pages can send."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request  # noqa: TC002  FastAPI reads the annotation of what `seated` makes

from driftline.server.auth import actor
from driftline.server.face import face_of
from driftline.server.problems import Refusal
from driftline.store.tokens import MAY, Role, Token
from driftline.store.trail import remember

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response

    from driftline.server.face import Face

COOKIE = "driftline"
LASTS = 12 * 3600
"""Seconds after which somebody signs in again."""

OIDC = "oidc: "
"""Tokens of people whom a provider of OpenID Connect knows are called so, with whom they are of."""

LARGEST_FORM = 1 << 19
FIELD = "sign"
"""The field of every form by which it is known as ours."""


class SignIn(Exception):
    """Somebody has to say who they are first. It is no error: the page that was asked for is shown after that."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who looks: their token, and the sign that their forms carry."""

    token: Token
    sign: str

    def may(self, role: Role) -> bool:
        """Whether they may do the work of a role."""
        return role in MAY[self.token.role]

    @property
    def actor(self) -> str:
        """How the audit trail names them."""
        return actor(self.token)


def seated(role: Role) -> Callable[[Request], Awaitable[Seat]]:
    """What lets only a role look; for `Depends`.

    Raises:
        SignIn: nobody has signed in, or the token holds no longer.
        Refusal: they may not (403), or too often (429).
    """

    async def let_in(request: Request) -> Seat:
        text = request.cookies.get(COOKIE, "")
        if not text:
            raise SignIn
        try:
            token = await face_of(request).gate.holder(text, role)
        except Refusal as refused:
            if refused.status == 401:  # noqa: PLR2004  HTTP: not known
                raise SignIn from refused
            raise
        return Seat(token, sign_of(text))

    return let_in


def sign_of(text: str) -> str:
    """What the forms of a token's holder carry; nobody can know it who does not know the token."""
    return hmac.new(text.encode(), b"a form of ours", hashlib.sha256).hexdigest()


async def form_of(request: Request, seat: Seat | None = None) -> dict[str, list[str]]:
    """The fields of a form that one of our pages has sent.

    Raises:
        Refusal: it is too large (413), or another site sent it (403).
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise Refusal(413, "the form is too large", hint="send less at once")
    _same_site(request)
    fields = parse_qs(body.decode("utf-8", "replace").replace("\x00", "").replace("%00", ""), keep_blank_values=True, max_num_fields=5000)
    if seat is not None and not hmac.compare_digest(fields.get(FIELD, [""])[0].encode(), seat.sign.encode()):
        raise Refusal(403, "the form is not from this page, or somebody else has signed in since", hint="go back, load the page again")
    return fields


def _same_site(request: Request) -> None:
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Refusal(403, f"a page of {origin[:200]!r} may not act here", hint="use the pages of this service")


def sign_in(response: Response, request: Request, text: str, token: Token) -> None:
    """Let somebody sit down, and remember that they did."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, text, max_age=LASTS, httponly=True, samesite="lax", secure=secure, path="/")
    _remember(face_of(request), token, "session.open")


def sign_out(response: Response, request: Request, seat: Seat) -> None:
    """Let somebody go."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", path="/")
    _remember(face_of(request), seat.token, "session.close")
    if seat.token.name.startswith(OIDC):
        # Nobody else has this token: it was made for this session.
        face = face_of(request)
        face.service.tokens.revoke(seat.token.id, face.clock(), actor=seat.actor)


def _remember(face: Face, token: Token, action: str) -> None:
    with face.service.database.writing() as tx:
        remember(tx, actor(token), action, token.id, {}, face.clock())


def next_place(wanted: str) -> str:
    r"""Where to go after signing in: a place of ours, or the first page.

    >>> next_place("/models/churn?a=1"), next_place("//evil.example"), next_place("/\\evil.example")
    ('/models/churn?a=1', '/', '/')
    """
    ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if ours else "/"
