"""What to do next in the tools people use."""

from __future__ import annotations

import shlex

import pytest
import yaml

from driftline.cli.tools import CRON, TOOLS, next_step


@pytest.mark.parametrize("every", list(CRON))
@pytest.mark.parametrize("tool", list(TOOLS))
def test_every_tool_has_something_to_paste(tool: str, every: str) -> None:
    """It names the tool, says what to do, and holds the command; no placeholder is left."""
    said = next_step(tool, every=every, directory="/srv/m", check="driftline check -c m.yaml")
    assert said.startswith(f"{tool}: ")
    assert "driftline check -c m.yaml" in said
    assert "{directory}" not in said
    assert "{check}" not in said


def test_the_line_for_cron_has_five_fields_and_a_command() -> None:
    """It can be put into the crontab as it is."""
    line = next_step("cron", every="hour", directory="/srv", check="driftline check").splitlines()[1]
    assert shlex.split(line)[:7] == ["5", "*", "*", "*", "*", "cd", "/srv"]


@pytest.mark.parametrize("tool", ["github-actions", "gitlab-ci"])
def test_the_lines_for_ci_are_yaml(tool: str) -> None:
    """They can be pasted as they are."""
    pasted = next_step(tool, every="day", directory="/srv", check="driftline check").splitlines()[1]
    assert yaml.safe_load(pasted)
