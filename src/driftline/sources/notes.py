"""What was found wrong with the data while it was read, each thing once however often it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.verdicts.report import Finding

if TYPE_CHECKING:
    from collections.abc import Hashable

    from driftline.monitor import Monitor
    from driftline.ports import Source


class Notes:
    """The findings of one source. A finding noted again under its key replaces the older one."""

    def __init__(self) -> None:
        self._findings: dict[Hashable, Finding] = {}

    def add(self, where: str, what: str, *, rows: int = 0, hint: str = "", key: Hashable = None) -> None:
        """Note a finding; without a key it is the same as any other with its place and its words."""
        self._findings[(where, what) if key is None else key] = Finding(where=where, what=what, rows=rows, hint=hint)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._findings

    def all(self) -> tuple[Finding, ...]:
        """The findings, in the order in which they were first noted."""
        return tuple(self._findings.values())


def new_columns(reference: Source, current: Source, monitor: Monitor) -> tuple[Finding, ...]:
    """Columns that the current data has and the reference does not, where nobody said which ones are watched."""
    hints = monitor.hints
    if hints.features is not None:
        return ()
    said = {*hints.roles, *hints.unkept, *hints.segments, hints.label_time, monitor.windowing.column, *reference.schema().names}
    new = [name for name in current.schema().names if name not in said]
    if not new:
        return ()
    shown = ", ".join(repr(name) for name in new[:NEW_SHOWN]) + (f" and {len(new) - NEW_SHOWN} more" if len(new) > NEW_SHOWN else "")
    hint = "they are not compared; where the model reads them, make a new reference"
    return (Finding(where="the current data", what=f"columns that the reference does not have: {shown}", hint=hint),)


NEW_SHOWN = 5
"""New columns that are named."""
