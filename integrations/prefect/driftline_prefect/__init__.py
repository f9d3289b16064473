"""driftline in Prefect: tasks that call its command, one round of a monitor for a flow, and triggers by what is decided."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from prefect import get_run_logger, task
from prefect.events import DeploymentEventTrigger, emit_event

DECIDED = "driftline.decided"
"""The event of a round; its resource carries the action and the verdict."""

ANSWERS = frozenset({0, 1})
"""Exit codes that are answers: stable or inconclusive, and drifted."""


def driftline(command: str, *words: str) -> str:
    """What driftline wrote, from its own environment."""
    done = subprocess.run([command, *words], capture_output=True, text=True, check=False)  # noqa: S603  the words are the flow's author's, and no shell reads them
    if done.returncode not in ANSWERS:
        raise RuntimeError(done.stderr)
    return done.stdout


@task(retries=2, retry_delay_seconds=30)
def check(config: str = "driftline.yaml", command: str = "driftline") -> dict[str, Any]:
    """Count, compare, judge and decide: `verdict`, `action`, `reason`."""
    report = json.loads(driftline(command, "check", "-c", config, "--json"))
    decision = report.get("decision") or {"action": "hold", "reason": report["reason"]}
    return {"verdict": report["verdict"], "action": decision["action"], "reason": decision["reason"]}


@task
def retrain(reason: str, config: str = "driftline.yaml", command: str = "driftline") -> str:
    """Train a challenger; the champion goes on serving.

    Raises:
        RuntimeError: there is no model, though it was tried again as often as driftline.yaml says.
    """
    said = driftline(command, "retrain", "-c", config, "--reason", reason, "--json")
    run = json.loads(said)["run"]
    if json.loads(said)["version"] is None:
        raise RuntimeError(f"no model: {run['end']}: {run['why']}")
    return said


def watched(monitor: str, config: str = "driftline.yaml", command: str = "driftline") -> dict[str, Any]:
    """One round inside a flow: check, say what is decided, retrain where that is it.

    Raises:
        RuntimeError: the data must be fixed, so that its owner is told as of any failure.
    """
    found = check(config, command)
    get_run_logger().info("%s: %s", found["action"], found["reason"])
    resource = {**_resource(monitor), "driftline.action": found["action"], "driftline.verdict": found["verdict"]}
    emit_event(DECIDED, resource=resource, payload=found)
    if found["action"] == "retrain":
        retrain(found["reason"], config, command)
    if found["action"] == "fix data":
        raise RuntimeError(found["reason"])
    return found


def decided(monitor: str, action: str) -> DeploymentEventTrigger:
    """The trigger of a deployment that is to run when a round decides on an action: `flow.serve(triggers=[decided("shop", "look")])`."""
    return DeploymentEventTrigger(
        name=f"driftline {monitor}: {action}", expect={DECIDED}, match={**_resource(monitor), "driftline.action": action}
    )


def _resource(monitor: str) -> dict[str, str]:
    return {"prefect.resource.id": f"driftline.{monitor}"}
