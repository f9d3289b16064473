"""Prove: champion and challenger on the newest rows whose labels are known and that the challenger never saw, held against the gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from driftline import paper
from driftline.errors import ConfigError, StateError
from driftline.registries.aliases import Alias
from driftline.release.papers import papers
from driftline.release.proof import Proof
from driftline.release.prospect import prospects
from driftline.release.retrain import models
from driftline.release.rows import cutting, labelled
from driftline.release.stress import cut, planned
from driftline.release.trials import Words, numbers, text_of
from driftline.rollout.claims import Check, Outcome
from driftline.rollout.gate import Facts, GateReport, judge
from driftline.rollout.paired import Gain, mean_gain
from driftline.rollout.trial import Trial
from driftline.schema import Role, Task
from driftline.training.scoring import Said, answers, ask
from driftline.training.signature import mismatch, signature_of
from driftline.training.snapshot import Wanted, opened, take

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pyarrow as pa

    from driftline.config.specification import Specification
    from driftline.ports import Models
    from driftline.training.snapshot import Snapshot


def prove(
    specification: Specification,
    now: datetime,
    tell: Callable[[str], None],
    *,
    version: str = "",
    answered: Path | None = None,
    override: tuple[str, str] | None = None,
) -> Proof:
    """Hold a challenger against the gate; what comes out is written down.

    Args:
        specification: the monitor, its gate, and how a model is asked.
        now: labels that came later are not known.
        tell: is told the log of asking.
        version: of the challenger; that of the alias by default.
        answered: a Parquet file of the challenger's answers to the rows kept, in their order, where it was asked elsewhere.
        override: a person's name and reason, to release it whatever the gate says.

    Raises:
        StateError: there is no challenger.
        ConfigError: it is not said how a model is asked.
        DataError: there are no rows, or a model did not answer.
    """
    registry, name = models(specification), specification.monitor.name
    version = version or registry.aliases(name).get(Alias.CHALLENGER, "")
    if not version:
        raise StateError(f"{name!r} has no challenger", hint="train one: driftline retrain")
    about = registry.about(name, version)
    rows = _rows(specification, about, now)
    table = pq.read_table([rows.folder / file["name"] for file in rows.manifest["files"]])
    place = specification.releasing.directory / "proofs" / name / version
    unseen = place / "rows"
    stress = planned(specification, table, _features(specification, table))
    unseen.mkdir(parents=True, exist_ok=True)
    asked = stress.table
    pq.write_table(asked, unseen / "rows-00000.parquet")
    champion = "" if answered else registry.aliases(name).get(Alias.CHAMPION, "")
    said = answers(answered, table.num_rows) if answered else _asked(specification, registry, version, unseen, asked.num_rows, tell)
    theirs = _asked(specification, registry, champion, unseen, asked.num_rows, tell) if champion else None
    words = Words.of(specification)
    own = cut(said, 0, table.num_rows)
    trial = _trial(specification, table, words, _recorded(specification, table) if theirs is None else cut(theirs, 0, table.num_rows), own)
    beside = tuple(stress.beside(theirs, said, lambda labels, first, second: _tried(words, labels, first, second)))
    report = judge(trial, specification.releasing.gate, _facts(about, rows, own), beside, stress.leaning(theirs, said))
    report = _with(report, _signature(registry, name, version, table))
    value, currency = _value(specification, trial)
    span = (str(rows.manifest["from"] or ""), str(rows.manifest["to"] or ""))
    proof = Proof(
        model=name, challenger=version, champion=champion, report=report, rows=table.num_rows, span=span, value=value, currency=currency
    )
    proof = replace(proof, overridden=override, prospects=prospects(trial, specification.releasing.plan, span))
    paper.write(place / "proof.json", {"at": now.isoformat(), "rows_in": str(rows.folder.resolve()), **proof.written()})
    registry.attach(name, version, papers(proof, trial))
    return proof


def proved(specification: Specification, version: str) -> Mapping[str, Any] | None:
    """What the gate said of a version before; None where it was not asked."""
    return paper.read(specification.releasing.directory / "proofs" / specification.monitor.name / version / "proof.json")


def _rows(specification: Specification, about: Mapping[str, Any], now: datetime) -> Snapshot:
    """Rows with labels after the last that the challenger learnt from."""
    found = labelled(specification, now)
    until = about.get("trained_until")
    since = found.kept_from if not until else datetime.fromtimestamp(datetime.fromisoformat(until).timestamp() + 1, tz=now.tzinfo)
    wanted = Wanted(label=found.label, since=since)
    return opened(take(found.source, wanted, cutting(specification, found.time), specification.releasing.directory / "holdout", now).folder)


def _features(specification: Specification, table: pa.Table) -> list[str]:
    """The columns without what came true and what the champion said, for a model to be asked about."""
    hints = specification.monitor.hints
    known = {name for name, role in hints.roles.items() if role in {Role.LABEL, Role.PREDICTION, Role.SCORE, Role.LATENCY, Role.ERROR}}
    known |= {hints.label_time} if hints.label_time else set()
    labels = specification.places.labels
    known |= {labels.time, f"{hints.named(Role.LABEL)}_{labels.time}"} if labels and labels.time else set()
    return [name for name in table.column_names if name not in known]


def _asked(specification: Specification, registry: Models, version: str, rows: Path, count: int, tell: Callable[[str], None]) -> Said:
    recipe = specification.releasing.score
    if recipe is None:
        hint = "write training: {score: python score.py}, or give its answers: --answers"
        raise ConfigError("it is not said how a model is asked about rows", hint=hint)
    folder = registry.folder(specification.monitor.name, version)
    return ask(folder, rows, count, recipe, rows.parent / f"answers-{version}", tell)


def _recorded(specification: Specification, table: pa.Table) -> Said:
    """What the champion said when it was asked, as the rows have it."""
    hints = specification.monitor.hints
    score, prediction = hints.named(Role.SCORE), hints.named(Role.PREDICTION)
    if score is None and prediction is None:
        fact = "there is no champion in the registry, and no column says what it answered"
        raise ConfigError(fact, hint="write columns: {score: …} or {prediction: …}")
    read = {name: table[name].to_pylist() for name in (score, prediction) if name}
    return Said(read.get(score or ""), read.get(prediction or ""), None)


def _trial(specification: Specification, table: pa.Table, words: Words, champion: Said, challenger: Said) -> Trial:
    label = specification.monitor.hints.named(Role.LABEL)
    cut_by = [name for name in specification.monitor.hints.segments if name in table.column_names]
    segments = {name: np.array([text_of(value) or "null" for value in table[name].to_pylist()]) for name in cut_by}
    return replace(_tried(words, table[label].to_pylist(), champion, challenger), segments=segments)


def _tried(words: Words, labels: list[Any], champion: Said, challenger: Said) -> Trial:
    """Both models' answers to rows beside what came true."""
    prediction = (champion.prediction, challenger.prediction)
    if None in prediction and words.task is Task.BINARY:
        # Both decide in the same way: by the threshold where one of them only scores.
        prediction = (None, None) if champion.score is not None and challenger.score is not None else prediction
    theirs, own = words.answers(champion.score, prediction[0]), words.answers(challenger.score, prediction[1])
    return Trial(words.labels(labels), theirs, own)


