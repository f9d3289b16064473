"""Ports: what a place of rows must offer, and that ours do."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from driftline.ports import Source
from driftline.sources.database import DatabaseSource
from driftline.sources.files import FileSource
from driftline.sources.frames import FrameSource
from driftline.sources.opening import open_source

if TYPE_CHECKING:
    from pathlib import Path

METHODS = ("schema", "batches", "rows", "findings")


@pytest.mark.parametrize("source", [FileSource, FrameSource, DatabaseSource])
@pytest.mark.parametrize("method", METHODS)
def test_our_sources_have_the_ports_methods(source: type, method: str) -> None:
    """Each method takes what the port says, and may be called in no other way."""
    wanted, offered = (inspect.signature(getattr(cls, method)) for cls in (Source, source))
    names = [p.name for p in wanted.parameters.values()]
    assert [p.name for p in offered.parameters.values() if p.default is inspect.Parameter.empty or p.name in names] == names


def test_a_source_can_be_read_more_than_once(tmp_path: Path) -> None:
    """Fitting bins and counting are two passes over the same rows, in the same order, of the columns that exist."""
    file = tmp_path / "a.csv"
    file.write_text("x,y\n1,a\n2,b\n")
    for source in (open_source({"x": [1, 2], "y": ["a", "b"]}, name="memory"), open_source(file)):
        passes = [[batch.to_pydict() for batch in source.batches(["x", "gone"])] for _ in range(2)]
        assert passes[0] == passes[1] == [{"x": [1, 2]}]
        assert source.schema().names == ["x", "y"]
        assert source.name
        assert source.findings() == ()
