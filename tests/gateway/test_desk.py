"""The gateway's own pages."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from driftline import paper
from driftline.gateway.app import Gateway
from driftline.gateway.desk import Counts, body_of
from driftline.gateway.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def asked(gateway: Gateway, method: str, path: str, body: bytes = b"", token: str = "") -> tuple[int, dict[str, Any]]:
    """One request to the application itself."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    asyncio.run(gateway(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_status_tells_what_both_models_did() -> None:
    """Requests, errors, weights and records at a glance."""
    gateway = Gateway(Settings(champion="http://a"))
    gateway.counts.add("champion", failed=False, slow=True, nulls=2)
    gateway.counts.add("challenger", failed=True, slow=False, nulls=0)
    code, found = asked(gateway, "GET", "/driftline/status")
    assert code == 200
    assert found["models"]["champion"] == {"requests": 1, "errors": 0, "nulls": 1, "slow": 1, "url": None}
    assert found["models"]["challenger"]["errors"] == 1
    assert found["weights"]["champion"] == 1
    assert found["breaker"] == "closed"
    assert asked(gateway, "GET", "/driftline/nothing")[0] == 404
    assert Counts().fallbacks == 0


def test_weights_are_stored_before_they_hold(tmp_path: Path) -> None:
    """Whoever has the token may change weights; they stand in the file, and survive a restart."""
    settings = Settings(champion="http://a", state=str(tmp_path / "state.json"), token="secret")
    gateway = Gateway(settings)
    body = json.dumps({"challenger": 0.25}).encode()
    assert asked(gateway, "PUT", "/driftline/weights", body)[0] == 403
    assert asked(gateway, "PUT", "/driftline/weights", body, "guess")[0] == 403
    code, found = asked(gateway, "PUT", "/driftline/weights", body, "secret")
    assert (code, found["challenger"], found["champion"]) == (200, 0.25, 0.75)
    after = Gateway(settings)
    after.stored.look()
    assert after.stored.share.challenger == 0.25
    for wrong in (b"{", b'{"challenger": 2}', b"[]"):
        assert asked(gateway, "PUT", "/driftline/weights", wrong, "secret")[0] == 400
    assert paper.read(tmp_path / "state.json") == {"schema": 1, "weights": {"challenger": 0.25, "champion": 0.75, "mirrored": False}}


def test_a_rollouts_weights_are_left_alone(tmp_path: Path) -> None:
    """What a rollout has stored is changed by the rollout; without a file, or a token, nothing is changed."""
    paper.write(tmp_path / "state.json", {"rollout": "r1", "weights": {"challenger": 0.05}})
    body = json.dumps({"challenger": 0.25}).encode()
    gateway = Gateway(Settings(champion="http://a", state=str(tmp_path / "state.json"), token="secret"))
    assert asked(gateway, "PUT", "/driftline/weights", body, "secret")[0] == 409
    assert asked(Gateway(Settings(champion="http://a", token="secret")), "PUT", "/driftline/weights", body, "secret")[0] == 409
    assert asked(Gateway(Settings(champion="http://a", state="x")), "PUT", "/driftline/weights", body, "x")[0] == 403


def test_a_body_is_read_to_its_end_and_kept_to_its_bound() -> None:
    """Parts are put together; one that is too long is not kept."""

    def read(parts: list[bytes], largest: int) -> bytes | None:
        messages = [{"body": part, "more_body": place < len(parts) - 1} for place, part in enumerate(parts)]

        async def receive() -> Any:
            return messages.pop(0)

        return asyncio.run(body_of(receive, largest))

    assert read([b"ab", b"c"], 3) == b"abc"
    assert read([b"ab", b"cd"], 3) is None
