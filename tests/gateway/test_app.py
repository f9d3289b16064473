"""The gateway in front of real model servers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from driftline import paper
from driftline.gateway.app import Gateway
from driftline.gateway.breaker import Rule
from driftline.gateway.sender import rows_of
from driftline.gateway.settings import Settings
from driftline.gateway.upstream import Answer, Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import uvicorn

JSON = [(b"content-type", b"application/json")]


@asynccontextmanager
async def listening(settings: Settings, rule: Rule | None = None) -> AsyncIterator[tuple[Gateway, Upstream]]:
    """A gateway behind a real socket, and a client of it."""
    import uvicorn

    gateway = Gateway(settings, rule)
    server = uvicorn.Server(uvicorn.Config(gateway, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  the server sets no event
        await asyncio.sleep(0.01)
    client = Upstream(f"http://127.0.0.1:{port_of(server)}")
    try:
        yield gateway, client
    finally:
        client.close()
        server.should_exit = True
        await task


def port_of(server: uvicorn.Server) -> int:
    """Where it listens."""
    return int(server.servers[0].sockets[0].getsockname()[1])


async def ask(client: Upstream, x: float, customer: str = "ann", path: bytes = b"/predict") -> Answer:
    """One prediction."""
    return await client.ask(b"POST", path, JSON, json.dumps({"x": x, "customer": customer, "row": f"r{x}"}).encode(), 60)


def weights(tmp_path: Path, challenger: float, *, mirrored: bool = False, step: int = 0) -> None:
    """Store weights as a rollout does."""
    stored = {"rollout": "r1", "step": step, "weights": {"challenger": challenger, "mirrored": mirrored}}
    paper.write(tmp_path / "state.json", stored)


def records(tmp_path: Path) -> list[dict[str, Any]]:
    """Everything that was written down."""
    return [json.loads(line) for file in sorted((tmp_path / "spool").rglob("*.jsonl")) for line in file.read_text().splitlines()]


def settings(tmp_path: Path, champion: str, challenger: str = "", **other: Any) -> Settings:
    """A gateway with a state and a spool."""
    places = {"state": str(tmp_path / "state.json"), "spool": str(tmp_path / "spool")}
    return Settings(champion=champion, challenger=challenger, entity="customer", versions=("1", "2"), **{**places, **other})


def run(play: Callable[[], Awaitable[None]]) -> None:
    """Run to the end."""
    asyncio.run(play())  # type: ignore[arg-type]  # a coroutine


def test_three_protocols_pass_through_and_are_recorded(tmp_path: Path, model: Callable) -> None:
    """Open Inference, MLflow and plain JSON reach the model, and each row is written down with features, output, version and latency."""
    champion = model("a", 0.25)
    infer = {"inputs": [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]}]}
    frame = {"dataframe_split": {"columns": ["x"], "data": [[3.0]]}}

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url, id="row")) as (_, client):
            named = [*JSON, (b"x-request-id", b"q1")]
            first = await client.ask(b"POST", b"/v2/models/m/infer", named, json.dumps(infer).encode(), 10)
            assert json.loads(first.body)["outputs"][0]["data"] == [1.25, 2.25]
            assert dict(first.headers)[b"x-request-id"] == b"q1"
            second = await client.ask(b"POST", b"/invocations", JSON, json.dumps(frame).encode(), 10)
            assert json.loads(second.body) == {"predictions": [3.25]}
            assert json.loads((await ask(client, 0.5)).body) == {"score": 0.75, "prediction": 1}
            ready = await client.ask(b"GET", b"/v2/health/ready", [], b"", 10)
            assert (ready.status, json.loads(ready.body)["asked"]) == (200, "/v2/health/ready?")

    run(play)
    found = records(tmp_path)
    assert [(one["x"], one["score"], one["version"], one["model"], one["answered"], one["error"]) for one in found] == [
        (x, x + 0.25, "1", "champion", True, False) for x in (1.0, 2.0, 3.0, 0.5)
    ]
    assert [one["id"] for one in found[:2]] == ["q1/0", "q1/1"]
    assert found[3]["id"] == "r0.5"
    assert all(one["latency_ms"] > 0 and one["ts"].startswith("20") for one in found)


def test_features_that_are_called_as_the_gateways_own_fields_are_kept(tmp_path: Path, model: Callable) -> None:
    """A credit score is no answer of the model, a version no model's; both are on record, and are sent by their own names."""
    champion = model("a", 0.25)
    row = {"x": 0.5, "score": 700, "version": "web", "id": "i", "error": "none", "ts": "then", "feature_score": 3}

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url)) as (_, client):
            await client.ask(b"POST", b"/score", JSON, json.dumps(row).encode(), 10)

    run(play)
    (found,) = records(tmp_path)
    assert (found["score"], found["version"], found["error"], found["feature_score"]) == (0.75, "1", False, 700)
    (sent,) = rows_of(json.dumps(found).encode())
    assert sent["features"] == row
    assert (sent["id"], sent["score"], sent["version"]) == (found["id"], 0.75, "1")


