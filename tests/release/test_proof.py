"""A proof as JSON has it."""

from __future__ import annotations

import json
import math

from driftline.release.proof import Proof
from driftline.rollout.claims import Check, Outcome
from driftline.rollout.gate import GateReport


def test_what_is_not_known_is_null_and_an_override_passes() -> None:
    """JSON has no NaN; who overrode the gate stands in it."""
    report = GateReport(Outcome.FAIL, (Check("size", Outcome.FAIL, "size: too large"),), None, "the challenger fails: size: too large")
    proof = Proof(model="m", challenger="2", champion="1", report=report, rows=3, span=("a", "b"), overridden=("ann", "it is urgent"))
    assert math.isnan(report.checks[0].value)
    told = json.loads(json.dumps(proof.written(), allow_nan=False))
    assert (told["passes"], told["checks"][0]["value"], told["overridden"]) == (True, None, {"by": "ann", "why": "it is urgent"})
