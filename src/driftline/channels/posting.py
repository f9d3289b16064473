"""One HTTP request that cannot hang, wander off or flood us: a deadline, a pinned address, no redirects, a short answer."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driftline.channels.addresses import target
from driftline.channels.lines import Kept
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.channels.addresses import Resolve, Target
    from driftline.channels.lines import Connection

TIMEOUT = 10.0
"""Seconds for one request, from resolving the name to the last byte of the answer."""

LONGEST_ANSWER = 100_000
TOO_MANY, REQUEST_TIMEOUT, TOO_EARLY = 429, 408, 425
AGENT = "driftline"


@dataclass(frozen=True, slots=True)
class Wire:
    """How requests are made.

    Attributes:
        timeout: seconds for all of it.
        internal: internal addresses are allowed.
        trust: certificates beside those of the system, as a file; None for no others.
        resolve: from host and port to addresses; the system's way for None.
        kept: lines that are open from the last request.
    """

    timeout: float = TIMEOUT
    internal: bool = False
    trust: str | None = None
    resolve: Resolve | None = None
    kept: Kept = field(default_factory=Kept, repr=False, compare=False)

    def post(self, url: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
        """Post JSON; the answer's JSON, or its text.

        Raises:
            ConfigError: the URL is wrong, or the receiver refuses what it is given: trying again is of no use.
            OutsideError: the receiver did not answer, or is in trouble: trying again may help.
        """
        return self.send(
            "POST", url, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """One request of any kind; as `post`."""
        until = time.monotonic() + self.timeout
        found = target(url, internal=self.internal, resolve=self.resolve)
        line: Connection | None = None
        try:
            line = self.kept.line(found, until, self.trust)
            line.request(method, found.path, body, {"User-Agent": AGENT, **headers})
            answer = line.getresponse()
            text = answer.read(LONGEST_ANSWER).decode("utf-8", "replace")
            whole = answer.isclosed()
            answer.close()
        except (OSError, http.client.HTTPException) as error:
            if line is not None:
                line.close()
            why = "it took too long" if isinstance(error, TimeoutError) else type(error).__name__
            raise OutsideError(f"{found.named} did not answer: {why}", hint="it is tried again") from error
        if whole:
            self.kept.keep(line, found, self.trust)
        else:
            line.close()
        _judge(found, answer.status, text)
        return _read(text)


def _judge(found: Target, status: int, text: str) -> None:
    """Whether the receiver took it, refuses it, or is in trouble."""
    if 200 <= status < 300:  # noqa: PLR2004  HTTP's own numbers
        return
    if 300 <= status < 400:  # noqa: PLR2004  likewise
        raise ConfigError(f"{found.named} sends us elsewhere ({status}), where we do not go", hint="write the address that it leads to")
    said = f": {text[:200].strip()}" if text.strip() else ""
    if status in {REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY} or status >= 500:  # noqa: PLR2004  likewise
        raise OutsideError(f"{found.named} answered {status}{said}", hint="it is tried again")
    raise ConfigError(f"{found.named} refuses the message with {status}{said}", hint="check the address and the secret")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
