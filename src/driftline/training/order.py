"""What is asked of a training run, and how one may end: the words of the room."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
"""Of everything this room writes."""


class End(StrEnum):
    """How a run stands, or ended."""

    RUNNING = "running"
    TRAINED = "trained"
    FAILED = "failed"
    MISSING_PACKAGE = "missing package"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CANCELLED = "cancelled"
    WROTE_NOTHING = "wrote nothing"
    OTHER_SIGNATURE = "other signature"
    LOST = "lost"


AGAIN = frozenset({End.FAILED, End.LOST})
"""Ends after which trying once more may help; the others would end the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a model is trained.

    Attributes:
        command: the program and its arguments; empty where `call` is given.
        call: a Python callable, `module:function`; see `driftline.training.call`.
        directory: where it runs.
        timeout: it is ended after so long.
        memory: bytes that all its processes may take together; None for no limit. Watched where there is /proc.
        attempts: how often it is tried where it fails.
    """

    command: tuple[str, ...] = ()
    call: str = ""
    directory: str = "."
    timeout: timedelta = timedelta(hours=1)
    memory: int | None = None
    attempts: int = 2

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.call):
            raise ConfigError("it is not said how a model is trained", hint="write training: {command: python train.py}, or call:")
        if self.call and ":" not in self.call:
            raise ConfigError(f"{self.call!r} names no callable", hint="write module:function")
        if self.timeout <= timedelta(0) or self.attempts < 1:
            raise ConfigError(f"{self.attempts} attempts of {self.timeout} each train nothing", hint="give at least one, and time for it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One training request.

    Attributes:
        model: whose challenger it is to be.
        reason: why it is asked for.
        rows: the folder of the snapshot.
        digest: of the snapshot's content.
        champion: the version that answers now; empty where there is none.
        champion_model: the folder its model lies in, for a warm start; empty where there is none.
    """

    model: str
    reason: str
    rows: str
    digest: str
    champion: str = ""
    champion_model: str = ""

    def key(self, recipe: Recipe) -> str:
        """Names the run: the same rows, champion, reason and recipe are the same request, however often it is made."""
        told = [self.model, self.reason, self.digest, self.champion, list(recipe.command), recipe.call]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it is written down.

    Attributes:
        key: its name.
        end: how it stands.
        why: the same in words.
        attempt: the attempt that it is at, from 1.
        model: the folder of the model; empty where there is none.
    """

    key: str
    end: End
    why: str
    attempt: int = 1
    model: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.end is not End.RUNNING

    def written(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """From what JSON has."""
        return cls(key=data["key"], end=End(data["end"]), why=data["why"], attempt=data["attempt"], model=data["model"])
