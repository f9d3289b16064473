"""Weights told to a webhook."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import ConfigError, OutsideError
from driftline.signing import signature
from driftline.traffic.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STORED: dict[str, Any] = {
    "model": "shop",
    "rollout": "shop-2",
    "challenger": "2",
    "step": 1,
    "reason": "PASSED",
    "weights": {"champion": 0.95, "challenger": 0.05, "mirrored": False},
    "history": ["not for others"],
}


class Receiver:
    """What a traffic layer heard, and how it answers."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.heard: list[dict[str, Any]] = []


@pytest.fixture
def receiver(serving: Callable[..., Any]) -> Iterator[Receiver]:
    """A traffic layer that checks signatures."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            genuine = signature("s", self.headers["X-Driftline-Time"], "PUT", state.url, body) == self.headers["X-Driftline-Signature"]
            if genuine and state.status == 200:
                state.heard.append(json.loads(body))
            self.send_response(state.status if genuine else 403)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as url:
        state.url = f"{url}/weights"
        yield state


def test_it_is_told_the_weights_and_who_says_so(receiver: Receiver) -> None:
    """What is stored, signed; told again it is the same."""
    for _ in range(2):
        Webhook(url=receiver.url, secret="s").apply(STORED)
    about = {"model": "shop", "rollout": "shop-2", "version": "2", "step": 1, "reason": "PASSED"}
    assert receiver.heard == [{**about, "weights": STORED["weights"]}] * 2


@pytest.mark.parametrize(("status", "error"), [(500, OutsideError), (429, OutsideError), (422, ConfigError), (302, ConfigError)])
def test_what_is_not_taken_is_told(receiver: Receiver, status: int, error: type[Exception]) -> None:
    """Trouble on the other side is tried again; a refusal, and a way elsewhere, are somebody's to mend."""
    receiver.status = status
    with pytest.raises(error, match=str(status)):
        Webhook(url=receiver.url, secret="s").apply(STORED)


def test_a_wrong_secret_and_nobody_there(receiver: Receiver) -> None:
    """Both are said."""
    with pytest.raises(ConfigError, match="403"):
        Webhook(url=receiver.url, secret="other").apply(STORED)
    with pytest.raises(OutsideError, match="does not answer"):
        Webhook(url="http://127.0.0.1:9/weights").apply(STORED)
