"""Every kind of channel: what has to be said about it, what may be, and how it is made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.channels import alertmanager, apprise, mail, opsgenie, pagerduty, slack, teams, webhook
from driftline.channels.posting import TIMEOUT, Wire
from driftline.channels.secrets import Reference, is_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from driftline.channels.channel import Channel

WEB = frozenset({"internal", "timeout", "trust"})
"""What may be said of every channel that speaks HTTP."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What somebody said about one channel.

    Attributes:
        said: settings by name.
        directory: where relative paths begin.
        environ: the environment; that of the process for None.
        threads: where conversations about incidents began, for channels that hold them.
    """

    kind: str
    said: Mapping[str, Any]
    directory: Path = field(default_factory=Path)
    environ: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    threads: slack.Threads = field(default_factory=dict[tuple[str, str], str], repr=False, compare=False)

    def secret(self, name: str) -> Reference:
        """A setting that refers to a secret."""
        return Reference(self.said[name], self.directory, self.environ)

    @property
    def wire(self) -> Wire:
        """How its requests are made."""
        trust = self.said.get("trust")
        return Wire(
            timeout=float(self.said.get("timeout", TIMEOUT)),
            internal=bool(self.said.get("internal", False)),
            trust=str(self.directory / trust) if trust else None,
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of channel.

    Attributes:
        needs: settings without which it cannot be.
        takes: those that may be said too.
        secret: those that are a secret, and so must be references.
        make: makes it.
    """

    needs: frozenset[str]
    takes: frozenset[str]
    secret: frozenset[str]
    make: Callable[[Settings], Channel]


def made(settings: Settings) -> Channel:
    """The channel that was described."""
    return KINDS[settings.kind].make(settings)


def opened(channels: Mapping[str, Settings], threads: slack.Threads | None = None) -> dict[str, Channel]:
    """The channels by name; conversations begin anew for None, and go on where `threads` knows them."""
    return {name: made(settings if threads is None else replace(settings, threads=threads)) for name, settings in channels.items()}


def _webhook(one: Settings) -> Channel:
    url = one.said["url"]
    secret = one.secret("secret") if "secret" in one.said else None
    return webhook.Webhook(url=one.secret("url") if is_reference(url) else url, secret=secret, wire=one.wire)


def _slack(one: Settings) -> Channel:
    return slack.SlackWebhook(url=one.secret("url"), wire=one.wire)


def _slack_app(one: Settings) -> Channel:
    said = {"channel": one.said["channel"], "api": one.said.get("url", slack.API)}
    return slack.SlackApp(token=one.secret("token"), threads=one.threads, wire=one.wire, **said)


def _pagerduty(one: Settings) -> Channel:
    return pagerduty.PagerDuty(routing_key=one.secret("key"), url=one.said.get("url", pagerduty.URL), wire=one.wire)


def _opsgenie(one: Settings) -> Channel:
    return opsgenie.Opsgenie(key=one.secret("key"), url=one.said.get("url", opsgenie.URL), wire=one.wire)


def _teams(one: Settings) -> Channel:
    return teams.Teams(url=one.secret("url"), wire=one.wire)


def _alertmanager(one: Settings) -> Channel:
    return alertmanager.Alertmanager(url=one.said["url"], wire=one.wire)


def _apprise(one: Settings) -> Channel:
    return apprise.AppriseChannel(url=one.secret("url"))


def _email(one: Settings) -> Channel:
    said = one.said
    security = said.get("security", "starttls")
    return mail.Mail(
        host=said["host"],
        port=said.get("port", mail.PORTS[security]),
        sender=said["from"],
        to=tuple([said["to"]] if isinstance(said["to"], str) else said["to"]),
        security=security,
        user=said.get("user"),
        password=one.secret("password") if "password" in said else None,
        timeout=float(said.get("timeout", mail.TIMEOUT)),
        trust=one.wire.trust,
    )


def _kind(make: Callable[[Settings], Channel], needs: str, takes: str = "", secret: str = "") -> Kind:
    return Kind(frozenset(needs.split()), frozenset(takes.split()) | WEB, frozenset(secret.split()), make)


KINDS: Mapping[str, Kind] = {
    "webhook": _kind(_webhook, "url", "secret", "secret"),
    "slack": _kind(_slack, "url", "", "url"),
    "slack app": _kind(_slack_app, "token channel", "url", "token"),
    "pagerduty": _kind(_pagerduty, "key", "url", "key"),
    "opsgenie": _kind(_opsgenie, "key", "url", "key"),
    "teams": _kind(_teams, "url", "", "url"),
    "email": Kind(
        frozenset({"host", "from", "to"}),
        frozenset({"port", "security", "user", "password", "timeout", "trust"}),
        frozenset({"password"}),
        _email,
    ),
    "alertmanager": _kind(_alertmanager, "url"),
    "apprise": Kind(frozenset({"url"}), frozenset(), frozenset({"url"}), _apprise),
}
