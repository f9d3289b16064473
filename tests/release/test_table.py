"""The gate's table for people."""

from __future__ import annotations

from driftline.release.proof import Proof
from driftline.release.table import table
from driftline.rollout.claims import Check, Outcome
from driftline.rollout.gate import GateReport


def test_the_table_says_everything() -> None:
    """Outcome, each check, rows and times, more rows where they may settle it, and who overrode it."""
    open_one = Check("churn", Outcome.INCONCLUSIVE, "churn is not settled", 0.05, 0.01, 0.2, 0.1, 50, 40)
    checks = (open_one, Check("size", Outcome.PASS, "small"))
    report = GateReport(Outcome.INCONCLUSIVE, checks, 40, "not known yet")
    proof = Proof(model="shop", challenger="2", champion="1", report=report, rows=50, span=("a", "b"), overridden=("ann", "she looked"))
    said = table(proof)
    assert "version 2 against version 1" in said
    assert "| churn | inconclusive | 0.05 | 0.01 to 0.2 | 0.1 | 50 |" in said
    assert "| size | pass |  |  |  |  |" in said
    assert "About 40 more rows" in said
    assert "Overridden by ann: she looked." in said
