"""Rules over evidence: three values, runs, and tiers that agree with the verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftline.alerting.alert import Patience
from driftline.alerting.incident import Board, News, take_in
from driftline.alerting.rules import DEFAULTS, Rule, RuleBook, concern, said, tried
from driftline.alerting.signals import Tier, signals
from driftline.expressions import read
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from conftest import Scene


def rule(text: str, tier: Tier = Tier.LOOK, lasts: int = 1, say: str = "") -> Rule:
    """A rule called r."""
    return Rule("r", tier, read(text), lasts, say)


TIERS = [Rule(tier.name, tier, read(text)) for tier, text in DEFAULTS.items()]
verdicts = st.sampled_from(Verdict)
concerns = st.sampled_from([one for one in Concern if one is not Concern.PERFORMANCE])
columns = st.lists(st.tuples(verdicts, concerns, st.sampled_from(["shift", "absent", "volume"])), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=columns, metric=verdicts, worsening=st.sampled_from([0.03, 0.06, 0.2]))
def test_the_tiers_as_rules_say_what_the_signals_say(
    scene: Scene, columns: list[tuple[Verdict, Concern, str]], metric: Verdict, worsening: float
) -> None:
    """The most urgent default rule that holds has the tier of the most urgent signal, whatever happens."""
    made = [scene.column(f"c{n}", verdict, about, worst) for n, (verdict, about, worst) in enumerate(columns)]
    window = scene.window(0, *made, metrics=(scene.metric(metric, worsening),))
    by_signals = max((one.tier for one in signals(window) if one.verdict is Verdict.DRIFTED), default=None)
    assert max((one.tier for one in said(window, TIERS) if one.verdict is Verdict.DRIFTED), default=None) == by_signals


def test_what_is_not_known_neither_fires_nor_resolves(scene: Scene) -> None:
    """A rule over a metric without labels is inconclusive."""
    window = scene.window(0)
    assert [one.verdict for one in said(window, [rule("performance.f1.drop > 0.05")])] == [Verdict.INCONCLUSIVE]
    assert [one.verdict for one in said(window, [rule("performance.f1.drop > 0.05 or rows > 10")])] == [Verdict.DRIFTED]


def test_a_rule_makes_an_incident_of_its_own_words(scene: Scene) -> None:
    """It lasts as long as the rule asks, has its tier and its advice, and is over when it no longer holds."""
    book = RuleBook((rule("rows > 10", Tier.PAGE, lasts=2, say="Call Ann."),), defaults=False)
    board, told = Board(), []
    for day, many in enumerate([True, True, False, False]):
        window = scene.window(day, scene.column("a", concern=Concern.FAULT))
        board, new = take_in(board, [replace(window, rows=100 if many else 0)], scene.start + day * scene.day, Patience(), book)
        told += new
    assert [one.news for one in told] == [News.OPENED, News.RESOLVED]
    assert told[0].window == "2026-03-02"
    assert told[0].incident.tier is Tier.PAGE
    assert [one.todo for one in told[0].incident.ranked] == ["Call Ann."]


def test_rules_are_asked_of_all_rows_only(scene: Scene) -> None:
    """A segment's window makes no second alert."""
    book = RuleBook((rule("rows > 10"),), defaults=False)
    assert list(book.signals(scene.window(0, segment="eu"))) == []
    assert len(list(book.signals(scene.window(0)))) == 1


def test_a_rule_may_ask_of_a_segment(scene: Scene) -> None:
    """It makes one alert, of all rows; where the segment has no rows it is unknown; history counts it likewise."""
    one = rule('segment("eu").on_accuracy_drop')
    worse, well = (scene.window(0, metrics=(scene.metric(verdict),), segment="eu") for verdict in (Verdict.DRIFTED, Verdict.STABLE))
    book = RuleBook((one,), defaults=False)
    for beside, verdict in (([worse], Verdict.DRIFTED), ([well], Verdict.STABLE), ([], Verdict.INCONCLUSIVE)):
        (found,) = book.signals(scene.window(0), beside)
        assert (found.verdict, found.key) == (verdict, ("", "rule", "r"))
    board, (told,) = take_in(Board(), [scene.window(0), worse], scene.start, Patience(), book)
    assert (told.news, len(board.alerts)) == (News.OPENED, 1)
    next_day = replace(well, window=scene.window(1).window)
    (counted,) = tried([scene.window(0), worse, scene.window(1), next_day, scene.window(2)], [one])
    assert (counted.windows, counted.held, counted.unknown, counted.fired) == (3, 1, 1, 1)
    assert concern(one) is Concern.PERFORMANCE


@pytest.mark.parametrize(("lasts", "fired"), [(1, 2), (2, 2), (3, 0)])
def test_history_counts_runs(scene: Scene, lasts: int, fired: int) -> None:
    """A rule fires once per run of windows; an unknown window neither ends a run nor makes it longer."""
    said_of = [Verdict.STABLE, Verdict.DRIFTED, Verdict.INCONCLUSIVE, Verdict.DRIFTED, Verdict.STABLE, Verdict.DRIFTED, Verdict.DRIFTED]
    windows = [scene.window(day, scene.column("a", verdict)) for day, verdict in enumerate(said_of)]
    (found,) = tried(windows, [rule("on_drift", lasts=lasts)])
    assert (found.windows, found.held, found.unknown, found.fired) == (7, 4, 1, fired)
    assert (found.first, found.last) == ("2026-03-02", "2026-03-07")


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("drift.psi.max > 1 and performance.f1.drop > 0", Concern.PERFORMANCE),
        ("on_fault", Concern.FAULT),
        ("drift.psi.max > 1", Concern.INPUT),
    ],
)
def test_what_a_rule_is_about(text: str, about: Concern) -> None:
    """It is told from the evidence it reads."""
    assert concern(rule(text)) is about
