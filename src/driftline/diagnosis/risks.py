"""What may go wrong next: labels that mislead or are too few, a column that knows the answer, a model that learns from itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.diagnosis.rowwise import associated
from driftline.diagnosis.wording import rows
from driftline.performance.maturity import SURPRISING
from driftline.schema import Role
from driftline.verdicts.diagnosis import Change, Diagnosis
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.diagnosis.case import Case
    from driftline.verdicts.report import WindowReport

SUDDEN = 0.3
"""By so much closer (Cramér's V) a column must go with the label than in the reference: Cohen 1988 calls 0.3 medium."""

KNOWS = 0.6
"""And at least so closely: what tells so much of the answer was hardly known before it."""

ECHO = 0.95
"""Labels that go with the predictions so closely may be the predictions."""

FEWEST = 100
"""With fewer labelled rows in the sample nothing is said."""

OVERDUE = 0.5
"""Labels are overdue where less than this part of those expected has come, and so few surprisingly."""

OLD, SPANS = 90.0, 2.0
"""A reference is old if it ended so many days, and so many times its own length, before the window."""

OUTPUTS = frozenset({Role.PREDICTION, Role.SCORE})
DAY = 86_400.0
CONFIDENCE = 0.5


def risks(case: Case, window: WindowReport) -> list[Diagnosis]:
    """The risks that show in a window's labels, rows and age."""
    return [*_of_labels(case, window), *_of_answers(case), *_of_age(case)]


def _of_labels(case: Case, window: WindowReport) -> Iterator[Diagnosis]:
    """Labels that are not like the rest, that do not come, or that are too few to judge by."""
    labels = window.labels
    if labels is None:
        return
    if labels.skewed:
        yield _risk(
            case,
            "label_skew",
            f"labels came for rows unlike the others: {labels.skew}",
            "weight labelled rows by how likely they have a label",
        )
    usual, come = labels.expected, round(labels.coverage * window.rows)
    # Where hardly any are usual, none at all is nothing to speak of.
    if usual is not None and labels.coverage < OVERDUE * usual and special.bdtr(come, window.rows, usual) < SURPRISING:
        sentence = f"labels are overdue: {rows(labels.coverage)} have one, where {rows(usual)} are usual at this age"
        yield _risk(case, "labels_overdue", sentence, "find out whether the source of labels still runs, before performance is believed")
    undecided = [one for one in window.performance if one.decides and one.verdict is Verdict.INCONCLUSIVE]
    needed = max((one.rows_needed or 0 for one in undecided), default=0)
    if needed > labels.labelled > 0:
        sentence = f"{labels.labelled:,} labels are too few to tell how well the model does; {needed:,} would be enough"
        yield _risk(case, "few_labels", sentence, "label more rows, the doubtful ones first, or judge longer windows")


def _of_answers(case: Case) -> Iterator[Diagnosis]:
    """A column that suddenly tells much of the label; a label that is suddenly the prediction."""
    place = case.plan.with_role(Role.LABEL)
    if place is None:
        return
    known = [side.codes[np.isfinite(side.values[:, place])] for side in (case.rows.reference, case.rows.now)]
    if min(len(codes) for codes in known) < FEWEST:
        return
    before, now = (associated(codes, place) for codes in known)
    sudden = np.flatnonzero(now - before >= SUDDEN).tolist()
    echoes = [at for at in sudden if case.plan.columns[at].column.role in OUTPUTS and now[at] >= ECHO]
    for at in echoes:
        name, much = case.plan.names[at], f"(Cramér's V {before[at]:.2f}, now {now[at]:.2f})"
        sentence = f"labels are suddenly nearly what the model says in {name} {much}: they may be made from its own predictions"
        remedy = "keep a share of rows out of the model's reach, and judge and train by their labels"
        yield _risk(case, "feedback_loop", sentence, remedy, (name,), {"was": float(before[at]), "is": float(now[at])})
    # Labels made from predictions go with all that these are made of.
    for at in sudden if not echoes else ():
        if case.plan.columns[at].column.role in {Role.FEATURE, Role.SEGMENT} and now[at] >= KNOWS:
            name, much = case.plan.names[at], f"(Cramér's V {before[at]:.2f}, now {now[at]:.2f})"
            sentence = f"{name} suddenly tells much of the label {much}: it may be filled in after the answer is known"
            remedy = "see when and from what the column is made, before a model learns from it"
            yield _risk(case, "leakage", sentence, remedy, (name,), {"was": float(before[at]), "is": float(now[at])})


def _of_age(case: Case) -> Iterator[Diagnosis]:
    """A reference that ended long ago: the model knows another time."""
    place = case.plan.with_role(Role.TIMESTAMP)
    if place is None:
        return
    first, last = case.total.extremes[place].tolist()
    now = float(case.now.extremes[place, 0])
    age = (now - last) / DAY
    if np.isfinite(age) and age > max(OLD, SPANS * (last - first) / DAY):
        sentence = f"the reference ended {age:,.0f} days before this window: what drifted may have drifted for long"
        yield _risk(case, "stale_reference", sentence, "take a newer reference, or retrain on newer rows", evidence={"days": age})


def _risk(
    case: Case, kind: str, sentence: str, remedy: str, columns: tuple[str, ...] = (), evidence: dict[str, float] | None = None
) -> Diagnosis:
    return Diagnosis(
        change=Change.RISK,
        kind=kind,
        columns=columns,
        sentence=sentence,
        remedy=remedy,
        confidence=CONFIDENCE,
        evidence=evidence or {},
        since=case.window,
    )
