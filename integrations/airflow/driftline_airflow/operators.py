"""Operators that call the command `driftline`: check, wait for a verdict, branch by what is decided, retrain."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseBranchOperator, BaseOperator, BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from logging import Logger

ANSWERS = frozenset({0, 1})
"""Exit codes that are answers: stable or inconclusive, and drifted."""

OUTSIDE = 6
"""The exit code where the world did not answer: the only one that a retry may mend."""


def verdict_asset(monitor: str) -> Asset:
    """The asset that a check marks: its events say the verdict and what to do, and other DAGs can be scheduled by it."""
    return Asset(name=f"driftline_{monitor}", uri=f"driftline://{monitor}/verdict")


def challenger_asset(monitor: str) -> Asset:
    """The asset that a retraining marks: whoever evaluates or releases challengers can be scheduled by it."""
    return Asset(name=f"driftline_{monitor}_challenger", uri=f"driftline://{monitor}/challenger")


def called(words: Sequence[str], log: Logger) -> str:
    """What driftline wrote; what no retry mends fails at once."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  the words are the DAG's author's, and no shell reads them
    if done.returncode == OUTSIDE:
        raise RuntimeError(done.stderr)
    if done.returncode not in ANSWERS:
        raise AirflowFailException(done.stderr)
    log.info(done.stderr)
    return done.stdout


def found_by(command: str, config: str, arguments: Iterable[str], log: Logger) -> dict[str, Any]:
    """Check, and keep of the report what a task hands to the next one."""
    report = json.loads(called([command, "check", "-c", config, "--json", *arguments], log))
    decision = report.get("decision") or {"action": "hold", "reason": report["reason"]}
    drifted = {
        column["name"] for window in report["windows"] for column in window["columns"] if column["verdict"] == "drifted"
    }  # fmt: skip
    return {"verdict": report["verdict"], "action": decision["action"], "reason": decision["reason"], "columns": sorted(drifted)}


class DriftlineCheckOperator(BaseOperator):
    """Counts, compares, judges and decides; gives `verdict`, `action`, `reason` and the drifted `columns`.

    Its outlets' asset events carry the same.

    Args:
        config: the monitor's driftline.yaml.
        command: driftline, as this worker finds it.
        arguments: more words for `driftline check`, such as `--window last`.
    """

    template_fields: Sequence[str] = ("config", "command", "arguments")

    def __init__(self, *, config: str = "driftline.yaml", command: str = "driftline", arguments: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.command = command
        self.arguments = arguments

    def execute(self, context: Any) -> dict[str, Any]:
        """Check once."""
        found = found_by(self.command, self.config, self.arguments, self.log)
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = found
        return found


class DriftlineSensor(BaseSensorOperator):
    """Waits until a window has one of some verdicts: without more words, until the newest has enough rows to be judged.

    Args:
        until: the verdicts that end the waiting.
        window: the window's label; `last` is the newest.
        config: the monitor's driftline.yaml.
        command: driftline, as this worker finds it.
    """

    template_fields: Sequence[str] = ("config", "command", "window")

    def __init__(
        self,
        *,
        until: Iterable[str] = ("stable", "drifted"),
        window: str = "last",
        config: str = "driftline.yaml",
        command: str = "driftline",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.until = tuple(until)
        self.window = window
        self.config = config
        self.command = command

    def poke(self, context: Any) -> PokeReturnValue:
        """Look once."""
        del context
        found = found_by(self.command, self.config, ("--window", self.window), self.log)
        return PokeReturnValue(found["verdict"] in self.until, found)


class DriftlineBranchOperator(BaseBranchOperator):
    """Goes on with the task that belongs to what is decided.

    Args:
        found: what a check gave: `check.output`.
        follow: the task, or tasks, for each action: hold, look, fix data, recalibrate, retrain, roll back, fall back.
        otherwise: the task for all other actions.
    """

    template_fields: Sequence[str] = ("found",)

    def __init__(self, *, found: Any, follow: Mapping[str, str | list[str]], otherwise: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.found = found
        self.follow = follow
        self.otherwise = otherwise

    def choose_branch(self, context: Any) -> str | list[str]:
        """The tasks to go on with; the name is Airflow's."""
        del context
        self.log.info("%s: %s", self.found["action"], self.found["reason"])
        return self.follow.get(self.found["action"], self.otherwise)


class DriftlineRetrainOperator(BaseOperator):
    """Trains a challenger as driftline.yaml says; the champion goes on serving.

    It fails where there is no model. Its outlets' asset events carry the challenger's `version` and the `reason`.

    Args:
        reason: why, for the record.
        config: the monitor's driftline.yaml.
        command: driftline, as this worker finds it.
    """

    template_fields: Sequence[str] = ("config", "command", "reason")

    def __init__(self, *, reason: Any, config: str = "driftline.yaml", command: str = "driftline", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reason = reason
        self.config = config
        self.command = command

    def execute(self, context: Any) -> dict[str, Any]:
        """Train, and give what the command says of it; without a model there is no challenger to mark."""
        said: dict[str, Any] = json.loads(
            called([self.command, "retrain", "-c", self.config, "--reason", str(self.reason), "--json"], self.log)
        )
        if said["version"] is None:
            # It was tried again already, as often as driftline.yaml says.
            raise AirflowFailException(f"no model: {said['run']['end']}: {said['run']['why']}")
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = {"version": said["version"], "reason": str(self.reason)}
        return said