def test_entities_keep_their_model_and_weights_change_while_it_runs(tmp_path: Path, model: Callable) -> None:
    """The split is by entity; a stored change holds within a moment, and whoever had the challenger keeps it."""
    champion, challenger = model("a"), model("b", 100.0)
    weights(tmp_path, 0.3)

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url, challenger.url)) as (gateway, client):

            async def who() -> dict[str, bool]:
                return {f"c{n}": json.loads((await ask(client, 0, f"c{n}")).body)["score"] == 100 for n in range(200)}

            first, again = await who(), await who()
            assert first == again
            assert 30 < sum(first.values()) < 95
            weights(tmp_path, 0.6, step=1)
            while gateway.stored.share.step != 1:  # noqa: ASYNC110  nor does the gateway
                await asyncio.sleep(0.02)
            later = await who()
            assert 90 < sum(later.values()) < 150
            assert all(later[name] for name, had in first.items() if had)

    run(play)


def test_a_shadow_delays_nothing_and_is_recorded(tmp_path: Path, model: Callable) -> None:
    """The challenger is asked about everything, its answers stand beside the champion's, and a slow one holds nobody up."""
    champion, challenger = model("a"), model("b", 100.0)
    weights(tmp_path, 0.0, mirrored=True)
    challenger.behave("slow 0.4")

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url, challenger.url, patience=5.0)) as (_, client):
            began = asyncio.get_running_loop().time()
            for n in range(10):
                assert json.loads((await ask(client, n)).body)["score"] == n
            assert asyncio.get_running_loop().time() - began < 10 * 0.4

    run(play)
    found = Counter((one["model"], one["answered"], one["error"]) for one in records(tmp_path))
    assert found == {("champion", True, False): 10, ("challenger", False, False): 10}
    assert sorted(one["score"] for one in records(tmp_path) if one["model"] == "challenger") == [100.0 + n for n in range(10)]


@pytest.mark.parametrize("how", ["slow 5", "rubbish", "error", "killed"])
def test_a_challenger_never_fails_a_request(tmp_path: Path, model: Callable, how: str) -> None:
    """Slow, talking rubbish, failing, or killed in the middle: every answer is a good one, and what went wrong is on record."""
    run(lambda: round_of(tmp_path, model, how, 400))
    found = Counter((one["model"], one["answered"]) for one in records(tmp_path))
    assert found["champion", True] + found["challenger", True] == 400
    assert found["challenger", False] > 0
    troubles = {one["trouble"].split(":")[0] for one in records(tmp_path) if one["error"]}
    assert all(one["dealt"] == "challenger" for one in records(tmp_path) if one["error"])
    wanted = {"slow 5": "no answer within 0.1 seconds", "rubbish": "what it says is no answer to the rows", "error": "status 500"}
    assert wanted.get(how, "no connection") in troubles


