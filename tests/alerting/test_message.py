from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from driftline.alerting.alert import Patience
from driftline.alerting.attention import Manner, attend_all
from driftline.alerting.incident import Board, News, Notice, take_in
from driftline.alerting.message import Counsel, Message, compose
from driftline.alerting.quiet import Quiet
from driftline.alerting.signals import Tier
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from conftest import Scene

    from driftline.verdicts.report import ColumnReport, MetricReport


def first(scene: Scene, *columns: ColumnReport, metrics: tuple[MetricReport, ...] = ()) -> Message:
    """The message of the first window."""
    _, (notice,) = take_in(Board(), [scene.window(0, *columns, metrics=metrics)], scene.start + scene.day, Patience())
    return compose("payments", notice)


@pytest.mark.parametrize(
    ("concern", "subject", "todo"),
    [
        (Concern.FAULT, "[act soon] payments: data fault in x since 2026-03-01", "Repair the feed of x"),
        (Concern.PREDICTION, "[look into it] payments: prediction drift in x since 2026-03-01", "labels will tell"),
        (Concern.LABEL, "[look into it] payments: label drift in x since 2026-03-01", "labels are made as before"),
        (Concern.PERFORMANCE, "[act now] payments: AUC is worse (0.83 → 0.8) since 2026-03-01", "retrain on rows from 2026-03-01"),
    ],
)
def test_a_message_says_what_since_when_and_what_to_do(scene: Scene, concern: Concern, subject: str, todo: str) -> None:
    """The subject alone tells whether to get up; the last sentence tells what to do."""
    worse = concern is Concern.PERFORMANCE
    message = first(scene, metrics=(scene.metric(worsening=0.2),)) if worse else first(scene, scene.column("x", concern=concern))
    assert message.subject == subject
    assert todo in message.body


def test_what_goes_with_it_is_named_up_to_a_number(scene: Scene) -> None:
    """A few are named, the others counted."""
    many = first(scene, scene.column("amount", concern=Concern.FAULT), *(scene.column(f"c{i}") for i in range(9)))
    assert "With it: c0, c1, c2 and 6 more." in many.body


def test_what_the_subject_names_is_not_named_again(scene: Scene) -> None:
    """Forty broken columns are counted once, not twice."""
    broken = [scene.column(name, concern=Concern.FAULT) for name in "abcde"]
    found = first(scene, *broken, scene.column("moved"))
    assert found.subject == "[act soon] payments: data fault in a, b, c and 2 more since 2026-03-01"
    assert "With it: moved." in found.body


def test_the_end_is_told_with_how_long_it_lasted(scene: Scene) -> None:
    """A resolved message says from when to when."""
    patience = Patience(resolves_after=1)
    board, _ = take_in(Board(), [scene.window(0, scene.column("amount", concern=Concern.FAULT))], scene.start + scene.day, patience)
    _, (notice,) = take_in(board, [scene.window(1, scene.column("amount", Verdict.STABLE))], scene.start + 2 * scene.day, patience)
    assert compose("payments", notice).subject == "[resolved] payments: data fault in amount is over (2026-03-01 to 2026-03-02)"


def test_what_was_found_out_is_quoted(scene: Scene) -> None:
    """The cause after what happened, and what driftline did or suggests in the place of what is usual; a rule's own words go first."""
    _, (notice,) = take_in(Board(), [scene.window(0, scene.column("x", concern=Concern.FAULT))], scene.start, Patience())
    said = compose("payments", notice, Counsel("x is in cents", "driftline suggests to divide x by 100.")).body
    assert " Why: x is in cents." in said
    assert said.endswith(" driftline suggests to divide x by 100.")
    ruled = replace(notice.incident, members={key: replace(one, todo="Call bob.") for key, one in notice.incident.members.items()})
    assert compose("payments", replace(notice, incident=ruled), Counsel(todo="driftline holds: r.")).body.endswith("Call bob.")


def examples(scene: Scene) -> dict[str, Message]:
    """A message of every kind, as docs/alerts.md shows them."""
    well = replace(scene.metric(Verdict.STABLE, 0.001), title="the AUC", reason="the AUC is 0.83 (0.81 to 0.85), and was 0.83")
    few = "the AUC is 0.82 (0.7 to 0.92), and was 0.83; these rows could show a worsening of 0.14, and 0.02 matters"
    unsure = replace(scene.metric(Verdict.INCONCLUSIVE), title="the AUC", reason=few)
    bad = replace(scene.metric(worsening=0.03), title="the AUC", reason="the AUC is 0.8 (0.78 to 0.82); it was 0.83: worse by 0.03")
    value = replace(bad, metric="value", decides=False, per_day=(-1240.0, -1500.0, -900.0))
    amount = replace(scene.column("amount", concern=Concern.FAULT), reason="empty values went from 0.1% to 48% of rows")
    score = replace(scene.column("score", concern=Concern.PREDICTION), reason="moved up by 0.3 sd")
    labels = replace(scene.column("is_fraud", concern=Concern.LABEL), reason="the share of 1 went from 1% to 3% of rows")
    silent = replace(amount, worst="silence", reason="no row came after 14:00")
    ratio = scene.column("ratio")

    def first(*columns: ColumnReport, metrics: tuple[MetricReport, ...] = (well,)) -> Notice:
        board, fresh = take_in(Board(), [scene.window(0, *columns, metrics=metrics)], scene.start, Patience())
        return attend_all("payments", board, fresh, scene.start, Manner(), Quiet())[1][0]

    fault = first(amount, score, ratio)
    return {
        "a data fault": compose("payments", fault),
        "a feed that is dead": compose("payments", first(silent)),
        "a model that does worse": compose("payments", first(metrics=(bad,))),
        "the same, with a price": compose("payments", first(metrics=(bad, value))),
        "predictions that moved": compose("payments", first(score, metrics=(unsure,))),
        "labels that moved": compose("payments", first(labels, metrics=())),
        "it gets worse": compose("payments", replace(fault, news=News.WORSE, incident=replace(fault.incident, tier=Tier.PAGE))),
        "it goes on": compose("payments", replace(fault, news=News.REPEATED)),
        "nobody answers": compose("payments", replace(fault, news=News.UNANSWERED, incident=replace(fault.incident, tier=Tier.PAGE))),
        "it is over": compose("payments", replace(fault, news=News.RESOLVED, window="2026-03-04")),
        "a model that does well again": compose("payments", replace(first(metrics=(bad,)), news=News.RESOLVED, window="2026-03-04")),
        "labels take it back": compose("payments", replace(first(metrics=(bad,)), news=News.REVISED)),
    }


def test_the_documentation_shows_every_kind_of_message(scene: Scene) -> None:
    """docs/alerts.md has each of them, word for word, and every news and urgency among them."""
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    made = examples(scene)
    shown = [f"**{name[:1].upper()}{name[1:]}.** `{one.subject}`\n\n> {one.body}\n" for name, one in made.items()]
    assert [text for text in shown if text not in page] == []
    assert {one.subject.partition("]")[0][1:] for one in made.values()} >= {"act now", "act soon", "look into it", "resolved", "taken back"}
