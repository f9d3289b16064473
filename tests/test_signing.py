"""What a receiver checks."""

from __future__ import annotations

import hashlib
import hmac

from driftline.signing import signature


def test_it_is_the_hmac_of_all_that_is_said() -> None:
    """Time, method, path and body; another of any of them is another signature."""
    found = signature("s", "7", "PUT", "https://a/b?c", b"{}")
    assert found == "sha256=" + hmac.new(b"s", b"7.PUT./b.{}", hashlib.sha256).hexdigest()
    others = [("t", "7", "PUT", "https://a/b", b"{}"), ("s", "8", "PUT", "https://a/b", b"{}"), ("s", "7", "GET", "https://a/b", b"{}")]
    assert found not in {signature(*other) for other in others}
