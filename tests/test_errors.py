"""Errors: what they say, and who must act."""

from __future__ import annotations

import pytest

from driftline import errors
from driftline.errors import ConfigError, DataError, DriftlineError, OutsideError, PluginError, StateError, UnknownPart, near_miss

KINDS = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, DriftlineError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_is_wrong_and_what_to_do(kind: type[DriftlineError]) -> None:
    """The fact, and on a line of its own the hint; both can be had apart."""
    error = kind("the file 'a' is short", hint="write it again")
    assert str(error) == "the file 'a' is short\nHint: write it again"
    assert (error.fact, error.hint) == ("the file 'a' is short", "write it again")


def test_without_a_hint_there_is_only_the_fact() -> None:
    """No empty `Hint:` is shown."""
    assert str(DataError("the file 'a' is short")) == "the file 'a' is short"


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ConfigError, ValueError),
        (UnknownPart, LookupError),
        (DataError, ValueError),
        (StateError, RuntimeError),
        (PluginError, TypeError),
        (OutsideError, OSError),
    ],
)
def test_an_error_is_also_what_python_would_raise(kind: type[DriftlineError], builtin: type[Exception]) -> None:
    """Who does not know us catches what they know."""
    assert issubclass(kind, builtin)


def test_every_error_belongs_to_one_who_acts() -> None:
    """Each kind is below exactly one of the five."""
    heads = (ConfigError, DataError, StateError, PluginError, OutsideError)
    assert all(sum(issubclass(kind, head) for head in heads) == 1 for kind in KINDS if kind is not DriftlineError)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("pssi", ["psi", "hellinger"], "did you mean 'psi'?"),
        ("amout", ["amount", "amounts", "country"], "did you mean 'amount'?"),
        ("zzz", ["psi", "hellinger"], "known: hellinger, psi"),
        ("zzz", iter(["b", "a"]), "known: a, b"),
    ],
)
def test_near_misses_are_computed(name: str, known: list[str], hint: str) -> None:
    """The nearest known name, or all of them in order."""
    assert near_miss(name, known) == hint
