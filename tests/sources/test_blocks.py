from __future__ import annotations

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import UnreadableData
from driftline.sources import blocks
from driftline.sources.blocks import Block, as_utf8

CELLS = st.text(alphabet='ab,"\n', max_size=6)


def cut(data: bytes, size: int, *, quoted: bool = True) -> list[Block]:
    """The blocks of some bytes."""
    return list(blocks.blocks(pa.BufferReader(data), "x.csv", quoted=quoted, size=size))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)), st.integers(1, 40))
def test_every_block_can_be_read_on_its_own(rows: list[list[str]], size: int) -> None:
    """The rows of all blocks, each read by itself, are the rows of the whole."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    found = cut(written.getvalue().encode(), size)
    assert b"".join(block.data for block in found).rstrip(b"\n") == written.getvalue().encode().rstrip(b"\n")
    assert all(block.sound for block in found)
    assert [row for block in found for row in csv.reader(io.StringIO(block.data.decode(), newline=""))] == rows


@given(st.lists(st.text(alphabet="ab", max_size=4)), st.integers(1, 9))
def test_blocks_know_their_line_numbers(lines: list[str], size: int) -> None:
    """Each block says the number of its first line, counted from 1."""
    data = "".join(f"{line}\n" for line in lines).encode()
    for block in cut(data, size, quoted=False):
        assert data.split(b"\n")[block.line - 1] == block.data.split(b"\n")[0]


def test_a_quote_that_is_not_closed_is_told() -> None:
    """The block that holds it is not sound; those before it are."""
    assert [(block.data, block.sound) for block in cut(b'a\n"b\nc\n', 2)] == [(b"a\n", True), (b'"b\nc\n', False)]


def test_a_block_loses_its_first_lines_and_keeps_count() -> None:
    """What follows the header has the line number it has in the file."""
    rest = Block(b"a\nb\nc\n", 5).after(4)
    assert rest == Block(b"c\n", 7)
    assert Block(b"a\nb\nc\n", 5).line_at(4) == 7


def test_a_mark_and_old_line_ends_are_no_part_of_the_text() -> None:
    """A byte order mark is left out, and the line ends of old Macs are read as any others."""
    assert [block.data for block in cut(b"\xef\xbb\xbfa\rb\r", 100)] == [b"a\nb\n"]


def test_utf_16_is_refused_with_the_way_out() -> None:
    """Text of two bytes a letter is named for what it is."""
    with pytest.raises(UnreadableData, match="UTF-16") as refused:
        cut("a,b\n".encode("utf-16"), 100)
    assert "iconv" in refused.value.hint


def test_text_without_line_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without end does not fill the memory."""
    monkeypatch.setattr(blocks, "LONGEST", 10)
    with pytest.raises(UnreadableData, match=r"line 1 of 'x.csv' is longer"):
        cut(b"x" * 50, 4)


def test_quotes_open_for_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quote that stays open does not fill the memory: the block is handed on as not sound."""
    monkeypatch.setattr(blocks, "LONGEST", 10)
    found = cut(b'"a\n' + b"b\n" * 20, 4)
    assert not found[0].sound
    assert len(found[0].data) <= 14
    assert b"".join(block.data for block in found) == b'"a\n' + b"b\n" * 20


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    """Good text is handed on as it is, the same object; bad bytes become �."""
    good = "café".encode()
    assert as_utf8(good) is good
    assert as_utf8(b"caf\xe9").decode() == "caf�"
