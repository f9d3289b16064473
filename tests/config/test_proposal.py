"""The first driftline.yaml of a monitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.config.guess import Guess
from driftline.config.proposal import ACT_ON, WIDTH, Answers, check_answers, floors, propose
from driftline.config.specification import Specification, read_text
from driftline.errors import ConfigError
from driftline.schema import Kind, Role, Task
from driftline.verdicts.policy import DEFAULT_FLOORS, Budget
from driftline.window import Cadence, Windowing

GUESS = Guess(
    rows=84_000,
    columns=9,
    roles={"ts": Role.TIMESTAMP, "id": Role.ID, "score": Role.SCORE, "customer_id": Role.IGNORED},
    kinds={"zip": Kind.CATEGORY},
    task=Task.BINARY,
    arrives=Cadence.DAY,
    per_day=3000.0,
    reasons={"customer_id": "many names"},
)
NOTHING = Guess(rows=10, columns=2)
NAMES = st.text(min_size=1, max_size=12)


def understood(answers: Answers, guess: Guess) -> Specification:
    """The proposal as `check` reads it."""
    return read_text(propose(answers, guess), Path("driftline.yaml"), {})


def test_what_the_reference_suggests_is_written() -> None:
    """With no answer at all, the suggestions make a monitor."""
    found = understood(Answers(reference="train.parquet", current="data/*.parquet"), GUESS).monitor
    assert dict(found.hints.roles) == dict(GUESS.roles)
    assert found.hints.kinds == GUESS.kinds
    assert (found.task, found.windowing, found.policy.budget) == (Task.BINARY, Windowing(Cadence.DAY), Budget())


def test_what_was_said_goes_before_what_is_suggested() -> None:
    """Every answer arrives in the monitor."""
    answers = Answers(
        reference="a.csv", monitor="m", task=Task.REGRESSION, timestamp="when", id="", score=(), label="y", ignore=("x",),
        segments=("country",), unstable=("price",), arrives="week", act_on="large", false_alarms="2 in 1 year", metric="mae",
    )  # fmt: skip
    found = understood(answers, GUESS)
    assert found.monitor.policy.goal.metric == "mae"
    monitor = found.monitor
    assert (monitor.name, monitor.task, monitor.windowing.cadence) == ("m", Task.REGRESSION, Cadence.WEEK)
    assert dict(monitor.hints.roles) == {"when": Role.TIMESTAMP, "y": Role.LABEL, "x": Role.IGNORED, "customer_id": Role.IGNORED}
    assert monitor.hints.segments == ("country",)
    assert monitor.policy.floor("amount", "shift") == pytest.approx(DEFAULT_FLOORS["shift"] * 4)
    assert monitor.policy.floor("price", "shift") == pytest.approx(DEFAULT_FLOORS["shift"] * 8)
    assert monitor.policy.budget.alarms == 2


@pytest.mark.parametrize("answers", [Answers(reference="a"), Answers(reference="a", arrives="once", timestamp="ts")])
def test_without_time_everything_is_one_window(answers: Answers) -> None:
    """Data that comes once, or of which no time is known, is judged as a whole."""
    assert understood(answers, NOTHING).monitor.windowing.cadence is Cadence.WHOLE


@given(st.lists(NAMES, min_size=8, max_size=8, unique=True), st.sampled_from([None, *ACT_ON, "0.37"]), st.booleans())
def test_any_names_make_a_file_that_passes(names: list[str], act_on: str | None, once: bool) -> None:  # noqa: FBT001  hypothesis gives it so
    """Columns may be called anything, and what was said is what is read."""
    timestamp, key, label, ignored, suggested, segment, unstable, monitor = names
    answers = Answers(
        reference="a.csv", monitor=monitor, timestamp=timestamp, id=key, label=label, ignore=(ignored,), segments=(segment,),
        unstable=(unstable,), act_on=act_on, arrives="once" if once else "hour",
    )  # fmt: skip
    guess = Guess(rows=1, columns=8, roles={suggested: Role.IGNORED}, reasons={suggested: f"{suggested} is odd"})
    found = understood(answers, guess).monitor
    expected = {timestamp: Role.TIMESTAMP, key: Role.ID, label: Role.LABEL, ignored: Role.IGNORED, suggested: Role.IGNORED}
    assert (found.name, found.hints.roles, found.hints.segments) == (monitor, expected, (segment,))
    assert set(found.policy.column_floors) == {unstable}


def test_every_choice_says_why() -> None:
    """Each part of the file has a comment above it, and comments are no wider than a page."""
    text = propose(Answers(reference="train.parquet"), GUESS)
    for part in text.split("\n\n"):
        assert part.startswith("#")
    assert "customer_id is left out: many names" in text
    assert "3,000 rows a day" in text
    assert all(
        len(line) <= WIDTH
        for line in text.splitlines()
        if line.startswith("# ") and "…" not in line and ":  " not in line and "  #" not in line
    )
    assert text.startswith("# yaml-language-server: $schema=")


@pytest.mark.parametrize("size", ["huge", "-1", "0", "nan", "inf"])
def test_the_size_of_a_change_is_a_word_or_a_number(size: str) -> None:
    """Anything else is refused before the data is read."""
    with pytest.raises(ConfigError, match="is not the size of a change"):
        check_answers(Answers(reference="a", act_on=size))


def test_a_number_is_a_shift() -> None:
    """0.1 standard deviations is twice the default floor, and the other floors grow with it."""
    found: Any = understood(Answers(reference="a", act_on="0.1"), NOTHING).monitor.policy.floors
    assert found["shift"] == 0.1
    assert found["level"] == pytest.approx(DEFAULT_FLOORS["level"] * 0.1 / DEFAULT_FLOORS["shift"])
    assert found["wrong_type"] == DEFAULT_FLOORS["wrong_type"]
    assert floors(1.0)["null"] == DEFAULT_FLOORS["null"]
