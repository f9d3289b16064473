"""Signing in by OpenID Connect: the authorization-code flow with PKCE; who comes back holds a token of this service for twelve hours."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from driftline.errors import OutsideError
from driftline.server.problems import Refusal
from driftline.server.session import OIDC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from driftline.config.oidc import Oidc
    from driftline.server.service import Service

LASTS = timedelta(hours=12)
PATIENCE = 600
"""Seconds that somebody has to sign in at the provider."""

TIMEOUT = 10.0
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures that are believed: those of keys of which only the provider has the secret half."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody is sent to the provider: where to, and what their browser keeps until they come back."""

    address: str
    cookie: str


@dataclass(slots=True)
class Door:
    """Lets people in whom a provider knows.

    Args:
        said: the provider, and who may do what.
        service: where tokens are made.
        clock: the time.
    """

    said: Oidc
    service: Service
    clock: Callable[[], datetime]
    _known: dict[str, Any] = field(default_factory=dict)

    def begin(self, back: str, wanted: str) -> Begun:
        """Send somebody to the provider.

        Args:
            back: the address at which they come back.
            wanted: where they wanted to go.

        Raises:
            OutsideError: the provider does not answer.
        """
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        asked = {
            "response_type": "code",
            "client_id": self.said.client,
            "redirect_uri": back,
            "scope": self.said.scopes,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": create_s256_code_challenge(kept["verifier"]),
            "code_challenge_method": "S256",
        }
        place = self._provider()["authorization_endpoint"]
        return Begun(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", self._sealed({**kept, "next": wanted}))

    def finish(self, back: str, cookie: str, answer: Mapping[str, str]) -> tuple[str, str]:
        """Take somebody who comes back: a token of ours, and where they wanted to go.

        Raises:
            Refusal: they did not begin here (403), the provider refuses them (403), or nobody gave them a role (403).
            OutsideError: the provider does not answer, or says what cannot be believed.
        """
        kept = self._opened(cookie)
        if not hmac.compare_digest(kept["state"].encode(), answer.get("state", "").encode()):
            raise Refusal(403, "this sign-in was not begun here", hint="begin again")
        if "code" not in answer:
            said = answer.get("error_description") or answer.get("error") or "nothing"
            raise Refusal(403, f"the provider let nobody in: {said[:200]}", hint="begin again")
        claims = self._claims(self._token(back, answer["code"], kept["verifier"]), kept["nonce"])
        role = self.said.role_of(claims)
        who = str(claims.get("email") or claims.get("preferred_username") or claims["sub"])[:150]
        if role is None:
            raise Refusal(403, f"nobody gave {who!r} a role here", hint=f"ask an administrator: the claim {self.said.claim!r} decides")
        token = self.service.tokens.make(f"{OIDC}{who}", role, self.clock(), actor=f"{self.said.issuer} ({claims['sub']})", lasts=LASTS)
        return token, kept["next"]

    def _provider(self) -> dict[str, Any]:
        """What the provider says of itself; asked once."""
        if "issuer" not in self._known:
            found = self._asked("GET", f"{self.said.issuer.rstrip('/')}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self.said.issuer.rstrip("/"):
                fact = f"the provider calls itself {str(found.get('issuer'))[:200]!r}, not {self.said.issuer!r}"
                raise OutsideError(fact, hint="write the issuer as the provider does")
            self._known = found
        return self._known

    def _token(self, back: str, code: str, verifier: str) -> str:
        """The provider's word about who came back."""
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        asked |= {"client_id": self.said.client}
        login = (self.said.client, self.said.secret) if self.said.secret else None
        found = self._asked("POST", self._provider()["token_endpoint"], data=asked, auth=login)
        if "id_token" not in found:
            raise OutsideError("the provider sent no id_token", hint="ask for the scope openid")
        return str(found["id_token"])

    def _claims(self, text: str, nonce: str) -> dict[str, Any]:
        """What the provider says of somebody, when its signature, time and audience hold."""
        found: Any = self._asked("GET", self._provider()["jwks_uri"])
        keys = KeySet.import_key_set(found)
        now = int(self.clock().timestamp())
        asked = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self._provider()["issuer"]},
            aud={"essential": True, "value": self.said.client},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(text, keys, algorithms=ALGORITHMS).claims
            asked.validate(claims)
        except (JoseError, ValueError) as error:
            raise OutsideError(f"what the provider said cannot be believed: {error}", hint="begin again; see to both clocks") from error
        return dict(claims)

    def _asked(self, method: str, place: str, **given: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(method, place, timeout=TIMEOUT, headers={"Accept": "application/json"}, **given)
            found = answer.json() if answer.status_code < 500 else {}  # noqa: PLR2004  HTTP: it failed
        except (httpx.HTTPError, ValueError) as error:
            raise OutsideError(f"the provider at {place} does not answer: {error}", hint="try again in a moment") from error
        if answer.status_code != 200 or not isinstance(found, dict):  # noqa: PLR2004  HTTP: as asked
            said = str(found.get("error_description") or found.get("error") or "")[:200] if isinstance(found, dict) else ""
            raise OutsideError(f"the provider answers {answer.status_code} at {place}{': ' + said if said else ''}", hint="begin again")
        return found

    def _sealed(self, kept: dict[str, str]) -> str:
        """What a browser keeps, signed, so that it can only give it back as it was."""
        body = base64.urlsafe_b64encode(json.dumps({**kept, "at": self.clock().timestamp()}).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def _opened(self, cookie: str) -> dict[str, str]:
        body, _, sign = cookie.partition(".")
        if not body or not hmac.compare_digest(self._sign(body).encode(), sign.encode()):
            raise Refusal(403, "this sign-in was not begun here", hint="begin again, with cookies allowed")
        kept: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
        if self.clock().timestamp() - kept["at"] > PATIENCE:
            raise Refusal(403, "this sign-in took too long", hint="begin again")
        return kept

    def _sign(self, body: str) -> str:
        return str(self.service.hashed(f"oidc {body}"))
