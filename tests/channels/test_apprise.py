"""Everything else, through Apprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.channels.apprise import AppriseChannel
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service

    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own


def test_apprise_brings_it(service: Service, secret: Callable[[str], Reference], announcement: Announcement) -> None:
    """By the simplest of its services, which posts JSON."""
    AppriseChannel(url=secret(f"json://127.0.0.1:{service.port}/hook")).send(announcement)
    body = service.asked[0].body
    assert body["title"] == announcement.subject
    assert body["type"] == "failure"
    assert announcement.link in body["message"]


def test_apprise_could_not(service: Service, secret: Callable[[str], Reference], announcement: Announcement) -> None:
    """It may be tried again."""
    service.usual = (500, {}, b"")
    with pytest.raises(OutsideError, match="could not"):
        AppriseChannel(url=secret(f"json://127.0.0.1:{service.port}/hook")).send(announcement)


def test_a_url_that_apprise_does_not_know(secret: Callable[[str], Reference], announcement: Announcement) -> None:
    """It is not repeated: it may hold a password."""
    with pytest.raises(ConfigError) as refused:
        AppriseChannel(url=secret("nonsense://s3cret")).send(announcement)
    assert "s3cret" not in str(refused.value)
