"""What a model is given: the columns it says it wants, so that one which wants others never gets near traffic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from driftline import paper
from driftline.errors import UnreadableData

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Signature = dict[str, str]
    """Columns with their types."""

FILE, OF_MLFLOW = "signature.json", "MLmodel"


def signature_of(folder: Path) -> Signature | None:
    """The inputs that a model's folder tells of, in `signature.json` or in MLflow's `MLmodel`; None where it tells nothing.

    Raises:
        UnreadableData: the file is not what it should be.
    """
    if (folder / FILE).exists():
        found = paper.read(folder / FILE) or {}
        return _columns(found.get("inputs"), folder / FILE)
    if (folder / OF_MLFLOW).exists():
        try:
            said = yaml.safe_load((folder / OF_MLFLOW).read_text(encoding="utf-8"))
            inputs = (said.get("signature") or {}).get("inputs")
            return _columns(json.loads(inputs), folder / OF_MLFLOW) if inputs else None
        except (yaml.YAMLError, AttributeError, ValueError) as error:
            raise UnreadableData(f"{str(folder / OF_MLFLOW)!r} is no MLflow model", hint="log the model with mlflow again") from error
    return None


def mismatch(wanted: Signature | None, champion: Signature | None, known: Iterable[str]) -> str:
    """Why a model cannot take the champion's place; empty where it can, or where nobody says.

    Args:
        wanted: what the new model wants.
        champion: what the champion wants.
        known: columns that there are.
    """
    if wanted is None:
        return ""
    if strange := sorted(set(wanted) - set(known)):
        return f"it wants {', '.join(strange)}, which the rows do not have"
    if champion is None:
        return ""
    added, gone = sorted(set(wanted) - set(champion)), sorted(set(champion) - set(wanted))
    changed = sorted(name for name in set(wanted) & set(champion) if wanted[name] != champion[name])
    told = [
        f"{what} {', '.join(names)}" for what, names in (("also wants", added), ("lacks", gone), ("has other types for", changed)) if names
    ]
    return f"unlike the champion it {' and '.join(told)}" if told else ""


def _columns(said: object, path: Path) -> Signature:
    if isinstance(said, dict):
        return {str(name): str(kind) for name, kind in said.items()}
    if isinstance(said, list) and all(isinstance(one, dict) for one in said):
        return {str(one.get("name", place)): str(one.get("type", "")) for place, one in enumerate(said)}
    raise UnreadableData(f"{str(path)!r} does not say which inputs the model wants", hint='write {"inputs": {"amount": "double"}}')
