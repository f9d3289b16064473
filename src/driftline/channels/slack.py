"""Slack: by an incoming webhook, or as an app by Slack's own package, which keeps an incident in one thread and shows its figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Protocol

from driftline.channels.channel import colour
from driftline.channels.figure import png
from driftline.channels.official import checked, context, official
from driftline.channels.posting import REQUEST_TIMEOUT, TOO_MANY, Wire
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

API = "https://slack.com/api/"
LONGEST_HEADER, LONGEST_TEXT = 150, 3000
"""Slack refuses longer ones."""

LATER = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""What Slack says when trying again may help."""

GONE = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
"""What Slack says when somebody has taken the thread's first message away."""


class Threads(Protocol):
    """Where the threads of incidents began, by Slack's channel and the incident's key."""

    def get(self, key: tuple[str, str], /) -> str | None:
        """Slack's `ts` of the first message; None where there is no thread yet."""

    def __setitem__(self, key: tuple[str, str], ts: str, /) -> None:
        """Remember it."""


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
        threads: where each incident's thread began; what comes later is said there.
    """

    token: Reference
    channel: str
    threads: Threads = field(default_factory=dict[tuple[str, str], str], repr=False, compare=False)
    api: str = API
    wire: Wire = field(default_factory=Wire)

    def send(self, announcement: Announcement) -> None:
        """Post it, and the figure below it.

        The message counts: were it sent again because its figure could not be shown, it would stand there twice.
        """
        client = self._client()
        key = (self.channel, announcement.key)
        posted = self._posted(client, announcement, self.threads.get(key))
        thread = str(posted.get("message", {}).get("thread_ts") or posted["ts"])
        if thread != self.threads.get(key):
            self.threads[key] = thread
        drawn = png(announcement)
        if drawn:
            self._show(client, drawn, announcement, str(posted["channel"]), thread)

    def _client(self) -> Any:
        """Slack's client; what may be tried again is tried by the outbox, not while others wait."""
        sdk = official("slack_sdk", "slack")
        options = {"timeout": max(1, round(self.wire.timeout)), "ssl": context(self.wire), "retry_handlers": []}
        return sdk.WebClient(token=self.token.look_up(), base_url=checked(self.api, self.wire), **options)

    def _posted(self, client: Any, announcement: Announcement, thread: str | None) -> Any:
        """Say it in the incident's thread; in a new one where that is gone."""
        where = {"thread_ts": thread, "reply_broadcast": announcement.news == "worse"} if thread else {}
        try:
            return called(client.chat_postMessage, channel=self.channel, **message(announcement), **where)
        except ConfigError as error:
            if thread and any(said in error.fact for said in GONE):
                return self._posted(client, announcement, None)
            raise

    def _show(self, client: Any, drawn: bytes, announcement: Announcement, channel: str, thread: str) -> None:
        about = {"filename": "driftline.png", "title": announcement.about, "alt_txt": announcement.about}
        try:
            called(client.files_upload_v2, content=drawn, channel=channel, thread_ts=thread, **about)
        except (ConfigError, OutsideError):
            return


def called(method: Any, **given: Any) -> Any:
    """Call a method of Slack's client.

    Raises:
        ConfigError: Slack refuses what it is given: trying again is of no use.
        OutsideError: Slack did not answer, or is in trouble: trying again may help.
    """
    errors = official("slack_sdk.errors", "slack")
    try:
        return method(**given)
    except errors.SlackApiError as error:
        why, status = str(error.response.get("error")), int(error.response.status_code)
        if why in LATER or status in {TOO_MANY, REQUEST_TIMEOUT} or status >= 500:  # noqa: PLR2004  HTTP's own number
            raise OutsideError(f"Slack answered {status}: {why[:200]}", hint="it is tried again") from error
        raise ConfigError(f"Slack refuses the message: {why[:200]}", hint="check the token, its scopes and the channel") from error
    except (OSError, HTTPException, ValueError, errors.SlackClientError) as error:
        raise OutsideError(f"Slack did not answer: {type(error).__name__}", hint="it is tried again") from error


def message(announcement: Announcement) -> dict[str, Any]:
    """An announcement in Slack's blocks, with its text for notifications."""
    about = " · ".join(part for part in (f"since {announcement.since}", announcement.window, announcement.key) if part)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": shortened(announcement.subject, LONGEST_HEADER)}},
        {"type": "section", "text": {"type": "mrkdwn", "text": shortened(escaped(announcement.body), LONGEST_TEXT)}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": shortened(escaped(about), LONGEST_TEXT)}]},
    ]
    if doors := announcement.doors:
        blocks.append({"type": "actions", "elements": [_button(name, url) for name, url in doors]})
    return {"text": escaped(announcement.subject), "attachments": [{"color": colour(announcement), "blocks": blocks}]}


def _button(name: str, url: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": name}, "url": url, "action_id": name.lower()}


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
