"""Models in MLflow, the real one with a database of its own; where it is not installed, what is said then."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from driftline.errors import PluginError
from driftline.registries.aliases import entry, promotion, withdrawal
from driftline.registries.mlflow import MlflowRegistry

if TYPE_CHECKING:
    from pathlib import Path

INSTALLED = find_spec("mlflow") is not None

WHOLE = """
import sys
from pathlib import Path
from driftline.errors import OutsideError, StateError
from driftline.registries.aliases import entry, promotion, withdrawal
from driftline.registries.mlflow import MlflowRegistry

place = Path(sys.argv[1])
registry = MlflowRegistry(f"sqlite:///{place}/mlflow.db", place / "fetched", artifacts=str(place / "artifacts"))
for name in "ab":
    folder = place / name
    folder.mkdir()
    (folder / "model.txt").write_text(name)
    about = {"run": name, "reason": "recall fell", "metrics": {"auc": 0.9}, "manifest": {"rows": 3}}
    version = registry.register("shop", folder, about)
    assert registry.register("shop", folder, about) == version
    assert registry.about("shop", version) == about
    for _ in range(2):
        assert (registry.folder("shop", version) / "model.txt").read_text() == name
assert registry.papers("shop", "1") == {}
registry.attach("shop", "1", {"gate.md": "# it passes", "confusion_matrix.json": "[]"})
registry.attach("shop", "1", {"gate.md": "# it fails"})
assert registry.papers("shop", "1") == {"gate.md": "# it fails", "confusion_matrix.json": "[]"}
assert registry.aliases("none") == {}
assert registry.change("shop", "1", promotion) == {"champion": "1"}
assert registry.change("shop", "2", entry) == {"champion": "1", "challenger": "2"}
stopped = lambda now, version: promotion(now, version)[:2]
assert registry.change("shop", "2", stopped) == {"champion": "2", "previous": "1", "challenger": "2"}
assert registry.change("shop", "2", promotion) == registry.aliases("shop") == {"champion": "2", "previous": "1"}
assert registry.change("shop", "2", withdrawal) == registry.aliases("shop") == {"champion": "1"}
try:
    registry.folder("shop", "7")
except StateError as error:
    assert "has no version '7'" in str(error)
else:
    raise AssertionError
try:
    MlflowRegistry("http://127.0.0.1:9", place).aliases("shop")
except OutsideError as error:
    assert "did not do it" in str(error)
else:
    raise AssertionError
print("all of it")
"""


@pytest.mark.slow
def test_versions_aliases_and_repair(tmp_path: Path) -> None:
    """Registered once, with metrics and papers; swapped, stopped in the middle and gone on with, taken back."""
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    if INSTALLED:
        done = subprocess.run([sys.executable, "-c", WHOLE, str(tmp_path)], capture_output=True, text=True, env=quiet, check=False)
        assert done.stdout.splitlines()[-1:] == ["all of it"], done.stderr
        return
    with pytest.raises(PluginError, match="needs the package 'mlflow'"):
        MlflowRegistry(f"sqlite:///{tmp_path}/mlflow.db", tmp_path)


def test_steps_are_the_same_for_every_registry() -> None:
    """What MLflow is told one by one is what a folder is told at once."""
    assert [
        promotion({"champion": "1", "challenger": "2"}, "2"),
        entry({}, "1"),
        withdrawal({"champion": "1", "challenger": "2"}, "2"),
    ] == [
        [("previous", "1"), ("champion", "2"), ("challenger", None)],
        [("challenger", "1")],
        [("challenger", None)],
    ]
