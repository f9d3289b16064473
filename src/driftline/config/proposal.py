"""The first `driftline.yaml` of a monitor: what was said and what the reference suggests, with the reason for each choice."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from driftline.config.parse import flow
from driftline.errors import ConfigError
from driftline.schema import Role, Task
from driftline.verdicts.policy import DEFAULT_FLOORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.config.guess import Guess

WIDTH = 96
"""Comments are no wider than this."""

ACT_ON = {"any": 0.5, "small": 1.0, "medium": 2.0, "large": 4.0}
"""How large a change must be before somebody would act, as a factor on the default floors."""

UNSTABLE = 2.0
"""Floors of features that are known to move are this many times larger."""

METRICS = {
    Task.BINARY: "roc_auc",
    Task.MULTICLASS: "accuracy",
    Task.REGRESSION: "mae",
    Task.RANKING: "ndcg@10",
}
"""The metric that is suggested for a task."""

SCALED = ("shift", "spread", "psi", "level", "atom", "null")
"""Floors that grow with the change somebody would act on; the others are about faults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was said; None or nothing where nobody said anything. A column that is "" was said not to exist, as are no scores."""

    reference: str | tuple[str, ...]
    current: str | tuple[str, ...] | None = None
    labels: str | None = None
    label_time: str | None = None
    monitor: str | None = None
    task: Task | None = None
    timestamp: str | None = None
    id: str | None = None
    prediction: str | None = None
    score: tuple[str, ...] | None = None
    label: str | None = None
    query: str | None = None
    item: str | None = None
    ignore: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    unstable: tuple[str, ...] = ()
    arrives: str | None = None
    act_on: str | None = None
    false_alarms: str | None = None
    metric: str | None = None

    def named(self, guess: Guess, role: Role) -> tuple[str, ...]:
        """The columns of a role: those that were said, else the suggested ones unless they have another role now.

        All roles but scores, of which each class may have its own, have one at most.
        """
        said = self._said(role.value)
        if said is not None:
            return said
        others = {name for other in ROLES if other != role.value for name in self._said(other) or ()} | {
            *self.ignore,
            self.query,
            self.item,
        }
        free = [name for name in guess.named(role) if name not in others]
        return tuple(free if role is Role.SCORE else free[:1])

    def _said(self, role: str) -> tuple[str, ...] | None:
        """The columns that were said to have a role."""
        said: str | tuple[str, ...] | None = getattr(self, role)
        return tuple(name for name in (said,) if name) if isinstance(said, str) else said


ROLES = ("timestamp", "id", "prediction", "score", "label")


def check_answers(answers: Answers) -> Answers:
    """Refuse answers that cannot be written down; rows that answer queries are a ranking's.

    Raises:
        ConfigError: the size of a change is neither a word nor a positive number.
    """
    if answers.act_on is not None and answers.act_on not in ACT_ON:
        try:
            size = float(answers.act_on)
        except ValueError:
            size = 0.0
        if not 0 < size < math.inf:
            hint = f"give {', '.join(ACT_ON)}, or a shift in standard deviations such as 0.1"
            raise ConfigError(f"{answers.act_on!r} is not the size of a change", hint=hint)
    return replace(answers, task=Task.RANKING) if answers.query and answers.task is None else answers


def propose(answers: Answers, guess: Guess) -> str:
    """Write the file. It passes `config check`, and every choice in it says why."""
    parts = [
        _head(answers, guess),
        _data(answers),
        _columns(answers, guess),
        _segments(answers),
        _window(answers, guess),
        _budget(answers),
        _floors(answers),
        _metric(answers, guess),
    ]
    return "\n\n".join("\n".join(part) for part in (list(lines) for lines in parts)) + "\n"


def _head(answers: Answers, guess: Guess) -> Iterator[str]:
    task = answers.task or guess.task
    yield "# yaml-language-server: $schema=driftline.schema.json"
    yield from _note("What is watched, and when somebody is told. driftline explain NAME tells of every setting.")
    yield from _note("Help while typing, in editors that take it: driftline config schema > driftline.schema.json")
    yield "schema: 1"
    yield f"monitor: {flow(answers.monitor or 'monitor')}"
    why = "as was said" if answers.task else WHY_TASK[task]
    yield from _note(f"The task is {task.value}: {why}. Others: {', '.join(other.value for other in Task if other is not task)}.")
    yield f"task: {task.value}"


WHY_TASK = {
    Task.BINARY: "the label, prediction or score has two values or is a probability",
    Task.MULTICLASS: "the label or prediction has a few values",
    Task.REGRESSION: "the label or prediction is a number of many values",
    Task.NONE: "no prediction or label was found, so data alone is watched",
    Task.RANKING: "as was said",
    Task.TEXT: "as was said",
}


def _data(answers: Answers) -> Iterator[str]:
    yield from _note(
        "What is normal: bins are fitted to it once. Usually what the model was trained on; better, what it saw in its first good weeks."
    )
    yield f"reference: {_place(answers.reference)}"
    yield from _note("What the model sees now: a path, a directory, a glob, a URL, a list of them, or {database: ${URL}, query: select …}.")
    if answers.current:
        yield f"current: {_place(answers.current)}"
    else:
        yield "# current: data/*.parquet      # or give it each time: driftline check --current day.parquet"
    yield from _note(
        "Labels that come later, or from elsewhere; they are joined to the predictions by id, and the last one of an id counts."
    )
    if answers.labels:
        time = f", time: {flow(answers.label_time)}" if answers.label_time else ""
        yield f"labels: {{from: {_place(answers.labels)}{time}}}"
    else:
        yield "# labels: {from: labels/*.parquet, time: label_ts}"


def _columns(answers: Answers, guess: Guess) -> Iterator[str]:
    yield from _note(
        f"What the columns are for. The reference has {guess.columns} in {guess.rows:,} rows; those not named here are features."
    )
    lines = list(_column_lines(answers, guess))
    if not any(not line.lstrip().startswith("#") for line in lines):
        yield "# columns:"
        yield from (f"#   {line.removeprefix('  # ')}" for line in lines)
        return
    yield "columns:"
    yield from lines


def _column_lines(answers: Answers, guess: Guess) -> Iterator[str]:
    for role, meaning in MEANINGS.items():
        names = answers.named(guess, role)
        said = flow(names[0] if len(names) == 1 else list(names))
        yield f"  {role.value}: {said}   # {meaning}" if names else f"  # {role.value}: …   # {meaning}"
    for name, meaning in LISTED.items():
        one: str | None = getattr(answers, name)
        if one or answers.task is Task.RANKING:
            yield f"  {name}: {flow(one)}   # {meaning}" if one else f"  # {name}: …   # {meaning}"
    if answers.label_time and not answers.labels:
        yield f"  label_time: {flow(answers.label_time)}   # since when the label is known"
    named = {answers.label_time, answers.query, answers.item, *(name for role in MEANINGS for name in answers.named(guess, role))}
    suggested = [name for name in guess.named(Role.IGNORED) if name not in named and name not in answers.ignore]
    for name in suggested:
        yield from (f"  {line}" for line in _note(f"{flow(name)} is left out: {guess.reasons[name]}."))
    ignore = [*answers.ignore, *suggested]
    if ignore:
        yield f"  ignore: {flow(ignore)}"
    kinds = {name: kind.value for name, kind in guess.kinds.items() if name not in named and name not in ignore}
    if kinds:
        yield "  # Digits that are names: an average postal code means nothing."
        yield f"  kinds: {flow(kinds)}"
    yield "  # importance: {amount: 0.4}   # how much the model leans on a column, 0 to 1; drifted columns are ranked by it"


MEANINGS = {
    Role.TIMESTAMP: "the time of each row",
    Role.ID: "tells rows apart, so that repeated rows are noticed",
    Role.PREDICTION: "what the model said",
    Role.SCORE: "how sure it was",
    Role.LABEL: "what turned out to be true",
}


LISTED = {
    "query": "what each row answers, such as a search or a user: its rows are one list, and without it rankings are not measured",
    "item": "what each row shows, to tell how much of the catalogue is shown",
}
"""What a ranking has besides."""


def _segments(answers: Answers) -> Iterator[str]:
    yield from _note("Parts that are also judged by themselves; the false-alarm budget is shared among them.")
    yield f"segments: {flow(list(answers.segments))}" if answers.segments else '# segments: [country, {large: "amount > 1000"}]'


def _window(answers: Answers, guess: Guess) -> Iterator[str]:
    timed = bool(answers.named(guess, Role.TIMESTAMP))
    arrives = answers.arrives or (guess.arrives.value if guess.arrives else None)
    if not timed or arrives in {None, "once"}:
        why = "data was said to arrive once" if arrives == "once" else "no column with the time of each row is known"
        yield from _note(
            f"All current rows are judged together: {why}. Others: {{rows: 1000}}, {{column: batch}}, or a day with columns.timestamp."
        )
        yield "window: whole"
        return
    amount = f" The reference has about {guess.per_day:,.0f} rows a day." if guess.per_day else ""
    why = (
        "as often as data arrives"
        if answers.arrives
        else "the shortest window of a day or more with a thousand rows, so that small changes show"
    )
    yield from _note(f"One verdict for each {arrives}: {why}.{amount} Others: hour, day, week, month, whole, {{rows: 1000}}.")
    yield f"window: {{every: {arrives}, timezone: UTC}}"


def _budget(answers: Answers) -> Iterator[str]:
    yield from _note(
        "The promise: how many false alarms are accepted, over all columns, statistics, segments and windows together. "
        "Fewer means that true changes are told later, too."
    )
    yield f"false_alarms: {flow(answers.false_alarms or '1 in 30 days')}"


def _floors(answers: Answers) -> Iterator[str]:
    factor = _factor(answers.act_on)
    yield from _note(
        "The smallest change that matters. Smaller ones are shown as seen, and wake nobody: "
        f"a shift of {floors(factor)['shift']:g} standard deviations, {floors(factor)['level']:.3g} of all rows in another category, …"
    )
    lines = _group(floors(factor), "  ") if factor != 1 else []
    if answers.unstable:
        lines += [*(f"  {line}" for line in _note("These are known to move; only larger changes of them matter.")), "  columns:"]
        lines += [f"    {flow(name)}: {flow(floors(factor * UNSTABLE))}" for name in answers.unstable]
    yield from ["floors:", *lines] if lines else ["# floors: {shift: 0.1, columns: {amount: {shift: 0.2}}}"]


def floors(factor: float) -> dict[str, float]:
    """Floors for a change that is so many times larger than the default one.

    >>> floors(2.0)["shift"] == DEFAULT_FLOORS["shift"] * 2
    True
    """
    return {name: float(f"{DEFAULT_FLOORS[name] * factor:.3g}") for name in SCALED}


def _factor(act_on: str | None) -> float:
    """The factor on the default floors: a word, or a shift in standard deviations."""
    if not act_on:
        return 1.0
    return ACT_ON[act_on] if act_on in ACT_ON else float(act_on) / DEFAULT_FLOORS["shift"]


def _metric(answers: Answers, guess: Guess) -> Iterator[str]:
    yield from _note("The metric that decides whether the model is healthy. It is judged where labels have come.")
    if answers.metric:
        yield f"performance: {{metric: {flow(answers.metric)}}}"
    else:
        yield f"# performance: {{metric: {METRICS.get(answers.task or guess.task, 'roc_auc')}}}"


def _group(values: Mapping[str, Any], indent: str) -> list[str]:
    return [f"{indent}{flow(key)}: {flow(value)}" for key, value in values.items()]


def _place(said: str | Sequence[str]) -> str:
    return flow(said if isinstance(said, str) else list(said))


def _note(text: str) -> list[str]:
    # A name in the data may hold what ends a line or may not stand in YAML at all.
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return wrap(shown, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False)
