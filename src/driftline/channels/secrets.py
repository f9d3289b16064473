"""Secrets by reference, `env:NAME` or `file:PATH`: looked up when something is sent, kept and shown nowhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES = ("env:", "file:")


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is found.

    Attributes:
        said: `env:NAME` or `file:PATH`; a relative path begins in `directory`.
        environ: the environment; that of the process for None.
    """

    said: str
    directory: Path = field(default_factory=Path)
    environ: Mapping[str, str] | None = field(default=None, repr=False, compare=False)

    def look_up(self) -> str:
        """The secret.

        Raises:
            ConfigError: it is not there, or empty.
        """
        kind, _, name = self.said.partition(":")
        if kind == "file":
            return self._file(self.directory / name)
        value = (os.environ if self.environ is None else self.environ).get(name, "")
        if not value:
            raise ConfigError(f"the environment has no variable {name!r}", hint="set it, where driftline runs")
        return value

    def _file(self, path: Path) -> str:
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the secret in {str(path)!r} cannot be read", hint="let the file be read by who runs driftline") from error
        if not value:
            raise ConfigError(f"the file {str(path)!r}, which should hold a secret, is empty", hint="write the secret into it")
        return value


def is_reference(said: str) -> bool:
    """Whether a text refers to a secret, rather than being one.

    >>> is_reference("env:SLACK_URL"), is_reference("xoxb-123")
    (True, False)
    """
    return said.startswith(SOURCES) and bool(said.partition(":")[2])
