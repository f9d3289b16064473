"""A webhook of one's own: the announcement as JSON, signed, so that the receiver knows who wrote it and when."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from driftline.alerting.announcement import to_dict
from driftline.channels.posting import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Posts to a URL.

    Attributes:
        url: where to.
        secret: signs the body; without one it is not signed.
        clock: the time, for the signature.
    """

    url: str | Reference
    secret: Reference | None = None
    wire: Wire = field(default_factory=Wire)
    clock: Callable[[], datetime] = _now

    def send(self, announcement: Announcement) -> None:
        """Post it."""
        body = json.dumps(to_dict(announcement), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": header(announcement.id)}
        if self.secret is not None:
            headers["Driftline-Signature"] = signature(self.secret.look_up(), body, self.clock())
        self.wire.send("POST", plain(self.url), body, headers)


def plain(url: str | Reference) -> str:
    """A URL, looked up where it is a secret."""
    return url if isinstance(url, str) else url.look_up()


def header(text: str) -> str:
    """A text as it may stand in a header: names of monitors and windows may hold any sign."""
    return json.dumps(text)[1:-1]


def signature(secret: str, body: bytes, now: datetime) -> str:
    """`t=…,v1=…`: the time in seconds, and the SHA-256 HMAC of it, a full stop and the body, as hex digits.

    >>> signature("s", b"{}", datetime(2026, 3, 1, tzinfo=UTC))[:20]
    't=1772323200,v1=c291'
    """
    moment = str(int(now.timestamp()))
    mac = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def genuine(secret: str, body: bytes, given: str, now: datetime, *, within: float = 300.0) -> bool:
    """Whether a signature is right and not older than some seconds; what a receiver does."""
    moment = given.removeprefix("t=").partition(",")[0]
    if not moment.isdigit() or abs(now.timestamp() - int(moment)) > within:
        return False
    return hmac.compare_digest(signature(secret, body, datetime.fromtimestamp(int(moment), UTC)), given)
