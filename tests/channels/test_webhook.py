"""Signed webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline.alerting.announcement import from_dict
from driftline.channels.webhook import Webhook, genuine, signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.posting import Wire
    from driftline.channels.secrets import Reference

NOW = datetime(2026, 3, 9, 3, tzinfo=UTC)


def test_the_announcement_arrives_whole_and_signed(
    service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement
) -> None:
    """The receiver reads what was written, knows who wrote it, and by the id whether it came before."""
    Webhook(url=service.url, secret=secret("s3"), wire=wire, clock=lambda: NOW).send(announcement)
    (asked,) = service.asked
    assert from_dict(asked.body) == announcement
    assert asked.headers["idempotency-key"] == announcement.id
    assert genuine("s3", asked.raw, asked.headers["driftline-signature"], NOW)


@pytest.mark.parametrize(("key", "body", "late"), [("other", b"{}", 0), ("s3", b"{ }", 0), ("s3", b"{}", 301), ("s3", b"{}", -301)])
def test_a_signature_holds_for_one_key_one_body_and_some_minutes(key: str, body: bytes, late: int) -> None:
    """Anything else is not ours, or is played again."""
    assert genuine("s3", b"{}", signature("s3", b"{}", NOW), NOW)
    assert not genuine(key, body, signature("s3", b"{}", NOW), NOW + timedelta(seconds=late))
    assert not genuine("s3", b"{}", "nonsense", NOW)


def test_the_url_may_be_a_secret(service: Service, wire: Wire, secret: Callable[[str], Reference], announcement: Announcement) -> None:
    """Without a secret to sign with, nothing is signed."""
    Webhook(url=secret(service.url), wire=wire).send(announcement)
    assert "driftline-signature" not in service.asked[0].headers
