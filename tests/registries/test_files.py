"""Models in a folder."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from driftline.errors import DataError, StateError
from driftline.registries.aliases import entry, promotion, withdrawal
from driftline.registries.files import FileRegistry

if TYPE_CHECKING:
    from pathlib import Path


def trained(tmp_path: Path, text: str) -> Path:
    """A model's folder."""
    folder = tmp_path / f"trained-{text}"
    folder.mkdir(exist_ok=True)
    (folder / "model.txt").write_text(text)
    return folder


def test_versions_stay_as_they_were(tmp_path: Path) -> None:
    """A version keeps its files and what was said of it, whatever happens to the folder it came from."""
    registry = FileRegistry(tmp_path / "models")
    first = registry.register("shop", trained(tmp_path, "a"), {"run": "r1", "metrics": {"auc": 0.9}})
    second = registry.register("shop", trained(tmp_path, "b"), {"run": "r2"})
    (tmp_path / "trained-a" / "model.txt").write_text("changed")
    assert (first, second) == ("1", "2")
    assert (registry.folder("shop", "1") / "model.txt").read_text() == "a"
    assert registry.about("shop", "1")["metrics"] == {"auc": 0.9}
    assert registry.register("shop", trained(tmp_path, "b"), {"run": "r2"}) == "2"


def test_papers_lie_beside_a_version(tmp_path: Path) -> None:
    """Not in its folder; a paper that is written again replaces the one before."""
    registry = FileRegistry(tmp_path / "models")
    registry.register("shop", trained(tmp_path, "a"), {"run": "r1"})
    assert registry.papers("shop", "1") == {}
    registry.attach("shop", "1", {"gate.md": "# it passes", "drift.md": "it drifted"})
    registry.attach("shop", "1", {"gate.md": "# it fails"})
    assert registry.papers("shop", "1") == {"drift.md": "it drifted", "gate.md": "# it fails"}
    assert [one.name for one in registry.folder("shop", "1").iterdir()] == ["model.txt"]
    with pytest.raises(StateError, match="has no version '7'"):
        registry.attach("shop", "7", {"gate.md": ""})


def test_aliases_change_together(tmp_path: Path) -> None:
    """Champion, challenger, previous: entered, promoted, taken back."""
    registry = FileRegistry(tmp_path / "models")
    for name in "ab":
        registry.register("shop", trained(tmp_path, name), {"run": name})
    assert registry.aliases("shop") == {}
    registry.change("shop", "1", promotion)
    assert registry.change("shop", "2", entry) == {"champion": "1", "challenger": "2"}
    assert registry.change("shop", "2", promotion) == {"champion": "2", "previous": "1"}
    assert registry.change("shop", "2", withdrawal) == {"champion": "1"}
    assert registry.aliases("shop") == {"champion": "1"}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """An unknown version and an empty folder are refused."""
    registry = FileRegistry(tmp_path / "models")
    with pytest.raises(StateError, match="has no version '7'"):
        registry.folder("shop", "7")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="there is no model"):
        registry.register("shop", tmp_path / "empty", {})


SWAPPER = """
import sys
from pathlib import Path
from driftline.registries.aliases import promotion, withdrawal
from driftline.registries.files import FileRegistry
registry = FileRegistry(Path(sys.argv[1]))
while True:
    registry.change("shop", "2", promotion)
    print("up", flush=True)
    registry.change("shop", "2", withdrawal)
    print("back", flush=True)
"""


def test_a_kill_leaves_one_champion(tmp_path: Path) -> None:
    """Killed at any moment of swapping, there is one champion, and the next change goes through."""
    registry = FileRegistry(tmp_path / "models")
    for name in "ab":
        registry.register("shop", trained(tmp_path, name), {"run": name})
    registry.change("shop", "1", promotion)
    for often in (1, 2, 5, 8, 13):
        with subprocess.Popen([sys.executable, "-c", SWAPPER, str(tmp_path / "models")], stdout=subprocess.PIPE) as swapper:
            assert swapper.stdout is not None
            for _ in range(often):
                swapper.stdout.readline()
            swapper.kill()
        assert registry.aliases("shop")["champion"] in {"1", "2"}
        assert registry.change("shop", "2", promotion) == {"champion": "2", "previous": "1"}
        assert registry.change("shop", "2", withdrawal) == {"champion": "1"}