@pytest.mark.soak
@pytest.mark.parametrize("how", ["slow 5", "rubbish", "error", "killed"])
def test_ten_thousand_requests(tmp_path: Path, model: Callable, how: str) -> None:
    """The same with 10,000 requests."""
    run(lambda: round_of(tmp_path, model, how, 10_000))


async def round_of(tmp_path: Path, model: Callable, how: str, requests: int) -> None:
    """Requests of many customers at once, during which the challenger turns bad and, where it still lives, good again."""
    champion, challenger = model("a"), model("b", 100.0)
    weights(tmp_path, 0.5)
    rule = Rule(failures=5, rest=0.2)
    async with listening(settings(tmp_path, champion.url, challenger.url, patience=0.1), rule) as (gateway, client):
        waiting = list(range(requests))
        wrong: list[Any] = []

        async def customer() -> None:
            while waiting:
                n = waiting.pop()
                if n == requests * 3 // 4:
                    challenger.process.kill() if how == "killed" else challenger.behave(how)
                if n == requests // 4:
                    challenger.behave("well")
                answer = await ask(client, n, f"c{n}")
                if answer.status != 200 or json.loads(answer.body)["score"] not in {n, n + 100}:
                    wrong.append(answer)

        await asyncio.gather(*(customer() for _ in range(8)))
        assert wrong == []
        assert gateway.counts.fallbacks > 0
        assert gateway.spool is not None
        assert gateway.spool.dropped == 0


def test_a_challenger_that_keeps_failing_is_left_alone(tmp_path: Path, model: Callable) -> None:
    """After some failures it is not asked any more, and asked again when it has rested."""
    champion, challenger = model("a"), model("b", 100.0)
    weights(tmp_path, 1.0)
    challenger.behave("error")

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url, challenger.url), Rule(failures=3, rest=0.3)) as (gateway, client):
            for n in range(10):
                assert json.loads((await ask(client, n)).body)["score"] == n
            assert type(gateway.breaker).__name__ == "Open"
            challenger.behave("well")
            while json.loads((await ask(client, 1)).body)["score"] != 101:  # noqa: ASYNC110  nor the breaker
                await asyncio.sleep(0.05)
            assert type(gateway.breaker).__name__ == "Closed"

    run(play)
    assert Counter(one.get("trouble") for one in records(tmp_path))["status 500"] == 3


def test_a_champion_that_is_gone_is_said(tmp_path: Path) -> None:
    """Without any model there is no answer, and the status says whose fault that is."""

    async def play() -> None:
        async with listening(settings(tmp_path, "http://127.0.0.1:9")) as (_, client):
            answer = await ask(client, 1)
            assert (answer.status, "gave no answer" in answer.body.decode()) == (502, True)
            assert (await client.ask(b"GET", b"/ping", [], b"", 10)).status == 502

    run(play)


@pytest.mark.parametrize(("body", "kind", "status"), [(b"{", b"application/json", 400), (b"x" * 5000, b"application/json", 413)])
def test_requests_that_are_none_are_refused(tmp_path: Path, model: Callable, body: bytes, kind: bytes, status: int) -> None:
    """Malformed and huge requests get an answer that says so, and the next one goes through."""
    champion = model("a")

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url, largest=1000)) as (_, client):
            assert (await client.ask(b"POST", b"/predict", [(b"content-type", kind)], body, 10)).status == status
            assert (await ask(client, 1)).status == 200

    run(play)


def test_a_null_is_on_record(tmp_path: Path, model: Callable) -> None:
    """An answer without a value is an answer, counted as a null."""
    champion = model("a")
    champion.behave("null")

    async def play() -> None:
        async with listening(settings(tmp_path, champion.url)) as (gateway, client):
            assert (await ask(client, 1)).status == 200
            assert gateway.counts.arms["champion"].nulls == 1

    run(play)
    assert [one["null"] for one in records(tmp_path)] == [True]
