"""What init asks, and what becomes of the answers."""

from __future__ import annotations

import dataclasses

import click
import pytest
from click.testing import CliRunner

from driftline.cli.questions import ask, questions
from driftline.config.guess import Guess
from driftline.config.proposal import Answers
from driftline.schema import Role, Task
from driftline.window import Cadence

GUESS = Guess(rows=10, columns=3, roles={"ts": Role.TIMESTAMP, "id": Role.ID}, task=Task.BINARY, arrives=Cadence.WEEK)
KEYS = [
    "monitor",
    "task",
    "timestamp",
    "id",
    "prediction",
    "score",
    "label",
    "unstable",
    "segments",
    "arrives",
    "act_on",
    "false_alarms",
    "metric",
]


def answered(typed: str, answers: Answers | None = None) -> tuple[Answers, str]:
    """The answers after somebody typed these lines, and what was shown."""
    found = []

    @click.command()
    def command() -> None:
        found.append(ask(answers or Answers(reference="a"), GUESS))

    shown = CliRunner().invoke(command, input=typed, catch_exceptions=False)
    assert shown.exit_code == 0
    return found[0], shown.output


def test_every_answer_that_was_not_given_is_asked_for() -> None:
    """What was said as a flag is not asked again."""
    assert [question.key for question in questions(Answers(reference="a"), GUESS)] == KEYS
    said = Answers(reference="a", task=Task.TEXT, timestamp="x", unstable=("y",), metric="z")
    assert [question.key for question in questions(said, GUESS)] == [
        key for key in KEYS if key not in {"task", "timestamp", "unstable", "metric"}
    ]


def test_every_question_can_be_skipped() -> None:
    """Thirteen times Enter takes what is suggested."""
    found, _ = answered("\n" * len(KEYS))
    assert (found.task, found.timestamp, found.id, found.arrives, found.false_alarms) == (Task.BINARY, "ts", "id", "week", "1 in 30 days")
    assert (found.prediction, found.unstable, found.metric) == ("", (), "roc_auc")


def test_answers_are_taken() -> None:
    """Lists are split at commas, a dash means there is none, and a wrong choice is asked again."""
    lines = [
        "shop",
        "regresion",
        "regression",
        "when",
        "-",
        "guess",
        "",
        "truth",
        "price, weather",
        "country",
        "day",
        "large",
        "2 in 1 year",
        "cost",
    ]
    found, shown = answered("\n".join(lines) + "\n")
    expected = Answers(
        reference="a", monitor="shop", task=Task.REGRESSION, timestamp="when", id="", prediction="guess", score=(), label="truth",
        unstable=("price", "weather"), segments=("country",), arrives="day", act_on="large", false_alarms="2 in 1 year", metric="cost",
    )  # fmt: skip
    assert found == expected
    assert "'regresion' is not one of" in shown


def test_what_is_suggested_is_shown() -> None:
    """So that a wrong guess is seen."""
    _, shown = answered("\n" * len(KEYS))
    assert "Which column holds the time of each row? [ts]" in shown
    assert "(hour, day, week, month, once) [week]" in shown


@pytest.mark.parametrize("key", KEYS)
def test_every_question_is_an_answer(key: str) -> None:
    """No question without a place for what was said."""
    assert key in {field.name for field in dataclasses.fields(Answers)}


def test_a_ranking_is_asked_for_its_lists() -> None:
    """What each row answers is asked of rankings only, and not where it was said."""
    typed = "\n" + "ranking\n" + "\n" * 11
    found, shown = answered(typed + "search\n")
    assert (found.task, found.query) == (Task.RANKING, "search")
    assert shown.count("what each row answers") == 1
    assert "what each row answers" not in answered(typed, Answers(reference="a", query="search"))[1]
