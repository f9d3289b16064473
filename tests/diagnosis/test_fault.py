"""The record of a fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.fault import Fault


@given(st.dictionaries(st.text(), st.floats(0, 1)))
def test_a_fault_explains_what_its_evidence_says(evidence: dict[str, float]) -> None:
    """Where the evidence does not say how much it explains, the fault is its own explanation."""
    fault = Fault(
        signature="x", columns=("a",), window="w", share=1, interval=(0, 1), evidence=evidence, p_value=0, confidence=1, cause="", remedy=""
    )
    assert fault.explained == pytest.approx(evidence.get("explained", 1.0))
    assert fault.spoils
