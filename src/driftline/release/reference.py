"""The reference after a promotion: the newest rows that the new model never saw, with its own answers; the one before is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from driftline import paper
from driftline.lock import held
from driftline.release.prove import proved
from driftline.release.trials import numbers
from driftline.schema import Role
from driftline.training.scoring import ANSWERS, PREDICTION, SCORE

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.config.specification import Specification

HISTORY, NOW = "history.json", "reference.parquet"
SCHEMA = 1


def place_of(specification: Specification) -> Path:
    """The folder of a model's references: `reference.parquet` holds now, `VERSION.parquet` belongs to a version."""
    return specification.releasing.directory / "references" / specification.monitor.name


def renew(specification: Specification, version: str, now: datetime) -> str:
    """Make the rows on which a version was proved the reference; what is to be told: nothing, or why that cannot be done.

    They are newer than all it learnt from, so that its answers to them are as good as those in service: answers to rows that it learnt
    from would be better, and every day after would look worse. Done again, it ends the same way.

    Args:
        specification: the monitor.
        version: the one that is promoted.
        now: when.
    """
    proof = proved(specification, version)
    rows = Path(str((proof or {}).get("rows_in") or "nowhere"))
    answers = specification.releasing.directory / "proofs" / specification.monitor.name / version / f"answers-{version}" / ANSWERS
    if not rows.is_dir() or not answers.exists():
        return "there is no new reference: the rows on which it was proved, or its answers to them, are not at hand"
    table = pq.read_table(sorted(rows.glob("*.parquet")))
    found = _answered(specification, table, pq.read_table(answers).slice(0, table.num_rows))
    folder = place_of(specification)
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / "lock", f"a change of the reference of {specification.monitor.name!r}"):
        _written(folder / f"{version}.parquet", found)
        _put(folder, version, now, "promoted")
    return ""


def restore(specification: Specification, version: str, now: datetime) -> None:
    """Take a version's reference back, where it is the one that holds: the one before it holds again; without one, none does."""
    folder = place_of(specification)
    if _holds(folder) != version:
        return
    with held(folder / "lock", f"a change of the reference of {specification.monitor.name!r}"):
        before = [one["version"] for one in _history(folder) if one["version"] != version and one["what"] == "promoted"]
        _put(folder, before[-1] if before else "", now, "taken back")


def _holds(folder: Path) -> str:
    history = _history(folder)
    return str(history[-1]["version"]) if history else ""


def _history(folder: Path) -> list[dict[str, Any]]:
    return list((paper.read(folder / HISTORY) or {}).get("history") or ())


def _put(folder: Path, version: str, now: datetime, what: str) -> None:
    """Have a version's reference hold; the file is replaced as a whole, then the history is written."""
    if version:
        beside = paper.draft(folder / NOW)
        shutil.copyfile(folder / f"{version}.parquet", beside)
        beside.replace(folder / NOW)
    else:
        (folder / NOW).unlink(missing_ok=True)
    history = _history(folder)
    if not history or (history[-1]["version"], history[-1]["what"]) != (version, what):
        paper.write(folder / HISTORY, {"schema": SCHEMA, "history": [*history, {"at": now.isoformat(), "version": version, "what": what}]})


def _answered(specification: Specification, table: pa.Table, answers: pa.Table) -> pa.Table:
    """The rows with the new model's score and prediction in place of the old one's."""
    hints, threshold = specification.monitor.hints, specification.monitor.policy.goal.threshold
    said: dict[str, pa.ChunkedArray] = {name: answers[name] for name in (SCORE, PREDICTION) if name in answers.column_names}
    if SCORE in said and PREDICTION not in said:
        score = numbers(said[SCORE].to_pylist())
        said[PREDICTION] = pa.chunked_array([pa.array((score >= threshold).astype(int))])
    for role, what in ((Role.SCORE, SCORE), (Role.PREDICTION, PREDICTION)):
        name = hints.named(role)
        if name in table.column_names:
            place = table.schema.get_field_index(name)
            kind = table.schema.field(place).type
            column = said[what].cast(kind, safe=False) if what in said else pa.nulls(table.num_rows, kind)
            table = table.set_column(place, name, column)
    return table


def _written(path: Path, table: pa.Table) -> None:
    beside = paper.draft(path)
    pq.write_table(table, beside)
    beside.replace(path)
