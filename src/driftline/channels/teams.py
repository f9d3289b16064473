"""Microsoft Teams, by a workflow that takes a webhook: an adaptive card."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driftline.channels.posting import Wire

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

COLOUR = {"digest": "Default", "look": "Accent", "retrain": "Warning", "page": "Attention"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """A workflow's URL, which is a secret."""

    url: Reference
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Post it."""
        self.wire.post(self.url.look_up(), card(announcement))


def card(announcement: Announcement) -> dict[str, Any]:
    """An announcement as a message with one adaptive card."""
    shade = "Good" if announcement.over else COLOUR[announcement.tier]
    facts = [{"title": "since", "value": announcement.since}, {"title": "window", "value": announcement.window}]
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            {"type": "TextBlock", "text": plain(announcement.subject), "weight": "Bolder", "size": "Medium", "wrap": True, "color": shade},
            {"type": "TextBlock", "text": plain(announcement.body), "wrap": True},
            {"type": "FactSet", "facts": facts},
        ],
    }
    if doors := announcement.doors:
        content["actions"] = [{"type": "Action.OpenUrl", "title": name, "url": url} for name, url in doors]
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attached]}


def plain(text: str) -> str:
    r"""Names in data may not become Markdown: no links, no emphasis.

    >>> plain("[a](http://b) *c*")
    '\\[a\\](http://b) \\*c\\*'
    """
    return "".join(f"\\{sign}" if sign in "\\`*_[]" else sign for sign in text)
