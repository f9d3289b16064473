"""Kernels to test with, and a source that lies in memory."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from driftline.engines import arrow, meaning, numpy_kernel, scored, tally
from driftline.engines.kernel import KERNEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa

    Kernels = Callable[[], AbstractContextManager[Any]]

COMPILED = KERNEL is not numpy_kernel


@contextmanager
def counted_with(which: str) -> Iterator[Any]:
    """Count with the compiled kernel, wide or plain, or with the one in NumPy."""
    kernel: Any = numpy_kernel if which == "numpy" else KERNEL
    if which == "plain":
        kernel.use(False)  # noqa: FBT003  C takes no keywords
    try:
        with ExitStack() as stack:
            for module in (arrow, meaning, scored, tally):
                stack.enter_context(patch.object(module, "KERNEL", kernel))
            yield kernel
    finally:
        if which == "plain":
            kernel.use(True)  # noqa: FBT003  C takes no keywords


@pytest.fixture(scope="session", params=["wide", "plain", "numpy"])
def kernels(request: pytest.FixtureRequest) -> Kernels:
    """Each kernel in turn."""
    if request.param != "numpy" and not COMPILED:
        pytest.skip("the compiled kernel was not built")
    return lambda: counted_with(request.param)


class Memory:
    """Batches as a source."""

    def __init__(self, batches: Iterable[pa.RecordBatch], name: str = "memory") -> None:
        self.name = name
        self._batches = list(batches)

    def schema(self) -> pa.Schema:
        """The first batch's columns."""
        return self._batches[0].schema

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The named columns of each batch."""
        for batch in self._batches:
            wanted = batch.schema.names if columns is None else columns
            yield batch.select([name for name in wanted if name in batch.schema.names])

    def rows(self) -> int:
        """All batches' rows."""
        return sum(batch.num_rows for batch in self._batches)

    def findings(self) -> tuple[()]:
        """Nothing is wrong with memory."""
        return ()


@pytest.fixture(scope="session")
def memory() -> type[Memory]:
    """Makes sources of batches."""
    return Memory
