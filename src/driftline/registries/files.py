"""Models in a folder: one folder a version, and one small file that says which is champion, replaced as a whole."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from driftline import paper
from driftline.errors import DataError, OutsideError, StateError, near_miss
from driftline.lock import held
from driftline.registries.aliases import applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from driftline.registries.aliases import Aliases, Step

SCHEMA = 1
INDEX = "registry.json"


class FileRegistry:
    """A registry in a folder, for one machine or a shared disk.

    Args:
        root: the folder; made when it is needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def register(self, model: str, folder: Path, about: Mapping[str, Any]) -> str:
        """Keep a copy of a model's folder as a new version; the same `run` in `about` gives the same version.

        Args:
            model: its name.
            folder: what was trained.
            about: what is known of it: `run`, and metrics, manifest, reason.

        Returns:
            The version.

        Raises:
            DataError: the folder is empty.
        """
        if not folder.is_dir() or not any(folder.iterdir()):
            raise DataError(f"there is no model in {str(folder)!r}", hint="give the folder that was written by the training run")
        with self._outside(), held(self._root / model / "lock", f"a change of {model!r}"):
            index = self._index(model)
            for version, known in index["versions"].items():
                if about.get("run") and known.get("run") == about["run"]:
                    return str(version)
            version = str(max(map(int, index["versions"]), default=0) + 1)
            place = self._root / model / version
            shutil.rmtree(place, ignore_errors=True)  # of a registration that was killed
            shutil.copytree(folder, place)
            index["versions"][version] = dict(about)
            paper.write(self._root / model / INDEX, index)
            return version

    def attach(self, model: str, version: str, papers: Mapping[str, str]) -> None:
        """Keep texts beside a version, each replaced as a whole."""
        self.about(model, version)
        place = self._papers(model, version)
        with self._outside():
            place.mkdir(parents=True, exist_ok=True)
            for name, text in papers.items():
                draft = place / f".{name}"
                draft.write_text(text, encoding="utf-8")
                draft.replace(place / name)

    def papers(self, model: str, version: str) -> dict[str, str]:
        """The texts beside a version, by name."""
        self.about(model, version)
        with self._outside():
            there = sorted(path for path in self._papers(model, version).glob("*") if not path.name.startswith("."))
            return {path.name: path.read_text(encoding="utf-8") for path in there}

    def aliases(self, model: str) -> dict[str, str]:
        """Versions by alias."""
        return dict(self._index(model)["aliases"])

    def about(self, model: str, version: str) -> dict[str, Any]:
        """What is known of a version.

        Raises:
            StateError: there is none.
        """
        known = self._index(model)["versions"]
        if version not in known:
            raise StateError(f"{model!r} has no version {version!r}", hint=near_miss(version, known) if known else "register one")
        return dict(known[version])

    def folder(self, model: str, version: str) -> Path:
        """Where a version's files lie."""
        self.about(model, version)
        return self._root / model / version

    def change(self, model: str, version: str, steps: Callable[[Aliases, str], list[Step]]) -> dict[str, str]:
        """Change aliases: all of the steps in one moment.

        Args:
            model: its name.
            version: a version of it.
            steps: `entry`, `promotion` or `withdrawal`.
        """
        self.about(model, version)
        with self._outside(), held(self._root / model / "lock", f"a change of {model!r}"):
            index = self._index(model)
            index["aliases"] = applied(index["aliases"], steps(index["aliases"], version))
            paper.write(self._root / model / INDEX, index)
            return dict(index["aliases"])

    def _papers(self, model: str, version: str) -> Path:
        """Not in the version's own folder, which is the model as it was trained."""
        return self._root / model / "papers" / version

    def _index(self, model: str) -> dict[str, Any]:
        with self._outside():
            return paper.read(self._root / model / INDEX) or {"schema": SCHEMA, "aliases": {}, "versions": {}}

    @contextmanager
    def _outside(self) -> Iterator[None]:
        """Says whose folder it is that cannot be reached."""
        try:
            yield
        except OSError as error:
            fact = f"the registry in {str(self._root)!r} cannot be reached: {error.strerror or error}"
            raise OutsideError(fact, hint="see that the disk is there, and has room") from error
