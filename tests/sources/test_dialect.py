from __future__ import annotations

import pytest

from driftline.errors import UnreadableData
from driftline.sources.blocks import Block
from driftline.sources.dialect import Dialect, dialect_of


def dialect(data: bytes) -> Dialect:
    """The dialect of a file that begins so."""
    return dialect_of(Block(data, 1), "day.csv")


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (b"a,b\n1,2\n", ","),
        (b"a;b\n1;2\n", ";"),
        (b"a\tb\n1\t2\n", "\t"),
        (b"a|b\n1|2\n", "|"),
        (b"a;b;c\n1,5;2,5;x\n1,6;2;y\n", ";"),
        (b'a,b\n"x;y;z",1\n"x;y;z",2\n', ","),
        (b"name\nMiller, Ann\nSmith\nJones\n", ","),
        (b"a\n1\n", ","),
        (b"", ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_lines_alike(data: bytes, delimiter: str) -> None:
    """The delimiter that cuts most lines into equally many cells is taken; a comma where none does."""
    assert dialect(data).delimiter == delimiter


def test_the_header_ends_where_its_quotes_close() -> None:
    """The header may begin late and hold line ends; its bytes are counted to its end."""
    data = b'\n"a\nb",c\n1,2\n'
    assert dialect(data).names == ("a\nb", "c")
    assert data[dialect(data).header :] == b"1,2\n"


def test_names_are_stripped_and_told_apart() -> None:
    """Blanks around names are none of theirs; the second bearer of a name gets another; the nameless are known."""
    found = dialect(b" a ,a,,b\n1,2,3,4\n")
    assert found.names == ("a", "a_2", "column_3", "b")
    assert found.nameless == (3,)
    assert found.kept == ["a", "a_2", "b"]


def test_bytes_that_no_text_has_are_refused() -> None:
    """A file with zero bytes at its beginning is not read as text."""
    with pytest.raises(UnreadableData, match="is not text"):
        dialect(b"a\0b")
