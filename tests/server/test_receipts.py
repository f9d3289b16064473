"""Receipts: who waits is woken together, each with what became of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from driftline.errors import StateError
from driftline.server.receipts import Receipts
from driftline.store.intake import Receipt


def test_all_are_woken_at_once_each_with_its_own() -> None:
    """Whatever was written together is told in one call into the loop; an error reaches only whom it concerns."""

    async def go() -> tuple[list[object], int]:
        loop, calls = asyncio.get_running_loop(), []
        desk, asked = Receipts(loop), loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *given: calls.append(given[0]) or asked(*given)  # type: ignore[method-assign]
        futures: list[Future[Receipt]] = [Future() for _ in range(50)]
        waiting = [asyncio.ensure_future(desk.wait(one)) for one in futures]
        gone = asyncio.ensure_future(desk.wait(futures[7]))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        # In the loop's own thread, so that it cannot answer in between.
        for number, one in enumerate(futures):
            if number == 3:
                one.set_exception(StateError("no"))
            else:
                one.set_result(Receipt(str(number), 1, 0))
        found = await asyncio.gather(*waiting, return_exceptions=True)
        return [one.batch if isinstance(one, Receipt) else type(one) for one in found], len([one for one in calls if one == desk._answer])

    found, calls = asyncio.run(go())
    assert found == [StateError if number == 3 else str(number) for number in range(50)]
    assert calls == 1


def test_nobody_is_forgotten_whenever_rows_are_written() -> None:
    """Also those whose receipt comes from another thread while others are being answered, or before they wait."""

    async def go() -> list[str]:
        desk = Receipts(asyncio.get_running_loop())
        with ThreadPoolExecutor(4) as pool:

            async def one(number: int) -> str:
                future: Future[Receipt] = Future()
                pool.submit(future.set_result, Receipt(str(number), 1, 0))
                return (await desk.wait(future)).batch

            return list(await asyncio.gather(*(one(number) for number in range(2000))))

    assert asyncio.run(asyncio.wait_for(go(), 60)) == [str(number) for number in range(2000)]


def test_a_loop_that_is_closed_is_left_alone() -> None:
    """Rows may become durable after the service has stopped to answer."""
    future: Future[Receipt] = Future()

    async def go() -> None:
        waiting = asyncio.ensure_future(Receipts(asyncio.get_running_loop()).wait(future))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(go())
    future.set_result(Receipt("late", 1, 0))
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
