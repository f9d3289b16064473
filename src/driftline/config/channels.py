"""What a document says about channels and routes, in the terms of those who send, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from driftline.alerting.incident import INCIDENT
from driftline.channels.courier import Route
from driftline.channels.kinds import KINDS, Settings
from driftline.channels.secrets import is_reference
from driftline.errors import near_miss

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from driftline.alerting.announcement import Announcement
    from driftline.config.alerts import WrittenChannel
    from driftline.config.document import Document

    Steps = tuple[str | int, ...]

PLACES = frozenset({"monitor", "window"})
"""What a link may hold in braces."""


def channels(document: Document, directory: Path, environ: Mapping[str, str]) -> dict[str, Settings]:
    """The channels by name."""
    said = (document.alerts and document.alerts.channels) or {}
    return {name: Settings(one.kind, _given(one), directory, environ) for name, one in said.items()}


def routes(document: Document) -> tuple[Route, ...]:
    """The routes, in order."""
    said = (document.alerts and document.alerts.routes) or []
    return tuple(Route(one.to, one.tier, unanswered=one.unanswered) for one in said)


def filled(link: str, monitor: str, window: str) -> str:
    """A link with its braces filled in.

    >>> filled("https://example.com/{monitor}?w={window}", "a/b", "2026-01-05 12:00")
    'https://example.com/a%2Fb?w=2026-01-05%2012%3A00'
    """
    return link.format(monitor=quote(monitor, safe=""), window=quote(window, safe=""))


def answered(service: str, announcement: Announcement) -> Announcement:
    """An announcement that leads to its incident's page in the service, if it is about one.

    Args:
        service: where people reach the service; empty where nobody has said.
        announcement: what is to be told.
    """
    number = announcement.key.removeprefix(f"{announcement.monitor}/{INCIDENT}")
    if not service or not number.isdecimal():
        return announcement
    answer = f"{service.rstrip('/')}/incidents/of?model={quote(announcement.monitor, safe='')}&number={number}"
    return replace(announcement, answer=answer, link=announcement.link or answer)


def wrong_channels(document: Document) -> Iterator[tuple[Steps, str, str]]:
    """Everything that is wrong with channels and routes: where, what, and what to do."""
    said = document.alerts
    if said is None:
        return
    for name, channel in (said.channels or {}).items():
        yield from _wrong(("alerts", "channels", name), channel)
    for place, route in enumerate(said.routes or []):
        if route.to not in (said.channels or {}):
            path = ("alerts", "routes", place, "to")
            yield path, f"there is no channel called {route.to!r}", near_miss(route.to, said.channels or {"none": 0})
    if said.link is not None:
        yield from _wrong_link(said.link)
    if said.service is not None and not said.service.startswith(("http://", "https://")):
        yield ("alerts", "service"), f"{said.service!r} is not an address", "write https://driftline.example.com"


def _wrong(path: Steps, channel: WrittenChannel) -> Iterator[tuple[Steps, str, str]]:
    kind, given = KINDS[channel.kind], _given(channel)
    for name in sorted(kind.needs - given.keys()):
        yield path, f"a channel of the kind {channel.kind} needs {name!r}", f"add it: {name}: …"
    for name in sorted(given.keys() - kind.needs - kind.takes):
        takes = ", ".join(sorted(kind.needs | kind.takes)) or "nothing else"
        yield (*path, name), f"a channel of the kind {channel.kind} has no {name!r}", f"it has {takes}"
    for name in sorted(kind.secret & given.keys()):
        if not is_reference(str(given[name])):
            yield (*path, name), f"{name!r} is a secret, and is written out", "put it in the environment and write env:NAME, or file:PATH"


def _wrong_link(link: str) -> Iterator[tuple[Steps, str, str]]:
    try:
        names = {name for _, name, _, _ in Formatter().parse(link) if name is not None}
    except ValueError:
        names = {"…"}
    if not link.startswith(("http://", "https://")) or names - PLACES:
        yield ("alerts", "link"), "the link is not an address with {monitor} and {window}", "write https://example.com/{monitor}/{window}"


def _given(channel: WrittenChannel) -> dict[str, Any]:
    return channel.model_dump(by_alias=True, exclude_none=True, exclude={"kind"})
