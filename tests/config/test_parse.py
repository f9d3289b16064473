"""YAML into plain values with their positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.config.parse import MOST_NODES, flow, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("010", "010"),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("-7", -7),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
    ],
)
def test_plain_values_are_those_of_yaml_1_2(text: str, value: object) -> None:
    """A country called NO, a time and a date stay texts, and 1e-3 is a number."""
    found = parse(f"key: {text}", "f").data["key"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_always_texts() -> None:
    """A column may be called 2020 or true or null."""
    assert parse("{2020: 1, true: 2, null: 3}", "f").data == {"2020": 1, "true": 2, "null": 3}


def test_merged_keys_may_be_overridden() -> None:
    """`<<` takes keys from elsewhere, and a key of one's own goes before it."""
    parsed = parse("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3", "f")
    assert parsed.data["b"] == {"x": 1, "y": 3}
    assert parsed.locate(("b", "y")) == (4, 6)


@given(VALUES)
def test_flow_is_read_back_the_same_and_is_one_line(value: object) -> None:
    """Whatever a column is called, it can be written into the file."""
    written = flow(value)
    assert "\n" not in written
    assert parse(f"key: {written}", "f").data == {"key": value}


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("a: *.parquet", 1, 5, "quotes: '*.parquet'"),
        ("a: *name", 1, 4, "quotes: '*.parquet'"),
        ("a: 1\nb: c: d", 2, 5, "quotes, or check the indentation"),
        ("a:\n\t- x", 2, 1, "spaces, not with tabs"),
        ("a: {b: ${X}}", 1, 9, "close the bracket"),
        ("a: [1, 2", 1, 9, "close the bracket"),
        ("a: 'b", 1, 6, "close the quote"),
        ("a: !x 3", 1, 4, "remove the ! tag"),
        ("{[a]: 1}", 1, 2, "a key is a single word"),
        ("a: 1\n---\nb: 2", 2, 1, "describes one monitor"),
        ("a: @x", 1, 4, "put the value in quotes"),
        ("a:\n  b: 1\n c: 2", 3, 2, "same column"),
        ("a: 1\nb: \x00", 2, 4, "delete it"),
        ("a: 1\na: 2", 2, 1, "first given in line 1"),
        ("a:\n  b: {c: 1, c: 2}", 2, 13, "first given in line 2"),
        ("[" * 2000, 1, 1, "write it flatter"),
        ("a: &a [*a]", 1, 1, "without aliases"),
    ],
)
def test_what_is_not_yaml_is_pointed_at(text: str, line: int, column: int, hint: str) -> None:
    """Every mistake in the YAML itself has a line, a column and a remedy."""
    (complaint,) = parse(text, "f").complaints
    assert (complaint.line, complaint.column) == (line, column)
    assert hint in complaint.hint
    assert complaint.fact


def test_aliases_cannot_multiply_without_end() -> None:
    """A file of a few lines must not unfold to a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    parsed = parse("\n".join(lines), "f")
    assert parsed.data is None
    assert "unfold" in parsed.complaints[0].fact
    assert MOST_NODES < 10**9


@given(st.text())
def test_any_text_is_read_or_complained_of(text: str) -> None:
    """Nothing that somebody writes makes the reader fall over."""
    parsed = parse(text, "f")
    assert parsed.data is None or not parsed.complaints or all(item.fact for item in parsed.complaints)


def test_positions_are_those_of_the_file() -> None:
    """A value and its key are found where they stand; what is missing is looked for in what should hold it."""
    parsed = parse("columns:\n  kinds:\n    zip: category\n  ignore: [a, b]", "f")
    assert parsed.locate(("columns", "kinds", "zip")) == (3, 10)
    assert parsed.locate(("columns", "kinds", "zip"), key=True) == (3, 5)
    assert parsed.locate(("columns", "ignore", 1)) == (4, 15)
    assert parsed.locate(("columns", "kinds", "nowhere")) == (3, 5)
    assert parsed.locate(()) == (1, 1)
