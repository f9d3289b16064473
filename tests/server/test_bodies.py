"""Bodies: what may be sent, and what is refused before it can do harm."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.server.bodies import ARROW, JSON, LINES, Limits, expand, read, too_large
from driftline.server.problems import Refusal
from driftline.services.intake import Kind, Naming

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LIMITS = Limits(body=10_000, expanded=50_000, rows=100)


def took(body: bytes, form: str = JSON) -> Any:
    """What a body holds."""
    return read(body, form, Kind.PREDICTIONS, Naming(), NOW, LIMITS)


def status(body: bytes, form: str = JSON) -> int:
    """The status with which a body is refused."""
    with pytest.raises(Refusal) as caught:
        took(body, form)
    return caught.value.status


@pytest.mark.parametrize("form", [JSON, "", "application/json; charset=utf-8", "Application/JSON"])
def test_json(form: str) -> None:
    """A list of rows, or one row."""
    assert len(took(b'[{"a": 1}, {"a": 2}, 7]', form).rows) == 2
    assert [one.place for one in took(b'[{"a": 1}, {"a": 2}, 7]', form).refused] == [2]
    assert len(took(b'{"a": 1}', form).rows) == 1


def test_json_lines() -> None:
    """A broken line stands for itself, with its text; empty ones are nothing."""
    found = took(b'{"a": 1}\n\n{"a": 2\n[' + b"[" * 5000 + b'\n{"a": 3}\r\n', LINES)
    assert [row["a"] for row in found.rows] == [1, 3]
    assert [(one.place, one.row[:7]) for one in found.refused] == [(1, '{"a": 2'), (2, "[[[[[[[")]
    assert "too deep" in found.refused[1].reason


@given(rows=st.lists(st.sampled_from([b'{"a":1}', b'{"a":', b"7", b"1],[2", b'"x', b'{"a":1},{"b":2}', b"}"]), max_size=6))
def test_lines_are_read_one_by_one(rows: list[bytes]) -> None:
    """However they would look together: as many as are JSON objects by themselves are rows."""
    alone = 0
    for row in rows:
        try:
            alone += isinstance(json.loads(row), dict)
        except ValueError:
            continue
    found = took(b"\n".join(rows), LINES)
    assert (len(found.rows), len(found.rows) + len(found.refused)) == (alone, len(rows))


def test_what_is_refused_as_a_whole() -> None:
    """Unknown types, what is no JSON, what is too deep, and too many rows."""
    assert status(b"{}", "text/html") == 415
    assert status(b"{") == 400
    assert status(b"") == 400
    assert status(b"\xff\xfe") == 400
    assert status(b"[" * 100_000) == 400
    assert status(b'{"a": ' + b"9" * 10_000 + b"}") == 400
    assert status(json.dumps([{"a": 1}] * 101).encode()) == 413
    assert status(b"no arrow", ARROW) == 422


def test_bodies_may_be_compressed() -> None:
    """By gzip or zstd."""
    data = b'[{"a": 1}]' * 10
    assert expand(data, "", LIMITS) == expand(data, "identity", LIMITS) == data
    assert expand(gzip.compress(data), "gzip", LIMITS) == data
    assert expand(pa.Codec("zstd").compress(data, asbytes=True), "zstd", LIMITS) == data


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_does_not_go_off(coding: str) -> None:
    """A small body that would become a large one is refused once it is larger than allowed."""
    large = bytes(300_000_000)
    bomb = gzip.compress(large, 1) if coding == "gzip" else pa.Codec("zstd").compress(large, asbytes=True)
    before = pa.total_allocated_bytes()
    with pytest.raises(Refusal) as caught:
        expand(bomb, coding, LIMITS)
    assert caught.value.status == 413
    assert pa.total_allocated_bytes() - before < 10_000_000


def test_what_is_not_what_it_says() -> None:
    """Another coding, or broken bytes."""
    for body, coding, expected in ((b"x", "br", 415), (b"no gzip", "gzip", 400), (gzip.compress(b"x" * 5000)[:20], "gzip", 400)):
        with pytest.raises(Refusal) as caught:
            expand(body, coding, LIMITS)
        assert caught.value.status == expected
    assert too_large(5 << 20).fact == "the body is larger than 5 MB"
