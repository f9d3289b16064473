"""The gateway's own pages and plain answers: status, weights, refusals."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from driftline import paper
from driftline.gateway import sender
from driftline.gateway.settings import share_of
from driftline.gateway.split import CHALLENGER, CHAMPION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from driftline.gateway.breaker import State
    from driftline.gateway.settings import Settings, Stored
    from driftline.gateway.spool import Spool
    from driftline.gateway.upstream import Answer, Upstream

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = (b"content-type", b"application/json")


@dataclass(slots=True)
class Arm:
    """What one model did since the gateway began."""

    requests: int = 0
    errors: int = 0
    nulls: int = 0
    slow: int = 0


@dataclass(slots=True)
class Counts:
    """What both did, how often the champion had to answer for the challenger, and shadows that were not made."""

    arms: dict[str, Arm] = field(default_factory=lambda: {CHAMPION: Arm(), CHALLENGER: Arm()})
    fallbacks: int = 0
    skipped: int = 0

    def add(self, arm: str, *, failed: bool, slow: bool, nulls: int) -> None:
        """One request more."""
        one = self.arms[arm]
        one.requests += 1
        one.errors += failed
        one.slow += slow
        one.nulls += nulls > 0


class Running(Protocol):
    """What the desk shows of a gateway."""

    settings: Settings
    stored: Stored
    breaker: State
    counts: Counts
    spool: Spool | None
    aside: Spool | None
    servers: dict[str, Upstream]


async def body_of(receive: Receive, largest: int) -> bytes | None:
    """The whole body of a request; None where it is too long."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= largest:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= largest else None


async def tell(send: Send, answer: Answer, name: str = "") -> None:
    """Pass an answer on."""
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    if name:
        headers.append((b"x-request-id", name.encode("latin-1")))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def refuse(send: Send, status: int, fact: str) -> None:
    """Say no, as RFC 9457 does."""
    body = json.dumps({"type": "about:blank", "status": status, "title": fact}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def serve(gateway: Running, scope: Scope, receive: Receive, send: Send) -> None:
    """`GET /driftline/status`, `GET` and `PUT /driftline/weights`."""
    match scope["method"], scope["path"]:
        case "GET", "/driftline/status":
            await _say(send, status(gateway))
        case "GET", "/driftline/weights":
            await _say(send, _weights(gateway))
        case "PUT", "/driftline/weights":
            await _put(gateway, scope, receive, send)
        case _:
            await refuse(send, 404, "the gateway has /driftline/status and /driftline/weights")


def status(gateway: Running) -> dict[str, Any]:
    """How the gateway does."""
    arms = {
        name: {"requests": one.requests, "errors": one.errors, "nulls": one.nulls, "slow": one.slow, "url": server.url if server else None}
        for name, one in gateway.counts.arms.items()
        for server in (gateway.servers.get(name),)
    }
    spools = [spool for spool in (gateway.spool, gateway.aside) if spool]
    return {
        "weights": _weights(gateway),
        "models": arms,
        "breaker": type(gateway.breaker).__name__.lower(),
        "fallbacks": gateway.counts.fallbacks,
        "shadows_skipped": gateway.counts.skipped,
        "records": _records(spools) if spools else None,
        "sent": sender.status(Path(gateway.settings.spool)) if gateway.settings.service else None,
        "trouble": gateway.stored.trouble,
    }


def _records(spools: list[Spool]) -> dict[str, Any]:
    written, dropped = sum(spool.written for spool in spools), sum(spool.dropped for spool in spools)
    return {"written": written, "dropped": dropped, "trouble": next((spool.trouble for spool in spools if spool.trouble), "")}


def _weights(gateway: Running) -> dict[str, Any]:
    share = gateway.stored.share
    return {
        "rollout": share.rollout,
        "step": share.step,
        "champion": 1 - share.challenger,
        "challenger": share.challenger,
        "mirrored": share.mirrored,
    }


async def _put(gateway: Running, scope: Scope, receive: Receive, send: Send) -> None:
    """Change the weights: they are stored first, and hold when they are."""
    shown = dict(scope["headers"]).get(b"authorization", b"")
    wanted = gateway.settings.token
    if not wanted or not hmac.compare_digest(shown, f"Bearer {wanted}".encode()):
        await refuse(send, 403, "weights are changed with the gateway's token, or in its state file")
        return
    if not gateway.settings.state:
        await refuse(send, 409, "this gateway has no state file in which weights could be stored")
        return
    body = await body_of(receive, gateway.settings.largest)
    path = Path(gateway.settings.state)
    try:
        said = json.loads(body or b"")
        part = float(said["challenger"])
        weights = {"champion": 1 - part, "challenger": part, "mirrored": bool(said.get("mirrored", False))}
        stored = {**(paper.read(path) or {"schema": 1}), "weights": weights}
        share_of(stored)
    except (ValueError, TypeError, KeyError) as error:
        await refuse(send, 400, f"these are no weights: {error}")
        return
    if stored.get("rollout"):
        await refuse(send, 409, "a rollout drives these weights; pause or abort it: driftline rollout pause")
        return
    paper.write(path, stored)
    gateway.stored.look()
    await _say(send, _weights(gateway))


async def _say(send: Send, said: dict[str, Any]) -> None:
    body = json.dumps(said).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [JSON, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
