"""A rollout as it is stored: one file, replaced as a whole, that the gateway reads its weights from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from driftline import paper
from driftline.errors import StateError, UnreadableData
from driftline.rollout.rollout import Aborted, Paused, Promoted, Reason, RolledBack, Running, weights
from driftline.rollout.written import read as read_record
from driftline.rollout.written import written as write_record

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from driftline.config.specification import Specification
    from driftline.rollout.plan import Plan
    from driftline.rollout.rollout import State

SCHEMA = 1
PROMOTE, WITHDRAW = "promote", "withdraw"
"""What the registry still has to be told."""


TOLD = frozenset({Reason.EXTENDED, Reason.UNDECIDED, Reason.BY_HAND})
"""Reasons that belong into the history although the rollout stays where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A rollout.

    Attributes:
        rollout: its name.
        model: the model's name.
        challenger: the version that is released.
        plan: as it was when it began.
        state: where it stands.
        reason: why.
        spool: the folder of the gateway's records; empty for none.
        servers: URLs of model servers by arm, where the gateway is told them here.
        pending: what the registry still has to be told; empty for nothing.
        history: what happened, the newest last.
        trouble: what went wrong when the registry was told.
        unrouted: what went wrong when a traffic layer of one's own was told the weights; empty where it has them.
        seen: what the last look saw of the step that is on, in words; empty before the first.
    """

    rollout: str
    model: str
    challenger: str
    plan: Plan
    state: State
    reason: Reason
    spool: str = ""
    servers: dict[str, str] = field(default_factory=dict)
    pending: str = ""
    history: tuple[dict[str, Any], ...] = ()
    trouble: str = ""
    unrouted: str = ""
    seen: str = ""

    @property
    def step(self) -> int:
        """The place of the step that records belong to now; after promotion the number of steps, and −1 when it is over."""
        match self.state:
            case Running(step=place) | Paused(at=Running(step=place)):
                return place
            case Promoted():
                return len(self.plan.steps)
        return -1

    @property
    def since(self) -> datetime:
        """When it came to where it stands; a pause does not begin anything."""
        return self.state.at.since if isinstance(self.state, Paused) else self.state.since

    @property
    def over(self) -> bool:
        """Whether it was taken back or given up."""
        return isinstance(self.state, RolledBack | Aborted)

    @property
    def running(self) -> bool:
        """Whether a step is on."""
        return isinstance(self.state, Running | Paused)

    def moved(self, state: State, reason: Reason, now: datetime, by: str = "", why: str = "") -> Filed:
        """The rollout after a step; what the registry has to be told is noted with it, in one file."""
        pending = self.pending
        if type(state) is not type(self.state):
            pending = PROMOTE if isinstance(state, Promoted) else WITHDRAW if isinstance(state, RolledBack | Aborted) else pending
        after = replace(self, state=state, reason=reason, pending=pending)
        if (type(state), after.step) == (type(self.state), self.step) and reason not in TOLD:
            return after
        event = {
            "at": now.isoformat(),
            "state": type(state).__name__.lower(),
            "step": after.step,
            "reason": reason.name,
            "said": reason.value,
        }
        told = {key: value for key, value in (("by", by), ("why", why)) if value}
        return replace(after, history=(*self.history, {**event, **told}))

    def written(self) -> dict[str, Any]:
        """As JSON has it: beside the state its weights, which are what the state says and nothing else."""
        parts = weights(self.state, self.plan)
        return {
            "schema": SCHEMA,
            "rollout": self.rollout,
            "model": self.model,
            "challenger": self.challenger,
            "step": self.step,
            "weights": {"champion": parts.champion, "challenger": parts.challenger, "mirrored": parts.mirrored},
            "servers": self.servers,
            "reason": self.reason.name,
            "said": self.reason.value,
            "pending": self.pending,
            "trouble": self.trouble,
            "unrouted": self.unrouted,
            "seen": self.seen,
            "spool": self.spool,
            "state": write_record(self.state),
            "plan": write_record(self.plan),
            "history": list(self.history),
        }


def place_of(specification: Specification) -> Path:
    """Where the rollout of a model is stored."""
    return specification.releasing.directory / "rollouts" / f"{specification.monitor.name}.json"


def store(path: Path, filed: Filed) -> Filed:
    """Write it down; from then on it holds."""
    paper.write(path, filed.written())
    return filed


def load(path: Path) -> Filed | None:
    """The rollout that is stored; None where there is none.

    Raises:
        UnreadableData: the file is not what `store` leaves.
    """
    found = paper.read(path)
    if found is None or "plan" not in found:
        return None
    try:
        return Filed(
            rollout=found["rollout"],
            model=found["model"],
            challenger=found["challenger"],
            plan=read_record(found["plan"]),
            state=read_record(found["state"]),
            reason=Reason[found["reason"]],
            spool=found["spool"],
            servers=dict(found["servers"]),
            pending=found["pending"],
            history=tuple(found["history"]),
            trouble=found["trouble"],
            unrouted=found.get("unrouted", ""),
            seen=found.get("seen", ""),
        )
    except (LookupError, TypeError) as error:
        raise UnreadableData(f"the rollout in {str(path)!r} cannot be read: {error}", hint="put back a copy, or remove it") from error


def refuse_while_running(specification: Specification) -> None:
    """A model that is being released is not to be replaced meanwhile.

    Raises:
        StateError: a rollout is on.
    """
    filed = load(place_of(specification))
    if filed is not None and filed.running:
        fact = f"version {filed.challenger} of {filed.model!r} is being released"
        raise StateError(fact, hint="wait until it is over, or end it: driftline rollout abort")
