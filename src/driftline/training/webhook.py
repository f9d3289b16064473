"""Trains by a webhook, for whatever else runs trainings: `python -m driftline.training.webhook URL`.

POST URL with `{"run", "rows", "output", "champion", "reason"}`: the receiver begins a run of that name unless there is one, and answers
2xx. GET URL/RUN: 404 where there is none, else `{"state": "running" | "trained" | "failed", "why", "output"}`. DELETE URL/RUN: end it.
With DRIFTLINE_WEBHOOK_SECRET every request bears `X-Driftline-Time` (seconds since 1970) and `X-Driftline-Signature`: `sha256=` and the
HMAC of time, a dot, method, a dot, path, a dot, and body. `Idempotency-Key` is the run's name.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from driftline.errors import DriftlineError
from driftline.signing import signature
from driftline.training.remote import Told, Wire, asked, follow, sorry

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "DRIFTLINE_WEBHOOK_SECRET"  # noqa: S105  the name of a variable


class Webhook:
    """Runs behind a webhook.

    Args:
        url: the receiver.
        secret: signs what it is told; empty for none.
    """

    def __init__(self, url: str, secret: str = "") -> None:
        self._url, self._secret = url.rstrip("/"), secret

    def find(self, name: str) -> Told | None:
        """A run by its name."""
        found = self._ask("GET", f"/{name}", name)
        return _told(found) if found else None

    def begin(self, name: str, asked: Mapping[str, str]) -> Told:
        """Begin a run."""
        return _told(self._ask("POST", "", name, {"run": name, **asked}) or {})

    def cancel(self, name: str) -> None:
        """Ask it to end."""
        self._ask("DELETE", f"/{name}", name)

    def _ask(self, method: str, path: str, name: str, body: object = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Idempotency-Key": name} | ({"Content-Type": "application/json"} if data else {})
        if self._secret:
            now = str(int(time.time()))
            headers |= {"X-Driftline-Time": now, "X-Driftline-Signature": signature(self._secret, now, method, self._url + path, data)}
        return Wire(self._url, {}).send(method, path, data or None, headers)


def _told(found: Mapping[str, Any]) -> Told:
    state = str(found.get("state", "running"))
    why = f"{state}: {found['why']}" if found.get("why") else state
    return Told(state != "running", state == "trained", why, str(found.get("output", "")))


def main() -> int:
    """Have it trained, and wait."""
    try:
        (url,) = sys.argv[1:2]
        return follow(Webhook(url, os.environ.get(SECRET, "")), *asked())
    except (DriftlineError, ValueError) as error:
        return sorry(error)


if __name__ == "__main__":
    sys.exit(main())
