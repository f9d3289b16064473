"""Retrain: rows that are fit for it, a training run, and a new challenger in the registry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline import paper
from driftline.config.release import InMlflow
from driftline.decisions.decision import Action, Consent
from driftline.decisions.sampling import EVERYTHING
from driftline.errors import StateError
from driftline.registries.aliases import Alias, entry
from driftline.registries.files import FileRegistry
from driftline.registries.mlflow import MlflowRegistry
from driftline.release.filed import refuse_while_running
from driftline.release.rows import cutting, labelled
from driftline.release.weighing import weighing
from driftline.training import runner
from driftline.training.order import End, Order
from driftline.training.snapshot import Wanted, opened, take

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.ports import Models
    from driftline.training.order import Run
    from driftline.training.snapshot import Snapshot

DRIFT = "drift.md"
"""The paper beside a version that tells what led to it."""

METRICS = "metrics.json"
"""A training run may write one beside its model: numbers by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Why a model is to be trained, and what is left out.

    Attributes:
        reason: why.
        since: rows before are left out.
        excluded: windows that are left out, by label, each with its reason.
        sampling: how rows are chosen among those that are left, and how heavy each is: a way of `driftline.decisions.sampling`.
        changed: the window since which things are otherwise, by label; empty where they are not.
        report: what was seen that led to it, in Markdown, kept beside the model; empty where nobody looked.
    """

    reason: str
    since: datetime | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    sampling: str = EVERYTHING
    changed: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Retrained:
    """How a run ended, on which rows, and the version of the challenger; empty where there is none."""

    run: Run
    snapshot: Snapshot
    version: str = ""


def request_of(decided: Decided, agreed: str = "") -> Request:
    """What a decision asks for: its reason, the windows that must not be trained on, and how the others are weighed.

    Args:
        decided: the decision with what it rests on.
        agreed: who agrees, where a person has to.

    Raises:
        StateError: it is another decision, not for now, or a person has to agree.
    """
    decision = decided.decision
    if decision.action is not Action.RETRAIN:
        raise StateError(
            f"the decision is to {decision.action.value}: {decision.reason}", hint="driftline decide tells more; leave out --decided"
        )
    if not decided.begins:
        raise StateError(f"the decision is to retrain {decision.when.sentence}", hint="driftline decide tells more; leave out --decided")
    if decision.consent is Consent.ASK and not agreed:
        raise StateError(f"a person has to agree to retrain: {decision.reason}", hint="driftline retrain --decided --agreed NAME")
    reason = f"{decision.reason} (agreed by {agreed})" if agreed else decision.reason
    how = decision.how
    kept_out = dict.fromkeys(how.keep_out, "the decision keeps it out")
    return Request(reason=reason, excluded=kept_out, sampling=how.sampling or EVERYTHING, changed=how.since or "")


def models(specification: Specification) -> Models:
    """The registry that a specification names."""
    place = specification.releasing.registry
    if isinstance(place, InMlflow):
        return MlflowRegistry(place.uri, specification.releasing.directory / "fetched")
    return FileRegistry(place.root)


def retrain(specification: Specification, request: Request, now: datetime, tell: Callable[[str], None]) -> Retrained:
    """Train a challenger, once for the same request.

    Args:
        specification: the monitor and how its model is trained.
        request: why, and on what.
        now: labels that came later are not known.
        tell: is told the log.

    Raises:
        ConfigError: it is not said how a model is trained, or on what.
        DataError: no rows are left.
        StateError: a run for this model is under way, or a rollout.
    """
    refuse_while_running(specification)
    recipe, home, name = specification.releasing.training(), specification.releasing.directory, specification.monitor.name
    rows = labelled(specification, now)
    wanted = Wanted(label=rows.label, since=request.since, until=rows.kept_from, excluded=request.excluded)
    cut = cutting(specification, rows.time)
    wanted = replace(wanted, way=request.sampling, weigh=weighing(rows, wanted, cut, request.sampling, request.changed))
    snapshot = take(rows.source, wanted, cut, home / "rows", now)
    registry = models(specification)
    champion = registry.aliases(name).get(Alias.CHAMPION, "")
    order = Order(
        model=name,
        reason=request.reason,
        rows=str(snapshot.folder),
        digest=snapshot.digest,
        champion=champion,
        champion_model=str(registry.folder(name, champion)) if champion else "",
    )
    run = runner.train(order, recipe, runs_of(specification), tell)
    if run.end is not End.TRAINED:
        return Retrained(run, snapshot)
    version = registry.register(name, Path(run.model), _about(order, run, snapshot, runs_of(specification)))
    if request.report:
        registry.attach(name, version, {DRIFT: request.report})
    if registry.aliases(name).get(Alias.CHAMPION) != version:
        registry.change(name, version, entry)
    return Retrained(run, snapshot, version)


def runs_of(specification: Specification) -> Path:
    """Where the runs of a model are written."""
    return specification.releasing.directory / "runs" / specification.monitor.name


def cancel(specification: Specification) -> int:
    """Ask every run that is on to end; how many were asked."""
    place = runs_of(specification)
    return sum(runner.cancel(place / run.key) for run in runner.runs(place) if not run.over)


def _about(order: Order, run: Run, snapshot: Snapshot, place: Path) -> dict[str, Any]:
    """What a registry is told of a version."""
    manifest = opened(snapshot.folder).manifest
    return {
        "run": run.key,
        "reason": order.reason,
        "champion": order.champion,
        "metrics": paper.read(Path(run.model) / METRICS) or {},
        "trained_until": manifest["to"],
        "manifest": {key: manifest.get(key) for key in ("digest", "rows", "sampling", "from", "to", "exclusions")},
        "lineage": paper.read(place / run.key / runner.LINEAGE) or {},
    }
