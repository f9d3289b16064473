"""Reads ahead: the next pieces are made in other threads while the caller works on this one."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

S = TypeVar("S")
T = TypeVar("T")


def ahead(items: Iterator[T], depth: int = 1) -> Iterator[T]:
    """Yield the same items in the same order, `depth` of them made before they are asked for.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    # One thread, so that the iterator is never entered twice at once.
    with ThreadPoolExecutor(1, thread_name_prefix="driftline-ahead") as pool:
        waiting = deque(pool.submit(_following, items) for _ in range(depth))
        try:
            while found := waiting.popleft().result():
                waiting.append(pool.submit(_following, items))
                yield from found
        finally:
            _forget(waiting)


def spread(work: Callable[[S], T], items: Iterable[S], workers: int) -> Iterator[T]:
    """Yield `work(item)` for every item, in order; `workers` of them are worked on at once.

    At most `workers + 1` results are held at any time.

    >>> list(spread(str.upper, "abc", workers=2))
    ['A', 'B', 'C']
    """
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="driftline-spread") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            _forget(waiting)


def _following(items: Iterator[T]) -> list[T]:
    """The next item, or nothing at the end."""
    for item in items:
        return [item]
    return []


def _forget(waiting: deque[Future[T]]) -> None:
    for future in waiting:
        future.cancel()
