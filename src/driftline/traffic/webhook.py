"""A webhook for any other traffic layer: told the weights as they are stored, again at every look, so that it can forget nothing for long.

PUT URL with `{"model", "rollout", "version", "step", "weights": {"champion", "challenger", "mirrored"}, "reason"}`; the receiver makes it
so and answers 2xx, also where it is so already. With a secret there are
`X-Driftline-Time` (seconds since 1970) and `X-Driftline-Signature`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from driftline.errors import ConfigError, OutsideError
from driftline.signing import signature

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver.

    Attributes:
        url: where it listens.
        secret: signs what it is told; empty for none.
    """

    url: str
    secret: str = field(default="", repr=False)

    def apply(self, told: Mapping[str, Any]) -> None:
        """Tell it.

        Args:
            told: a rollout as it is stored.

        Raises:
            ConfigError: it will not have that.
            OutsideError: it does not answer, or is in trouble.
        """
        about = {"model": told["model"], "rollout": told["rollout"], "version": told["challenger"], "step": told["step"]}
        body = json.dumps({**about, "weights": told["weights"], "reason": told["reason"]}).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "driftline"}
        if self.secret:
            now = str(int(time.time()))
            headers |= {"X-Driftline-Time": now, "X-Driftline-Signature": signature(self.secret, now, "PUT", self.url, body)}
        request = Request(self.url, body, headers, method="PUT")  # noqa: S310  the configuration takes http and https only
        try:
            with build_opener(_Straight).open(request, timeout=TIMEOUT):
                return
        except HTTPError as error:
            with error:
                said = f"{error.code} {error.read(300).decode('utf-8', 'replace').strip()}"
            if error.code >= 500 or error.code in {408, 425, 429}:  # noqa: PLR2004  HTTP's own numbers
                raise OutsideError(f"{self.url} is in trouble: {said}", hint="it is told again at the next look") from error
            raise ConfigError(f"{self.url} refuses the weights: {said}", hint="give its address, and its secret if it has one") from error
        except (OSError, HTTPException) as error:
            raise OutsideError(f"{self.url} does not answer: {error}", hint="it is told again at the next look") from error


class _Straight(HTTPRedirectHandler):
    """Weights are told to whom they were meant for."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow none."""
