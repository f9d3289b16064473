"""What a webhook is told is signed, so that its receiver knows who says it, and when."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit


def signature(secret: str, now: str, method: str, url: str, body: bytes) -> str:
    """What a receiver reckons too, and compares: `sha256=` and the HMAC of time, a dot, method, a dot, path, a dot, and body.

    >>> signature("s", "1", "GET", "http://a/runs/1", b"")[:14]
    'sha256=d776d82'
    """
    told = f"{now}.{method}.{urlsplit(url).path}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()