def _facts(about: Mapping[str, Any], rows: Snapshot, said: Said) -> Facts:
    until, begins = about.get("trained_until"), rows.manifest["from"]
    return Facts(
        latencies=numbers(said.latency) if said.latency is not None else None,
        size=((about.get("lineage") or {}).get("model") or {}).get("bytes"),
        trained_until=datetime.fromisoformat(until) if until else None,
        rows_from=datetime.fromisoformat(begins) if begins else None,
    )


def _signature(registry: Models, name: str, version: str, table: pa.Table) -> Check:
    champion = registry.aliases(name).get(Alias.CHAMPION, "")
    wanted = signature_of(registry.folder(name, version))
    if wanted is None:
        return Check("signature", Outcome.PASS, "signature: the challenger does not say what it wants, and answered the rows")
    wrong = mismatch(wanted, signature_of(registry.folder(name, champion)) if champion else None, table.column_names)
    return Check("signature", Outcome.FAIL if wrong else Outcome.PASS, f"signature: {wrong or 'it wants what there is'}")


def _with(report: GateReport, check: Check) -> GateReport:
    if check.outcome is not Outcome.FAIL:
        return replace(report, checks=(*report.checks, check))
    return GateReport(Outcome.FAIL, (*report.checks, check), None, f"the challenger fails: {check.sentence}")


def _value(specification: Specification, trial: Trial) -> tuple[Gain | None, str]:
    """What its decisions are worth beside the champion's, a row."""
    goal, known = specification.monitor.policy.goal, trial.judged()
    if goal.value is None or known.champion.decision is None or known.challenger.decision is None or not len(known):
        return None, ""
    # (true positive, false positive, true negative, false negative) by what was said and what came true.
    amounts = np.array([[goal.value[2], goal.value[3]], [goal.value[1], goal.value[0]]])
    came = known.label.astype(np.intp)
    worth = [amounts[side.decision, came] for side in (known.champion, known.challenger) if side.decision is not None]
    return mean_gain(-worth[0], -worth[1]), goal.currency
