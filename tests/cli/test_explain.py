"""What a statistic, a setting, an error or a word means."""

from __future__ import annotations

from click.testing import CliRunner

from driftline.cli.main import main


def test_a_statistic_comes_with_formula_source_and_convention() -> None:
    """Whoever sees a number can find out what it is."""
    said = CliRunner().invoke(main, ["explain", "ks"]).output
    for part in ("max |F - G|", "Smirnov 1939", "0.1 is called changed", "number"):
        assert part in said


def test_one_name_may_be_several_things() -> None:
    """PSI is a statistic and a floor; both are told."""
    said = CliRunner().invoke(main, ["explain", "PSI"]).output
    assert "psi  (statistic)" in said
    assert "floors.psi  (setting)" in said


def test_without_a_name_everything_is_listed() -> None:
    """The list is the table of contents."""
    said = CliRunner().invoke(main, ["explain"]).output
    for name in ("jensen_shannon", "columns.timestamp", "PlanMismatch", "inconclusive"):
        assert name in said


def test_an_unknown_name_is_recognised() -> None:
    """Near misses are computed, and else the list is pointed at."""
    found = CliRunner().invoke(main, ["explain", "hellnger"])
    assert found.exit_code == 2
    assert found.stderr == "error: there is nothing called 'hellnger' to explain\nHint: did you mean 'hellinger'?\n"
    assert "lists everything" in CliRunner().invoke(main, ["explain", "qqq"]).stderr
