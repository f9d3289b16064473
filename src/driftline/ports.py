"""What services need from the world: places rows come from, engines that count them, shelves for what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from driftline.verdicts.report import Finding

    Progress = Callable[[str, int, int | None], None]
    """Told what is being done, how many rows are done, and of how many where that is known."""


class Source(Protocol):
    """A place rows come from. It can be read more than once, a batch at a time, in a fixed order."""

    @property
    def name(self) -> str:
        """What people call it: a path, a URL, "current"."""
        ...

    def schema(self) -> pa.Schema:
        """The columns, before any row is read.

        Raises:
            UnreadableData: a file is not what its name promises, or ends in the middle.
            SourceError: the place does not answer.
        """
        ...

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read the named columns (those that exist; all for None) in bounded memory."""
        ...

    def rows(self) -> int | None:
        """How many rows there are, where that is known without reading them; for the progress bar."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """What was wrong with the data read so far: broken lines, files left out."""
        ...


class Models(Protocol):
    """Where models are kept: versions that never change, and the aliases champion, challenger and previous.

    `change` leaves exactly one champion wherever it is stopped, and asked for again it ends the same way.
    """

    def register(self, model: str, folder: Path, about: Mapping[str, Any]) -> str:
        """Keep a folder as a new version of a model; the same `run` in `about` gives the same version."""
        ...

    def attach(self, model: str, version: str, papers: Mapping[str, str]) -> None:
        """Keep texts beside a version, by the names of their files; one that is there already is replaced."""
        ...

    def papers(self, model: str, version: str) -> dict[str, str]:
        """The texts beside a version, by name."""
        ...

    def aliases(self, model: str) -> dict[str, str]:
        """Versions by alias."""
        ...

    def about(self, model: str, version: str) -> dict[str, Any]:
        """What is known of a version.

        Raises:
            StateError: there is none.
        """
        ...

    def folder(self, model: str, version: str) -> Path:
        """Where its files lie."""
        ...

    def change(self, model: str, version: str, steps: Callable[[Mapping[str, str], str], list[tuple[str, str | None]]]) -> dict[str, str]:
        """Change aliases by the steps that a function of the present ones and the version gives."""
        ...
