"""The traffic of a day: payments sent through the gateway in packets, and the wait until all of them are written down."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pyarrow.parquet as pq

from driftline.errors import OutsideError
from driftline.gateway.upstream import Upstream, UpstreamError

if TYPE_CHECKING:
    from pathlib import Path

TIME = "paid_at"
"""The time of a payment, under a name of its own: `ts` of a record is when the gateway was asked."""

ANSWERED = ("model_score", "model_pred")
"""What the feed says of the model, which is left out: the gateway's model is asked."""

AT_ONCE = 8
PATIENCE = SETTLED = 120.0
"""Seconds: a machine may be busy with other work."""


def day_rows(path: Path) -> list[dict[str, Any]]:
    """The payments of one day, as callers know them."""
    table = pq.read_table(path)
    table = table.drop_columns([name for name in ANSWERED if name in table.column_names])
    return [{(TIME if name == "ts" else name): value for name, value in row.items()} for row in table.to_pylist()]


def send(url: str, rows: list[dict[str, Any]], packet: int) -> int:
    """Ask the gateway about rows, so many in a request; how many rows were answered.

    Raises:
        OutsideError: the gateway does not answer.
    """
    before = written(url)
    packets = [rows[start : start + packet] for start in range(0, len(rows), packet)]
    answered = asyncio.run(_sent(url, packets))
    mirrored = weights(url)["mirrored"]
    _settle(url, before + len(rows) * (2 if mirrored else 1))
    return answered


async def _sent(url: str, packets: list[list[dict[str, Any]]]) -> int:
    client, waiting = Upstream(url), iter(packets)

    async def caller() -> int:
        answered = 0
        for rows in waiting:
            body = json.dumps({"dataframe_records": rows}, default=str).encode()
            answer = await client.ask(b"POST", b"/invocations", [(b"content-type", b"application/json")], body, PATIENCE)
            answered += len(rows) if answer.status == 200 else 0  # noqa: PLR2004  HTTP's yes
        return answered

    try:
        return sum(await asyncio.gather(*(caller() for _ in range(AT_ONCE))))
    except UpstreamError as error:
        raise OutsideError(f"the gateway does not answer: {error}", hint="try again") from error
    finally:
        client.close()
        await asyncio.sleep(0)


def weights(url: str) -> dict[str, Any]:
    """What the gateway does now."""
    return dict(_status(url)["weights"])


def follow(url: str, rollout: str, step: int) -> None:
    """Wait until the gateway has seen what was stored; it looks five times a second."""
    until = time.monotonic() + SETTLED
    while time.monotonic() < until:
        found = weights(url)
        if (found["rollout"], found["step"]) == (rollout, step):
            return
        time.sleep(0.05)
    raise OutsideError(f"the gateway does not follow the rollout {rollout!r}", hint="see /driftline/status")


def written(url: str) -> int:
    """So many records were written."""
    return int(_status(url)["records"]["written"])


def _settle(url: str, expected: int) -> None:
    """Wait for records that are on their way: answers to shadows come after the answers to callers."""
    until = time.monotonic() + SETTLED
    while written(url) < expected and time.monotonic() < until:
        time.sleep(0.05)


def _status(url: str) -> dict[str, Any]:
    with urlopen(f"{url}/driftline/status", timeout=10) as answer:  # noqa: S310  our own address
        return dict(json.load(answer))
