"""A monitor: what is watched, how it is cut into windows, and what is promised about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from driftline.decisions.evidence import Past
from driftline.decisions.terms import Terms
from driftline.schema import Role, Task
from driftline.verdicts.policy import Policy
from driftline.window import Windowing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.schema import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnHints:
    """What is said about columns beforehand; whatever is not said is inferred from the reference.

    `roles` names single columns (`{"ts": Role.TIMESTAMP}`); with `features` only those columns are
    features and the rest is ignored; with `segments` every window is also judged per value of each
    named column, or per condition (`{"large": "amount > 100"}`). `label_time` names the column that says
    since when a row's label is known; `version` the column with the model's registered version.
    Of a ranking, `item` names the column that says what is shown.
    Columns that are `unkept` are not compared, if they are there at all.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)
    features: tuple[str, ...] | None = None
    segments: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    label_time: str | None = None
    version: str | None = None
    item: str | None = None
    unkept: frozenset[str] = frozenset()

    def named(self, role: Role) -> str | None:
        """The column that was given that role."""
        return next((name for name, given in self.roles.items() if given is role), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor, as `driftline.yaml` describes it, less the places where its data lies."""

    name: str = "monitor"
    task: Task = Task.NONE
    hints: ColumnHints = field(default_factory=ColumnHints)
    windowing: Windowing = field(default_factory=Windowing)
    policy: Policy = field(default_factory=Policy)
    terms: Terms = field(default_factory=Terms)
    past: Past = field(default_factory=Past)
