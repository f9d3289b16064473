"""What `init` asks: the few things that data cannot tell, in plain words. Every question can be skipped, and each is also a flag."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from driftline.config.proposal import ACT_ON, METRICS, ROLES, Answers
from driftline.schema import Role, Task
from driftline.verdicts.policy import DEFAULT_FLOORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.config.guess import Guess

SHIFT, LEVEL = DEFAULT_FLOORS["shift"], DEFAULT_FLOORS["level"]

SKIP = "-"
"""The answer that means nothing, where something is suggested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: which answer it gives, its words, what is suggested, and among what one may choose."""

    key: str
    words: str
    suggested: str | None = None
    choices: tuple[str, ...] = ()
    many: bool = False


def questions(answers: Answers, guess: Guess) -> Iterator[Question]:
    """What is still to be asked, given what was already said."""
    task = answers.task or guess.task
    asked = [
        Question(key="monitor", words="What is watched? A short name", suggested="monitor"),
        Question(
            key="task",
            words="What kind of model is it? It says yes or no (binary), names one of several classes (multiclass), a number (regression), "
            "an order (ranking), a text (text); or there is no model (none)",
            suggested=task.value,
            choices=tuple(kind.value for kind in Task),
        ),
        *_column_questions(answers, guess),
        Question(key="unstable", words="Which features move often without harm, such as prices or weather? Names, with commas", many=True),
        Question(
            key="segments", words="Which parts should be judged by themselves, such as a column country? Names, with commas", many=True
        ),
        Question(
            key="arrives",
            words="How often does new data arrive?",
            suggested=guess.arrives.value if guess.arrives else "once",
            choices=("hour", "day", "week", "month", "once"),
        ),
        Question(
            key="act_on",
            words="How large must a change be before somebody would act? "
            f"small is {SHIFT:g} standard deviations, or {LEVEL:.0%} of rows in another category",
            suggested="small",
            choices=tuple(ACT_ON),
        ),
        Question(key="false_alarms", words="How many false alarms can you live with?", suggested="1 in 30 days"),
        Question(key="metric", words="Which metric tells that the model is healthy?", suggested=METRICS.get(task)),
    ]
    return (question for question in asked if not getattr(answers, question.key))


def _column_questions(answers: Answers, guess: Guess) -> Iterator[Question]:
    """Ask about the roles that were found, so that a wrong guess is seen, and about the time, on which windows depend."""
    words = {
        "timestamp": "Which column holds the time of each row?",
        "id": "Which column tells rows apart?",
        "prediction": "Which column holds what the model said?",
        "score": "Which column holds how sure the model was?",
        "label": "Which column holds what turned out to be true?",
    }
    for role in ROLES:
        yield Question(key=role, words=words[role], suggested=", ".join(answers.named(guess, Role(role))) or None)


def ask(answers: Answers, guess: Guess) -> Answers:
    """Put the questions to the person at the terminal; an empty answer takes what is suggested, a dash takes nothing."""
    for question in questions(answers, guess):
        answers = _taken(answers, question, _said(question))
    if answers.task is Task.RANKING and not answers.query:
        answers = _taken(answers, QUERY, _said(QUERY))
    return answers


QUERY = Question(key="query", words="Which column holds what each row answers, such as a search or a user?")
"""Asked of a ranking only."""


def _said(question: Question) -> str:
    said = click.prompt(
        question.words,
        default=question.suggested or "",
        show_default=bool(question.suggested),
        type=click.Choice(question.choices) if question.choices else str,
        err=True,
    )
    return str(said).strip()


def _taken(answers: Answers, question: Question, said: str) -> Answers:
    """The answers with one more."""
    if question.key == "score":
        # Several, one for each class, are only ever suggested.
        return answers if said == question.suggested else replace(answers, score=(said,) if said not in {"", SKIP} else ())
    if question.key in ROLES:
        named: dict[str, Any] = {question.key: said if said != SKIP else ""}
        return replace(answers, **named)
    if not said or said == SKIP:
        return answers
    if question.key == "task":
        return replace(answers, task=Task(said))
    given: dict[str, Any] = {question.key: tuple(name.strip() for name in said.split(",") if name.strip()) if question.many else said}
    return replace(answers, **given)
