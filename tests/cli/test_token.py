"""`driftline token`: make, list and close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.cli.stored import opened
from driftline.server.face import wall_clock

if TYPE_CHECKING:
    from pathlib import Path


def run(data: Path, *args: str) -> Any:
    """A call."""
    return CliRunner().invoke(main, ["token", *args, "--data", str(data)])


def test_a_token_is_made_listed_and_closed(tmp_path: Path) -> None:
    """Its text is printed alone, so that a script can take it; the list has no secret."""
    text = run(tmp_path, "make", "churn-model", "--days", "3").output.strip()
    found = opened(tmp_path, None).tokens.find(text, wall_clock())
    assert found is not None
    assert (found.name, found.role.value, (found.expires - found.created).days if found.expires else 0) == ("churn-model", "sender", 3)
    listed = run(tmp_path, "list").output
    assert (found.id in listed, text in listed, "holds" in listed) == (True, False, True)
    assert run(tmp_path, "revoke", found.id).exit_code == 0
    assert "revoked" in run(tmp_path, "list").output
    assert opened(tmp_path, None).tokens.find(text, wall_clock()) is None


def test_what_is_not_there_cannot_be_closed(tmp_path: Path) -> None:
    """The operator is told how to find out what is."""
    found = run(tmp_path, "revoke", "abc")
    assert (found.exit_code, "driftline token list" in found.stderr) == (2, True)
