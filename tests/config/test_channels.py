"""What may be said of channels and routes, and what is wrong with it, by line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from driftline.alerting.announcement import example
from driftline.config.channels import answered
from driftline.config.specification import read_text
from driftline.errors import ConfigError

RIGHT = """
reference: a
alerts:
  channels:
    team: {kind: slack, url: env:SLACK_URL}
    pager: {kind: pagerduty, key: file:key}
  routes:
    - {to: team}
    - {to: pager, tier: page}
  link: https://x.example.com/{monitor}/{window}
"""


def test_channels_and_routes_arrive() -> None:
    """Names, kinds, settings and routes, in order; the environment is not read yet."""
    made = read_text(RIGHT, Path("/srv/d.yaml"), {}).outlets
    assert {name: (one.kind, dict(one.said), str(one.directory)) for name, one in made.channels.items()} == {
        "team": ("slack", {"url": "env:SLACK_URL"}, "/srv"),
        "pager": ("pagerduty", {"key": "file:key"}, "/srv"),
    }
    assert [(one.to, one.least) for one in made.routes] == [("team", "look"), ("pager", "page")]
    assert made.link == "https://x.example.com/{monitor}/{window}"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("channels: {a: {kind: slack}}", "a channel of the kind slack needs 'url'"),
        ("channels: {a: {kind: slack, url: https://hooks.example.com/s3cret}}", "'url' is a secret, and is written out"),
        ("channels: {a: {kind: teams, url: env:U, token: env:T}}", "a channel of the kind teams has no 'token'"),
        ("channels: {a: {kind: email, host: h, from: a@b, to: c@d, password: pw}}", "'password' is a secret, and is written out"),
        ("channels: {a: {kind: slak, url: env:U}}", "'kind' under 'alerts.channels.a' should be"),
        ("routes: [{to: tema}], channels: {team: {kind: slack, url: env:U}}", "there is no channel called 'tema'"),
        ("routes: [{to: tema}]", "there is no channel called 'tema'"),
        ("link: 'https://x/{wndow}'", "the link is not an address"),
        ("link: 'https://x/{'", "the link is not an address"),
        ("link: 'javascript:alert(1)'", "the link is not an address"),
    ],
)
def test_each_mistake_is_told_with_its_line(text: str, fact: str) -> None:
    """And with what to do; a secret that is written out is not repeated."""
    with pytest.raises(ConfigError) as refused:
        read_text(f"reference: a\nalerts: {{{text}}}\n", Path("d.yaml"), {})
    assert "d.yaml:2:" in refused.value.fact
    assert fact in refused.value.fact
    assert refused.value.hint
    assert "s3cret" not in str(refused.value)


def test_messages_of_a_service_lead_to_their_incident() -> None:
    """Where people reach it is said; what is about no incident leads nowhere, and another link is kept."""
    one = replace(example("a/b", "w"), key="a/b/incident-12")
    made = answered("https://d.example.com/", one)
    assert made.answer == made.link == "https://d.example.com/incidents/of?model=a%2Fb&number=12"
    assert answered("https://d.example.com", replace(one, link="https://x")).link == "https://x"
    assert answered("", one) == one
    assert answered("https://d.example.com", example("a/b", "w")) == example("a/b", "w")


def test_where_the_service_is_must_be_an_address() -> None:
    """The line is told."""
    with pytest.raises(ConfigError, match="is not an address"):
        read_text("reference: a\nalerts: {service: example}\n", Path("d.yaml"), {})
    assert read_text("reference: a\nalerts: {service: 'https://x'}\n", Path("d.yaml"), {}).outlets.service == "https://x"
