"""The life of a stored rollout: begun, looked at, told what to do; every step is written down before the registry hears of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, OutsideError, StateError
from driftline.lock import held
from driftline.registries.aliases import Alias, entry, promotion, withdrawal
from driftline.release import records, reference
from driftline.release.filed import PROMOTE, Filed, load, place_of, refuse_while_running, store
from driftline.release.prove import proved
from driftline.release.retrain import models
from driftline.rollout.rollout import Command, Reason, begin, step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from driftline.config.specification import Specification
    from driftline.rollout.plan import Plan
    from driftline.rollout.rollout import Action, Seen

AWAY = "the registry does not answer; it is told at the next look"


def start(
    specification: Specification, now: datetime, *, spool: str = "", servers: Mapping[str, str] | None = None, version: str = ""
) -> Filed:
    """Begin to release the challenger.

    Args:
        specification: the monitor, with the plan.
        now: when it begins.
        spool: the folder of the gateway's records.
        servers: URLs of model servers by arm, where the gateway is to be told them.
        version: what is released; the challenger by default.

    Raises:
        StateError: there is no challenger, it has not passed the gate, or another rollout is on.
    """
    registry, name, path = models(specification), specification.monitor.name, place_of(specification)
    with _alone(path, name):
        refuse_while_running(specification)
        before = load(path)
        if before is not None and _told(specification, path, before, now).pending:
            raise OutsideError(f"the registry of {name!r} has not heard how the last rollout ended", hint="see that it answers")
        version = version or registry.aliases(name).get(Alias.CHALLENGER, "")
        if not version:
            raise StateError(f"{name!r} has no challenger", hint="train one: driftline retrain")
        proof = proved(specification, version)
        if proof is None or not proof["passes"]:
            said = "was not held against the gate" if proof is None else f"did not pass the gate: {proof['sentence']}"
            raise StateError(f"version {version} of {name!r} {said}", hint="driftline prove; a person may override it there")
        registry.change(name, version, entry)
        plan = specification.releasing.plan
        state, reason = begin(plan, now)
        event = {"at": now.isoformat(), "state": "running", "step": 0, "reason": reason.name, "said": reason.value}
        filed = Filed(
            rollout=f"{name}-{version}-{now:%Y%m%dT%H%M%S}",
            model=name,
            challenger=version,
            plan=plan,
            state=state,
            reason=reason,
            spool=str(Path(spool).resolve()) if spool else "",
            servers=dict(servers or {}),
            history=(event,),
        )
        return _routed(specification, path, store(path, filed))


def look(specification: Specification, now: datetime, reader: records.Reader | None = None) -> Filed:
    """Take in what was recorded since the step began, and go where that leads.

    Args:
        specification: the monitor: where labels come from.
        now: labels that came later are not known.
        reader: of the spool; whoever looks again and again keeps one, so that only what is new is read.

    Raises:
        StateError: there is no rollout.
    """
    path = place_of(specification)
    with _alone(path, specification.monitor.name):
        filed = _told(specification, path, _there(specification, path), now)
        if filed.over or not filed.spool:
            return _routed(specification, path, filed)
        table = (reader or records.Reader(Path(filed.spool))).records(filed.rollout, filed.step, filed.since)
        shown = records.seen(specification, filed.plan, filed.step, table, now)
        state, reason = step(filed.state, shown, now, filed.plan)
        after = filed.moved(state, reason, now)
        after = replace(after, seen=_sentence(shown, filed.plan) if after.step == filed.step else "")
        filed = _told(specification, path, store(path, after), now)
        return _routed(specification, path, filed)


def _sentence(shown: Seen, plan: Plan) -> str:
    """What a look saw of a step."""
    parts = [f"the challenger was asked {shown.challenger.requests:,} times"]
    for aim, found in zip(plan.aims, shown.aims, strict=False):
        if found.information > 0:
            gain = found.pull / found.information
            parts.append(f"{aim.metric} {abs(gain):.3g} {'better' if gain >= 0 else 'worse'} on {found.rows:,} rows with labels")
        else:
            parts.append(f"{aim.metric} not known: {found.rows:,} rows with labels")
    return ", ".join(parts)


def tell(specification: Specification, action: Action, now: datetime, by: str, why: str = "") -> Filed:
    """Do what a person says.

    Raises:
        StateError: there is no rollout, or that cannot be done from here.
    """
    path = place_of(specification)
    with _alone(path, specification.monitor.name):
        filed = _told(specification, path, _there(specification, path), now)
        state, reason = step(filed.state, Command(action, by, why), now, filed.plan)
        if reason in {Reason.NOT_NOW, Reason.OVER}:
            raise StateError(f"the rollout cannot {action.value} now: {filed.reason.value}", hint="driftline rollout status")
        filed = _told(specification, path, store(path, filed.moved(state, reason, now, by, why)), now)
        return _routed(specification, path, filed)


def status(specification: Specification) -> Filed:
    """The rollout that is stored.

    Raises:
        StateError: there is none.
    """
    return _there(specification, place_of(specification))


def _there(specification: Specification, path: Path) -> Filed:
    filed = load(path)
    if filed is None:
        raise StateError(f"{specification.monitor.name!r} was never rolled out", hint="driftline rollout start")
    return filed


def _told(specification: Specification, path: Path, filed: Filed, now: datetime) -> Filed:
    """Tell the registry what it has not heard, and let the reference follow; asked again after a crash, it ends the same way."""
    if not filed.pending:
        return filed
    trouble = ""
    try:
        models(specification).change(filed.model, filed.challenger, promotion if filed.pending == PROMOTE else withdrawal)
    except OutsideError:
        return filed if filed.trouble == AWAY else store(path, replace(filed, trouble=AWAY))
    except StateError as error:
        trouble = error.fact  # there is nothing to go back to: the registry keeps what it has, the weights say who answers
    if filed.pending == PROMOTE:
        trouble = trouble or reference.renew(specification, filed.challenger, now)
    else:
        reference.restore(specification, filed.challenger, now)
    return store(path, replace(filed, pending="", trouble=trouble))


def _routed(specification: Specification, path: Path, filed: Filed) -> Filed:
    """Have a traffic layer of one's own do what is stored; asked at every look, so that it may forget it, or be away."""
    layer, trouble = specification.releasing.traffic, ""
    if layer is None:
        return filed
    try:
        layer.apply(filed.written())
    except (ConfigError, OutsideError) as error:
        trouble = error.fact
    return filed if trouble == filed.unrouted else store(path, replace(filed, unrouted=trouble))


def _alone(path: Path, name: str) -> AbstractContextManager[int]:
    return held(path.with_suffix(".lock"), f"another command on the rollout of {name!r}")
