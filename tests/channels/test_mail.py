"""E-mail, to a real mail server on this machine."""

from __future__ import annotations

import email
import email.policy
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from driftline.channels.mail import Mail, page, written
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference


class Postbox:
    """Keeps letters; refuses addresses that say so."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], EmailMessage]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Take an address, or refuse it."""
        if "refused" in address:
            return "550 no such user"
        if "later" in address:
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  likewise
        """Take a letter."""
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, letter))  # type: ignore[arg-type]  # the policy makes them
        return "250 OK"


class Server(Controller):
    """A mail server that knows a user, at whatever port is free."""

    def _trigger_server(self) -> None:
        """See whether it listens, where it truly does."""
        assert self.server is not None
        with socket.create_connection(self.server.sockets[0].getsockname(), 5) as connection:
            assert connection.recv(3) == b"220"

    def factory(self) -> SMTP:
        """Make it, with its one user."""

        def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            return AuthResult(success=(data.login, data.password) == (b"ann", b"pw"), handled=False)

        return SMTP(self.handler, authenticator=known, auth_require_tls=False)


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """A mail server and its port."""
    box = Postbox()
    server = Server(box, hostname="127.0.0.1", port=0)
    server.start()
    assert server.server is not None
    yield box, server.server.sockets[0].getsockname()[1]
    server.stop()


def mail(port: int, *to: str, **more: Any) -> Mail:
    """A channel to that server."""
    return Mail(
        host="127.0.0.1", port=port, sender="driftline@example.com", to=to or ("ml@example.com",), security="none", timeout=5, **more
    )


def test_a_letter_with_text_page_and_figure(
    postbox: tuple[Postbox, int], secret: Callable[[str], Reference], announcement: Announcement
) -> None:
    """People who read text and people who read HTML get the same, and the figure is in the letter."""
    box, port = postbox
    mail(port, "a@example.com", "b@example.com", user="ann", password=secret("pw")).send(announcement)
    ((sender, to, letter),) = box.letters
    assert (sender, to) == ("driftline@example.com", ["a@example.com", "b@example.com"])
    assert letter["Subject"] == announcement.subject
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert announcement.body in text.get_content()
    assert "&lt;b&gt;amount&lt;/b&gt;" in html.get_content()
    (image,) = [part for part in letter.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<figure>"
    assert image.get_content().startswith(b"\x89PNG")


@pytest.mark.parametrize(("to", "error"), [("refused@example.com", ConfigError), ("later@example.com", OutsideError)])
def test_a_server_that_refuses(postbox: tuple[Postbox, int], announcement: Announcement, to: str, error: type[Exception]) -> None:
    """For good, or for now."""
    with pytest.raises(error):
        mail(postbox[1], to).send(announcement)


def test_some_addresses_refused(postbox: tuple[Postbox, int], announcement: Announcement) -> None:
    """The others get it, and it is told."""
    with pytest.raises(ConfigError, match="refuses refused@"):
        mail(postbox[1], "a@example.com", "refused@example.com").send(announcement)
    assert postbox[0].letters[0][1] == ["a@example.com"]


def test_a_wrong_password(postbox: tuple[Postbox, int], secret: Callable[[str], Reference], announcement: Announcement) -> None:
    """It is for good, and is not shown."""
    with pytest.raises(ConfigError) as refused:
        mail(postbox[1], user="ann", password=secret("wrong-pw")).send(announcement)
    assert "wrong-pw" not in str(refused.value)


def test_a_server_without_tls_gets_no_letter(postbox: tuple[Postbox, int], announcement: Announcement) -> None:
    """Where TLS was asked for, nothing is sent without it."""
    with pytest.raises(ConfigError, match="offers no starttls"):
        replace(mail(postbox[1]), security="starttls").send(announcement)
    assert postbox[0].letters == []


def test_nobody_there(announcement: Announcement) -> None:
    """It may be tried again."""
    with pytest.raises(OutsideError, match="did not answer"):
        mail(9).send(announcement)


def test_an_incident_is_one_conversation(announcement: Announcement) -> None:
    """Letters of one incident refer to it; a letter that is sent twice has one id."""
    first, second = (written(one, "a@b", ("c@d",)) for one in (announcement, replace(announcement, news="resolved", id="other")))
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"] == written(announcement, "a@b", ("c@d",))["Message-ID"]


def test_a_subject_stays_a_subject(announcement: Announcement) -> None:
    """A name with a line break makes no header."""
    letter = written(replace(announcement, subject="a\r\nBcc: x@y"), "a@b", ("c@d",))
    assert letter["Subject"] == "a Bcc: x@y"
    assert letter["Bcc"] is None


def test_without_a_figure_there_is_none(announcement: Announcement) -> None:
    """No broken picture."""
    assert "<img" not in page(replace(announcement, figure=()), "")
    assert "image/png" not in written(replace(announcement, figure=()), "a@b", ("c@d",)).as_string()
