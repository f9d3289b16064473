"""What the gate leaves beside a candidate in the registry: the confusion matrices of both models, and its table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.release.table import table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from driftline.release.proof import Proof
    from driftline.rollout.trial import Answers, Trial

CONFUSION, GATE, PROOF = "confusion_matrix.json", "gate.md", "gate.json"


def papers(proof: Proof, trial: Trial) -> dict[str, str]:
    """The papers of a proof, by the names of their files.

    Args:
        proof: what the gate said.
        trial: both models on the rows of the holdout.
    """
    found = {GATE: table(proof), PROOF: _json(proof.written())}
    matrix = confusion(trial)
    return found if matrix is None else {CONFUSION: _json(matrix), **found}


def confusion(trial: Trial) -> Mapping[str, Any] | None:
    """How often each class was chosen where each came true, of both models on the same rows; None where numbers are predicted.

    Returns:
        `classes`, the codes of the classes; `rows`, how many were judged; and for each model a matrix with a line for each
        class that came true and a column for each that was chosen.
    """
    known = trial.judged()
    sides = {"champion": known.champion, "challenger": known.challenger}
    if known.champion.decision is None or not len(known):
        return None
    told = np.concatenate([known.label.astype(np.intp), *(one.decision for one in sides.values() if one.decision is not None)])
    classes = np.unique(told).tolist()
    counted = {name: _counted(known.label, one, classes) for name, one in sides.items()}
    return {"schema": 1, "classes": classes, "rows": len(known), "lines": "came true", "columns": "chosen", **counted}


def _counted(label: NDArray[np.float64], side: Answers, classes: list[int]) -> list[list[int]]:
    return [[int(((label == came) & (side.decision == chosen)).sum()) for chosen in classes] for came in classes]


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
