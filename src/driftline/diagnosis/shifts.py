"""The kind of a change that is no fault: of the inputs, of the labels, of what they have to do with each other, or of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.diagnosis.wording import listed, rows
from driftline.schema import WATCHED_ROLES, Role
from driftline.verdicts.diagnosis import Change, Diagnosis
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.diagnosis.case import Case
    from driftline.verdicts.report import ColumnReport, MetricReport, Score, WindowReport

FILLED = 0.05
"""A column whose share of nulls fell by more than this has begun to be filled."""

CREDIBLE = {
    Change.SCHEMA: 0.6,
    Change.VOLUME: 0.6,
    Change.CONCEPT: 0.6,
    Change.LABEL: 0.5,
    Change.COVARIATE: 0.5,
    Change.OUTPUT: 0.4,
    Change.DEPENDENCE: 0.4,
    Change.UNKNOWN: 0.1,
}
"""How sure each kind can be without labels' being compared with what was expected: less sure than a fault that fits."""

REMEDIES = {
    Change.SCHEMA: "tell the model's owner: from now on the column says something it did not say before",
    Change.VOLUME: "ask what brought more rows or fewer (a campaign, a backfill, an outage), and watch the rest of the window",
    Change.CONCEPT: "retrain on rows since then, once enough of them have labels; until then treat scores with care",
    Change.LABEL: "set the threshold anew, or recalibrate the scores to the new share of classes",
    Change.COVARIATE: "hold, and watch the performance: inputs may move without harm",
    Change.OUTPUT: "check whether the model or its version changed, and inputs that are not watched",
    Change.DEPENDENCE: "look at rows of the columns named, side by side",
    Change.UNKNOWN: "look at the window's figures",
}


def rest(case: Case, left: Sequence[ColumnReport], window: WindowReport, *, faulty: bool) -> list[Diagnosis]:
    """Tell of what kind the changes are that no fault explains; columns that changed together are told together."""
    filled = [column for column in left if _filled(column)]
    rows_alone = [column for column in left if column.role in WATCHED_ROLES]
    others = [column for column in left if column not in filled and column not in rows_alone]
    found = [_told(case, Change.SCHEMA, part, _schema_words(part)) for part in _at_once(filled)]
    found += [_told(case, Change.VOLUME, [column], f"the table: {column.reason}") for column in rows_alone]
    worse = next((one for one in window.performance if one.decides and one.verdict is Verdict.DRIFTED), None)
    for part in _at_once(others):
        change = _kind(part, worse)
        found.append(_told(case, change, part, _words(change, part, worse)))
    if worse is not None and not faulty and not any(one.change is Change.CONCEPT for one in found):
        found += _from_performance(case, others, worse)
    if not found and not faulty:
        found.append(_unknown(case, window))
    return found


def _unknown(case: Case, window: WindowReport) -> Diagnosis:
    return Diagnosis(
        change=Change.UNKNOWN,
        kind=named(Change.UNKNOWN),
        columns=(),
        since=case.window,
        confidence=CREDIBLE[Change.UNKNOWN],
        sentence=window.reason,
        remedy=REMEDIES[Change.UNKNOWN],
    )


def _at_once(columns: Sequence[ColumnReport]) -> Iterator[list[ColumnReport]]:
    """Columns that changed in the same window have a common cause until the contrary is shown."""
    since: dict[str | None, list[ColumnReport]] = {}
    for column in sorted(columns, key=lambda one: -one.weight):
        since.setdefault(column.since, []).append(column)
    yield from since.values()


def _kind(part: Sequence[ColumnReport], worse: MetricReport | None) -> Change:
    roles = {column.role for column in part}
    inputs = bool(roles & {Role.FEATURE, Role.SEGMENT})
    if Role.LABEL in roles:
        if roles & {Role.SCORE, Role.PREDICTION} or inputs:
            return Change.LABEL
        # Labels that moved alone: the same inputs now come with other outcomes.
        return Change.CONCEPT
    if all(_only(column, "dependence") for column in part):
        return Change.DEPENDENCE
    if inputs:
        return Change.CONCEPT if worse is not None and _beyond_estimate(worse) else Change.COVARIATE
    return Change.OUTPUT if roles <= {Role.SCORE, Role.PREDICTION} else Change.COVARIATE


def _beyond_estimate(worse: MetricReport) -> bool:
    """Whether a metric is worse than the inputs alone would make it, by a trusted estimate."""
    estimate = worse.estimate
    if estimate is None or not estimate.trusted or estimate.interval is None or worse.value is None:
        return False
    low, high = estimate.interval
    return worse.value < low if worse.better == "higher" else worse.value > high


def _only(column: ColumnReport, statistic: str) -> bool:
    return {score.statistic for score in column.scores if score.verdict is Verdict.DRIFTED} == {statistic}


def _score(column: ColumnReport, statistic: str) -> Score | None:
    return next((score for score in column.scores if score.statistic == statistic), None)


def _filled(column: ColumnReport) -> bool:
    null = _score(column, "null")
    return null is not None and null.verdict is Verdict.DRIFTED and (null.effect or 0.0) < -FILLED


def _schema_words(part: Sequence[ColumnReport]) -> str:
    null = _score(part[0], "null")
    was, now = (null.value - (null.effect or 0.0), null.value) if null else (1.0, 0.0)
    return f"{listed([column.name for column in part])} began to be filled: {rows(was)} had no value, now {rows(now) if now else 'none'}"


def _words(change: Change, part: Sequence[ColumnReport], worse: MetricReport | None) -> str:
    names = listed([column.name for column in part])
    first = f"{part[0].name}: {part[0].reason}"
    match change:
        case Change.COVARIATE:
            harm = f"; and {worse.reason}" if worse else "; nothing shows that the relation to the label changed"
            return f"the inputs moved{f' ({names})' if len(part) > 1 else ''}: {first}{harm}"
        case Change.LABEL:
            return f"the labels moved and with them {names}: {first}"
        case Change.CONCEPT:
            why = worse.reason if worse else first
            return f"what the inputs say of the label changed ({names}): {why}"
        case Change.OUTPUT:
            return f"what the model says moved ({names}) and no input that is watched did: {first}"
        case _:
            return f"columns no longer go together as they did ({names}), each by itself as before: {first}"


def _from_performance(case: Case, moved: Sequence[ColumnReport], worse: MetricReport) -> list[Diagnosis]:
    """The model does worse: by inputs that moved, or, where none did or the loss is beyond what they make, by another relation."""
    if any(column.role in {Role.FEATURE, Role.SEGMENT} for column in moved) and not _beyond_estimate(worse):
        return []
    sentence = f"the model does worse though its inputs are as before: {worse.reason}"
    told = Diagnosis(
        change=Change.CONCEPT,
        kind=named(Change.CONCEPT),
        columns=(),
        since=worse.since or case.window,
        new=worse.since in {None, case.window},
        confidence=CREDIBLE[Change.CONCEPT],
        sentence=sentence,
        remedy=REMEDIES[Change.CONCEPT],
    )
    return [told]


def _told(case: Case, change: Change, part: Sequence[ColumnReport], sentence: str) -> Diagnosis:
    since = part[0].since
    return Diagnosis(
        change=change,
        kind=named(change),
        columns=tuple(column.name for column in part),
        since=since,
        new=since == case.window,
        confidence=CREDIBLE[change],
        sentence=sentence,
        remedy=REMEDIES[change],
    )


def named(change: Change) -> str:
    """A change's name for machines.

    >>> named(Change.COVARIATE)
    'covariate_shift'
    """
    return change.value.replace(" ", "_")
