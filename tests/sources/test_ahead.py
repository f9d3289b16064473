from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.sources.ahead import ahead, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def failing(items: list[int]) -> Iterator[int]:
    """Yield the items, then fail."""
    yield from items
    raise ValueError("broken")


@given(st.lists(st.integers()), st.integers(1, 5))
def test_reading_ahead_changes_nothing(items: list[int], depth: int) -> None:
    """The same items come in the same order, however far ahead they are made."""
    assert list(ahead(iter(items), depth)) == items


@given(st.lists(st.integers()), st.integers(1, 5))
def test_spreading_keeps_the_order(items: list[int], workers: int) -> None:
    """Results come in the order of their items, however many are worked on at once."""
    assert list(spread(lambda x: x + 1, items, workers)) == [x + 1 for x in items]


@pytest.mark.parametrize("reader", [ahead, lambda items: spread(lambda x: x, items, 2)])
def test_a_failure_comes_after_the_items_before_it(reader: Callable[[Iterator[int]], Iterator[int]]) -> None:
    """What is handed on before the failure is in order, and the failure itself is not lost."""
    seen = []
    with pytest.raises(ValueError, match="broken"):
        seen.extend(reader(failing([1, 2, 3])))
    assert seen == [1, 2, 3][: len(seen)]
    assert seen


@pytest.mark.parametrize("reader", [ahead, lambda items: spread(lambda x: x, items, 2)])
def test_an_endless_stream_is_read_a_little_ahead_only(reader: Callable[[Iterator[int]], Iterator[int]]) -> None:
    """What is asked for and a few more items are made, and no thread outlives a reader that is closed."""
    made = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            made.append(number)
            yield number
            number += 1

    before = threading.active_count()
    read = reader(endless())
    assert [next(read) for _ in range(5)] == [0, 1, 2, 3, 4]
    read.close()
    assert len(made) <= 5 + 4
    assert threading.active_count() == before
