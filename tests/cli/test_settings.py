"""Settings given as flags are the settings of driftline.yaml."""

from __future__ import annotations

import ast
from typing import Any

import click
import pytest
from click.testing import CliRunner

from driftline.cli.settings import FLAGS, settings, settings_flags
from driftline.config.document import Document
from driftline.errors import ConfigError


@click.command()
@settings_flags
def understand(settings: dict[str, Any]) -> None:
    """A command that prints what it understood."""
    click.echo(repr(settings))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", {}),
        ("--timestamp ts --id i --label y", {"columns": {"timestamp": "ts", "id": "i", "label": "y"}}),
        ("--score a --score b --prediction p --ignore x", {"columns": {"score": ["a", "b"], "prediction": ["p"], "ignore": ["x"]}}),
        ("--feature a --feature b", {"columns": {"features": ["a", "b"]}}),
        ("--kind zip=category --kind a=b=text", {"columns": {"kinds": {"zip": "category", "a=b": "text"}}}),
        ("--importance amount=0.4", {"columns": {"importance": {"amount": 0.4}}}),
        ("--task binary --false-alarms '1 in 30 days'", {"task": "binary", "false_alarms": "1 in 30 days"}),
        ("--segment country --segment 'large=amount > 1000'", {"segments": ["country", {"large": "amount > 1000"}]}),
        ("--segment 'is=a == 1' --segment 'a>=1'", {"segments": [{"is": "a == 1"}, "a>=1"]}),
        ("--window day", {"window": "day"}),
        ("--window '1000 rows'", {"window": {"rows": 1000}}),
        ("--window 'column batch no'", {"window": {"column": "batch no"}}),
        ("--window week --timezone Europe/Berlin", {"window": {"every": "week", "timezone": "Europe/Berlin"}}),
        ("--timezone Europe/Berlin", {"window": {"every": "day", "timezone": "Europe/Berlin"}}),
        ("--compare-with previous", {"compare_with": "previous"}),
        ("--compare-with '7 windows'", {"compare_with": {"trailing": 7}}),
        ("--floor shift=0.1 --floor a.b.psi=0.05", {"floors": {"shift": 0.1, "columns": {"a.b": {"psi": 0.05}}}}),
        ("--threshold amount.psi=0.2 --threshold ks=0.1", {"thresholds": {"amount": {"psi": 0.2}, "*": {"ks": 0.1}}}),
        ("--statistic ks --statistic hellinger", {"statistics": ["ks", "hellinger"]}),
    ],
)
def test_every_flag_is_a_setting(args: str, expected: dict[str, Any]) -> None:
    """Flags arrive in the document's form, which the document takes."""
    found = CliRunner().invoke(understand, args)
    assert ast.literal_eval(found.output) == expected
    Document.model_validate({"reference": "a", **expected})


def test_every_flag_is_turned_into_something() -> None:
    """No flag is read and then forgotten."""
    samples = {"kind": ("a=text",), "importance": ("a=1",), "floor": ("shift=1",), "threshold": ("a.ks=1",), "kpi": ("a=b:c:d",)}
    for flag in FLAGS:
        value = samples.get(flag.key, ("x",) if flag.many else "x")
        assert settings({flag.key: value}), flag.name


@pytest.mark.parametrize(("flag", "text"), [("kind", "zip"), ("importance", "=1"), ("floor", "shift="), ("threshold", "amount.psi")])
def test_a_flag_without_a_value_says_how_it_is_written(flag: str, text: str) -> None:
    """The remedy shows the form."""
    with pytest.raises(ConfigError, match=f"--{flag} takes a name and a value, not {text!r}") as caught:
        settings({flag: (text,)})
    assert f"write --{flag} " in caught.value.hint


def test_what_is_no_number_is_left_to_the_document() -> None:
    """So that there is one message for it."""
    assert settings({"floor": ("shift=high",)}) == {"floors": {"shift": "high"}}
