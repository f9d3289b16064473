from __future__ import annotations

from threadpoolctl import threadpool_info

from driftline.services.narrow import one_thread


def threads() -> list[int]:
    """How many threads each BLAS has."""
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_as_many_as_before_outside() -> None:
    """Inside the context every BLAS has one thread; after it, and after a second time, what it had."""
    before = threads()
    assert before
    for _ in range(2):
        with one_thread():
            assert set(threads()) == {1}
        assert threads() == before
