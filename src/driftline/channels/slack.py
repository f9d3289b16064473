"""Slack: by an incoming webhook, or as an app, which keeps an incident in one thread and shows its figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from driftline.channels.channel import colour
from driftline.channels.figure import png
from driftline.channels.posting import Wire
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

API = "https://slack.com/api/"
LONGEST_HEADER, LONGEST_TEXT = 150, 3000
"""Slack refuses longer ones."""

LATER = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""What Slack says when trying again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWebhook:
    """An incoming webhook; its URL is a secret."""

    url: Reference
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Post it."""
        self.wire.post(self.url.look_up(), message(announcement))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """An app's token, with the scopes `chat:write` and `files:write`.

    Attributes:
        threads: by incident, where its thread began; what comes later is said there.
    """

    token: Reference
    channel: str
    threads: MutableMapping[str, str] = field(default_factory=dict)
    api: str = API
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Post it, and the figure below it."""
        thread = self.threads.get(announcement.key)
        body = {"channel": self.channel, **message(announcement), **({"thread_ts": thread} if thread else {})}
        if thread and announcement.news == "worse":
            body["reply_broadcast"] = True
        posted = self._call("chat.postMessage", body)
        self.threads.setdefault(announcement.key, str(posted["ts"]))
        drawn = png(announcement)
        if drawn:
            self._upload(drawn, announcement, str(posted["channel"]), self.threads[announcement.key])

    def _upload(self, image: bytes, announcement: Announcement, channel: str, thread: str) -> None:
        """Slack's way: ask for a place, put the file there, say where it belongs."""
        asked = urlencode({"filename": "driftline.png", "length": len(image)})
        place = self._answer(self.wire.send("GET", f"{self.api}files.getUploadURLExternal?{asked}", b"", self._signed))
        self.wire.send("POST", str(place["upload_url"]), image, {"Content-Type": "image/png"})
        about = [{"id": place["file_id"], "title": announcement.about}]
        self._call("files.completeUploadExternal", {"files": about, "channel_id": channel, "thread_ts": thread})

    @property
    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.look_up()}"}

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answer(self.wire.post(f"{self.api}{method}", body, self._signed))

    def _answer(self, said: Any) -> dict[str, Any]:
        """Slack says 200 and what went wrong."""
        if isinstance(said, dict) and said.get("ok") is True:
            return said
        why = str(said.get("error")) if isinstance(said, dict) else "something that is not Slack's"
        if why in LATER:
            raise OutsideError(f"Slack answered {why}", hint="it is tried again")
        raise ConfigError(f"Slack refuses the message: {why}", hint="check the token, its scopes and the channel")


def message(announcement: Announcement) -> dict[str, Any]:
    """An announcement in Slack's blocks, with its text for notifications."""
    about = " · ".join(part for part in (f"since {announcement.since}", announcement.window, announcement.key) if part)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": shortened(announcement.subject, LONGEST_HEADER)}},
        {"type": "section", "text": {"type": "mrkdwn", "text": shortened(escaped(announcement.body), LONGEST_TEXT)}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": shortened(escaped(about), LONGEST_TEXT)}]},
    ]
    if announcement.link:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Look"}, "url": announcement.link, "action_id": "look"}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": escaped(announcement.subject), "attachments": [{"color": colour(announcement), "blocks": blocks}]}


def escaped(text: str) -> str:
    """Names in data are a stranger's text: they may not become links or call everybody.

    >>> escaped("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, most: int) -> str:
    """The text, or as much of it as is taken.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
