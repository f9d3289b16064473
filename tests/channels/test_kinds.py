"""From settings to channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from driftline.channels.alertmanager import Alertmanager
from driftline.channels.apprise import AppriseChannel
from driftline.channels.kinds import KINDS, Settings, made
from driftline.channels.mail import Mail
from driftline.channels.opsgenie import Opsgenie
from driftline.channels.pagerduty import PagerDuty
from driftline.channels.secrets import Reference
from driftline.channels.slack import SlackApp, SlackWebhook
from driftline.channels.teams import Teams
from driftline.channels.webhook import Webhook
from driftline.config.alerts import KindName

SAID: dict[str, tuple[dict[str, Any], type]] = {
    "webhook": ({"url": "https://a/b", "secret": "env:S"}, Webhook),
    "slack": ({"url": "env:U"}, SlackWebhook),
    "slack app": ({"token": "env:T", "channel": "#a"}, SlackApp),
    "pagerduty": ({"key": "env:K"}, PagerDuty),
    "opsgenie": ({"key": "env:K"}, Opsgenie),
    "teams": ({"url": "env:U"}, Teams),
    "email": ({"host": "h", "from": "a@b", "to": "c@d", "security": "tls"}, Mail),
    "alertmanager": ({"url": "http://a:9093"}, Alertmanager),
    "apprise": ({"url": "env:U"}, AppriseChannel),
}


@pytest.mark.parametrize("kind", SAID)
def test_each_kind_is_made(kind: str) -> None:
    """From the least that has to be said."""
    said, what = SAID[kind]
    assert isinstance(made(Settings(kind, said)), what)
    assert KINDS[kind].needs <= said.keys() <= KINDS[kind].needs | KINDS[kind].takes


def test_the_document_knows_the_same_kinds() -> None:
    """What may be written can be made."""
    assert set(get_args(KindName)) == set(KINDS) == set(SAID)


def test_what_is_said_arrives() -> None:
    """Time, trust and permission of the requests; ports by how they are secured; secrets as references only."""
    hook = made(Settings("webhook", {"url": "env:U", "internal": True, "timeout": 3, "trust": "ca.pem"}, Path("/etc/x")))
    assert isinstance(hook, Webhook)
    assert isinstance(hook.url, Reference)
    assert (hook.wire.internal, hook.wire.timeout, hook.wire.trust) == (True, 3.0, "/etc/x/ca.pem")
    letter = made(Settings("email", {"host": "h", "from": "a@b", "to": ["c@d", "e@f"], "password": "file:pw"}, Path("/etc/x")))
    assert isinstance(letter, Mail)
    assert (letter.port, letter.to, letter.password) == (587, ("c@d", "e@f"), Reference("file:pw", Path("/etc/x")))
