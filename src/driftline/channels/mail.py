"""E-mail: a text, the same as HTML, and the figure in it; what belongs to one incident is one conversation."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Literal

from driftline.channels.channel import colour
from driftline.channels.figure import png
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

TIMEOUT = 20.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}
DOMAIN = "driftline.invalid"
"""Message ids need a domain; this one is nobody's."""

PERMANENT = 500
PAGE = """<html><body style="font-family:sans-serif;max-width:40em">
<p style="border-left:4px solid {colour};padding-left:8px"><b>{subject}</b></p>
<p>{body}</p>
{figure}<p style="color:#6b7280">since {since} · window {window} · {key}{link}</p>
</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail server.

    Attributes:
        security: `starttls` and `tls` check the server's certificate; `none` is for a server on this machine.
        trust: certificates beside those of the system, as a file.
    """

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Reference | None = None
    timeout: float = TIMEOUT
    trust: str | None = None

    def send(self, announcement: Announcement) -> None:
        """Hand it to the server."""
        letter = written(announcement, self.sender, self.to)
        try:
            with self._server() as server:
                refused = server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refusal(next(iter(error.recipients.values()))[0], "no address") from error
        except smtplib.SMTPResponseException as error:
            raise self._refusal(error.smtp_code, f"{error.smtp_code}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise ConfigError(f"the mail server {self.host!r} offers no {self.security}", hint="say how to secure it: security") from error
        except (OSError, smtplib.SMTPException) as error:
            raise OutsideError(f"the mail server {self.host!r} did not answer: {type(error).__name__}", hint="it is tried again") from error
        if refused:
            raise ConfigError(f"the mail server {self.host!r} refuses {', '.join(refused)}", hint="check the addresses")

    def _server(self) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=None)
        if self.trust:
            context.load_verify_locations(self.trust)
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user is not None and self.password is not None:
                server.login(self.user, self.password.look_up())
        except BaseException:
            server.close()
            raise
        return server

    def _refusal(self, code: int, what: str) -> OutsideError | ConfigError:
        fact = f"the mail server {self.host!r} refuses the message: {what}"
        if code >= PERMANENT:
            return ConfigError(fact, hint="check the addresses, the user and the password")
        return OutsideError(fact, hint="it is tried again")


def written(announcement: Announcement, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """An announcement as a letter."""
    letter, image = EmailMessage(), png(announcement)
    letter["Subject"] = " ".join(announcement.subject.split())
    letter["From"], letter["To"], letter["Date"] = sender, ", ".join(to), formatdate(localtime=False)
    letter["Message-ID"] = f"<{_digest(announcement.id)}@{DOMAIN}>"
    letter["References"] = letter["In-Reply-To"] = f"<{_digest(announcement.key)}@{DOMAIN}>"
    letter["Auto-Submitted"] = "auto-generated"
    link = f"\n\n{announcement.link}" if announcement.link else ""
    letter.set_content(f"{announcement.subject}\n\n{announcement.body}\n\nsince {announcement.since}, window {announcement.window}{link}\n")
    letter.add_alternative(page(announcement, "cid:figure" if image else ""), subtype="html")
    if image:
        html = letter.get_payload(1)
        if isinstance(html, EmailMessage):
            html.add_related(image, "image", "png", cid="<figure>", filename="figure.png")
    return letter


def page(announcement: Announcement, image: str) -> str:
    """The letter as HTML."""
    figure = f'<p><img src="{image}" alt="{escape(announcement.about)}"><br><small>{escape(announcement.about)}</small></p>\n'
    link = f' · <a href="{escape(announcement.link)}">look</a>' if announcement.link else ""
    return PAGE.format(
        colour=colour(announcement),
        subject=escape(announcement.subject),
        body=escape(announcement.body),
        figure=figure if image else "",
        since=escape(announcement.since),
        window=escape(announcement.window),
        key=escape(announcement.key),
        link=link,
    )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
