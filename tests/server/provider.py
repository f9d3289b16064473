"""A small provider of OpenID Connect, as a process of its own: codes with PKCE, tokens signed with a key that it makes at its start."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "driftline", "the client's secret"
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
CODES: dict[str, dict[str, str]] = {}


class Provider(BaseHTTPRequestHandler):
    """Knows everybody: whom `who` names in the address of the form. How it misbehaves follows the name."""

    issuer = ""

    def do_GET(self) -> None:
        """Configuration, keys, and the form by which people say who they are."""
        place, asked = self._asked()
        match place:
            case "/.well-known/openid-configuration":
                ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                self._json({"issuer": self.issuer, **{name: f"{self.issuer}/{end}" for name, end in ends.items()}})
            case "/keys":
                self._json({"keys": [KEY.as_dict(private=False)]})
            case "/authorize":
                given = "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in asked.items())
                self._html(f"<form action=/agree>{given}<input name=who aria-label=who><button>Agree</button></form>")
            case "/agree":
                self._agree(asked)
            case _:
                self._json({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        """A code for a token."""
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = {name: values[0] for name, values in body.items()}
        kept = CODES.pop(asked.get("code", ""), None)
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            self._json({"error": "invalid_client"}, 401)
        elif kept is None or kept["code_challenge"] != challenge or kept["redirect_uri"] != asked["redirect_uri"]:
            self._json({"error": "invalid_grant", "error_description": "the code is not yours"}, 400)
        else:
            self._json({"access_token": "a", "token_type": "Bearer", "id_token": self._token(kept)})

    def _agree(self, asked: dict[str, str]) -> None:
        who = asked.pop("who")
        back = {"error": "access_denied", "state": asked["state"]}
        if who != "nobody":
            code = secrets.token_urlsafe(16)
            CODES[code] = {**asked, "who": who}
            back = {"code": code, "state": asked["state"]}
        self.send_response(303)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def _token(self, kept: dict[str, str]) -> str:
        who, now = kept["who"], int(time.time())
        claims: dict[str, Any] = {"iss": self.issuer, "sub": f"id-{who}", "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": kept["nonce"], "email": f"{who}@example.org", "groups": [f"team-{who}"]}
        match who:
            case "late":
                claims["exp"] = now - 3600
            case "astray":
                claims["aud"] = "somebody else"
            case "again":
                claims["nonce"] = "another"
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, STRANGER if who == "forged" else KEY)

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _json(self, said: dict[str, Any], status: int = 200) -> None:
        self._send(json.dumps(said).encode(), "application/json", status)

    def _html(self, said: str) -> None:
        self._send(f"<!doctype html><link rel=icon href='data:,'>{said}".encode(), "text/html", 200)

    def _send(self, body: bytes, kind: str, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    Provider.issuer = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(f"{Provider.issuer}\n")
    sys.stdout.flush()
    server.serve_forever()
