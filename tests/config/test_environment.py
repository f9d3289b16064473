"""References to the environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.config.environment import Secret, missing, redact, resolve, secrets, written_password

URL = "postgresql://ann:s3cret-word@db/scores"


def test_names_are_replaced_by_their_values() -> None:
    """`${NAME}` is the variable, `${NAME:-x}` is x where it is not set, and a dollar alone is a dollar."""
    assert resolve("${A}/${B:-b}/$C/${D:-}", {"A": "a", "C": "c"}) == "a/b/$C/"


def test_what_is_not_set_is_named() -> None:
    """Only names without something to take instead are missing."""
    assert missing("${A} ${B:-} ${C}", {"C": ""}) == ["A"]


def test_secrets_are_shown_by_name() -> None:
    """Neither the URL nor the password within it appears in a message."""
    hidden = secrets(["${DB_URL}"], {"DB_URL": URL})
    shown = redact(f"cannot reach {URL}: wrong password 's3cret-word'", hidden)
    assert shown == "cannot reach ${DB_URL}: wrong password '${DB_URL}'"
    assert "s3cret" not in repr(hidden)


def test_short_values_are_not_hidden() -> None:
    """A value such as `a` stands in every word."""
    assert secrets(["${A}"], {"A": "a"}) == ()


@given(st.text("abcd", min_size=4), st.text("0123 "))
def test_a_redacted_text_does_not_hold_the_secret(value: str, around: str) -> None:
    """Whatever stands around a secret stays, and the secret goes."""
    assert redact(f"{around}{value}{around}", [Secret(value, "N")]) == f"{around}${{N}}{around}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("s3://bucket/a", False), (URL, True), ("postgresql://ann:${PW}@db/x", False), ("postgresql://ann@db/x", False), ("a@b:c", False)],
)
def test_a_password_that_is_written_out_is_noticed(text: str, *, expected: bool) -> None:
    """A reference in its place is fine."""
    assert written_password(text) is expected
