"""What the document says of a new model, in the domain's terms: a recipe, a gate, a plan."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.config import releasing as written
from driftline.config.deciding import UNITS
from driftline.config.environment import resolve
from driftline.config.places import database_url, located
from driftline.errors import ConfigError
from driftline.rollout.gate import Gate, Rule
from driftline.rollout.plan import Aim, Limits, Mode, Plan, Step
from driftline.traffic.haproxy import Haproxy
from driftline.traffic.webhook import Webhook
from driftline.training.order import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from driftline.config.document import Document

NULLS = 0.01
"""Without a word: to show fewer takes thousands of rows, which a holdout seldom has."""

SLACK = (3.0, 1.5)
"""Early canaries see little, and are only asked for larger harms."""


@dataclass(frozen=True, slots=True)
class InFolder:
    """Models are kept in a folder."""

    root: Path


@dataclass(frozen=True, slots=True)
class InMlflow:
    """Models are kept in MLflow."""

    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done to a column before.

    Attributes:
        column: its name.
        factor: it came so many times as large; 0 where it came empty, None where a text came with a level nobody knew.
    """

    column: str
    factor: float | None = 0.0

    @property
    def name(self) -> str:
        """In words."""
        said = "unseen" if self.factor is None else f"× {self.factor:g}" if self.factor else "missing"
        return f"{self.column} {said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """All of it.

    Attributes:
        directory: where snapshots, runs and rollouts are written.
        registry: where models are kept.
        holdout: how much of the newest labelled rows is kept for the gate.
        recipe: how a model is trained; None where nobody says.
        score: how it is asked; None where nobody says.
        gate: what it must prove.
        golden: a file of labelled rows that never changes; None for none.
        traffic: who is told the weights, beside the gateway; None for nobody.
        faults: what is done to rows again that was done to them before.
        plan: how it is released.
        slow: seconds beyond which an answer is slow.
        records: the folder of the gateway's records; None where nobody says.
    """

    directory: Path
    registry: InFolder | InMlflow
    holdout: timedelta
    recipe: Recipe | None
    score: Recipe | None
    gate: Gate
    plan: Plan
    slow: float
    records: Path | None = None
    golden: Path | None = None
    faults: tuple[Fault, ...] = ()
    traffic: Haproxy | Webhook | None = None

    def training(self) -> Recipe:
        """How a model is trained.

        Raises:
            ConfigError: nobody says.
        """
        if self.recipe is None:
            raise ConfigError("it is not said how a model is trained", hint="write training: {command: python train.py}")
        return self.recipe


def releasing(document: Document, directory: Path, environ: Mapping[str, str]) -> Releasing:
    """Read the parts of a document that are about a new model.

    Args:
        document: what was written.
        directory: where relative paths begin.
        environ: the environment's variables.
    """
    said = document.training or written.Training()
    home = Path(located(said.directory or ".driftline", directory))
    return Releasing(
        directory=home,
        registry=_registry(said, home, directory, environ),
        holdout=period(said.holdout or "7 days"),
        recipe=_recipe(said, said.command, said.call, directory) if said.command or said.call else None,
        score=_recipe(said, said.score, None, directory) if said.score else None,
        gate=gate(document),
        golden=Path(located(document.gate.golden, directory)) if document.gate and document.gate.golden else None,
        faults=tuple(_faults(document.gate.faults)) if document.gate and document.gate.faults else (),
        plan=plan(document),
        traffic=_traffic(document.rollout, directory, environ) if document.rollout and document.rollout.traffic else None,
        slow=((document.rollout and document.rollout.slow_ms) or 500.0) / 1000,
        records=Path(located(document.rollout.records, directory)) if document.rollout and document.rollout.records else None,
    )


def _faults(said: written.Faults) -> Iterator[Fault]:
    yield from (Fault(column) for column in said.missing or ())
    yield from (Fault(column, None) for column in said.unseen or ())
    yield from (Fault(column, factor) for column, factor in (said.times or {}).items())


def period(said: str) -> timedelta:
    """A length of time in words.

    >>> period("2 days")
    datetime.timedelta(days=2)
    """
    count, unit = said.split(" ")
    if unit.startswith("window"):
        raise ConfigError(f"{said!r} is no time", hint="say it in minutes, hours or days")
    return int(count) * UNITS[unit.removesuffix("s")]


def gate(document: Document) -> Gate:
    """What a challenger must prove."""
    said = document.gate or written.Gate()
    default = Gate(primary=Rule("accuracy", 0.01))
    return Gate(
        primary=Rule(said.metric or _metric(document), 0.01 if said.margin is None else said.margin),
        guards=tuple(Rule(metric, margin) for metric, margin in (said.guards or {}).items()),
        segment_margin=said.segment_margin,
        calibration=said.calibration,
        churn=said.churn,
        nulls=NULLS if said.nulls is None else said.nulls,
        latency=said.latency_ms and said.latency_ms / 1000,
        size=None if said.size_mb is None else int(said.size_mb * 1_000_000),
        gaps=dict(said.fairness or {}),
        explanation=said.explanation,
        golden_margin=default.golden_margin if said.golden_margin is None else said.golden_margin,
        fault_margin=default.fault_margin if said.fault_margin is None else said.fault_margin,
        level=said.level or default.level,
    )


def plan(document: Document) -> Plan:
    """How a challenger is given traffic."""
    said = document.rollout or written.Rollout()
    lasts, samples = period(said.step or "1 hour"), said.samples or 1000
    shadow = [Step(name="shadow", weight=0.0, duration=lasts, mode=Mode.SHADOW, samples=samples)] if said.shadow is not False else []
    parts = sorted(said.canary if said.canary is not None else (0.05, 0.25, 0.5))
    slack = [SLACK[place] if place < min(len(SLACK), len(parts) - 1) else 1.0 for place in range(len(parts))]
    canaries = [
        Step(name=f"canary {part:.3g}", weight=part, duration=lasts, samples=samples, slack=loose)
        for part, loose in zip(parts, slack, strict=True)
    ]
    limits = Limits(
        errors=Limits().errors if said.errors is None else said.errors,
        slow=Limits().slow if said.slow is None else said.slow,
    )
    own = gate(document).primary
    aims = said.aims or {own.metric: own.margin if own.margin > 0 else 0.01}
    watch = period(said.watch or "24 hours")
    return Plan(steps=(*shadow, *canaries), aims=tuple(Aim(name, margin) for name, margin in aims.items()), limits=limits, watch=watch)


def _traffic(said: written.Rollout, directory: Path, environ: Mapping[str, str]) -> Haproxy | Webhook:
    """Who is told the weights."""
    layer = said.traffic or written.Traffic()
    if layer.webhook and not layer.haproxy:
        url = resolve(layer.webhook, environ)
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"{url!r} is no address of a webhook", hint="write https://host/path")
        return Webhook(url=url, secret=resolve(layer.secret, environ) if layer.secret else "")
    if not layer.haproxy or layer.webhook:
        raise ConfigError("rollout.traffic names " + ("both" if layer.haproxy else "neither"), hint="give either haproxy or webhook")
    if not layer.backend:
        raise ConfigError("rollout.traffic does not say which backend of HAProxy is meant", hint="add backend: models")
    if said.shadow is not False:
        raise ConfigError("HAProxy sends no request to two servers, and the rollout begins with a shadow", hint="add shadow: false")
    address = layer.haproxy if layer.haproxy.rpartition(":")[2].isdigit() else located(layer.haproxy, directory)
    names = {arm: name for arm, name in (("champion", layer.champion), ("challenger", layer.challenger)) if name}
    return Haproxy(address=address, backend=layer.backend, **names)


def _metric(document: Document) -> str:
    if document.task == "regression":
        return "mae"
    return "roc_auc" if document.columns and document.columns.score and document.task != "multiclass" else "accuracy"


def _recipe(said: written.Training, command: str | Sequence[str] | None, call: str | None, directory: Path) -> Recipe:
    words = shlex.split(command) if isinstance(command, str) else tuple(command or ())
    return Recipe(
        command=tuple(words),
        call=call or "",
        directory=str(directory.resolve()),
        timeout=period(said.timeout or "1 hour"),
        memory=None if said.memory_mb is None else said.memory_mb << 20,
        attempts=said.attempts or Recipe(call=":").attempts,
    )


def _registry(said: written.Training, home: Path, directory: Path, environ: Mapping[str, str]) -> InFolder | InMlflow:
    match said.registry:
        case written.Mlflow(mlflow=uri):
            return InMlflow(database_url(resolve(uri, environ), directory))
        case str() as folder:
            return InFolder(Path(located(folder, directory)))
    return InFolder(home / "models")
