"""What a window says, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from driftline.alerting.evidence import DRIFT, FACTS, FEATURE, METRIC, drop, evidence, feature, segment, unknown
from driftline.verdicts.report import Concern, Estimate, Score, Verdict
from driftline.window import Window

if TYPE_CHECKING:
    from conftest import Scene


def scored(scene: Scene, name: str, psi: float, verdict: Verdict = Verdict.DRIFTED) -> Any:
    """A column with a score."""
    return replace(scene.column(name, verdict), scores=(Score(statistic="psi", value=psi, verdict=verdict),))


def test_drift_is_told_per_statistic(scene: Scene) -> None:
    """The greatest value, the mean, and the share of columns in which it says drifted."""
    window = scene.window(0, scored(scene, "a", 0.3), scored(scene, "b", 0.1, Verdict.STABLE))
    assert evidence(window)["drift"]["psi"] == {"max": 0.3, "mean": 0.2, "share": 0.5}


def test_a_feature_has_its_statistics_and_its_verdict(scene: Scene) -> None:
    """One column is looked up by name; a column that is not there, or cannot be told, says nothing false."""
    window = scene.window(0, scored(scene, "a", 0.3), scored(scene, "b", 0.1, Verdict.INCONCLUSIVE))
    assert feature(window, "a") == {"psi": 0.3, "weight": 1.0, "drifted": True, "fault": False}
    assert feature(window, "b") == {"psi": 0.1, "weight": 1.0}
    assert feature(window, "c") is None


def test_a_drop_is_realised_before_it_is_estimated(scene: Scene) -> None:
    """Where labels have come they tell; where they have not, a trusted estimate does; an untrusted one never."""
    realised = scene.metric(worsening=0.03)
    guess = Estimate(value=0.75, interval=None, method="cbpe", trusted=True)
    waiting = replace(realised, worsening=None, value=None, estimate=guess)
    assert drop(realised) == 0.03
    assert drop(waiting) == pytest.approx(0.08)
    assert drop(replace(waiting, better="lower")) == pytest.approx(-0.08)
    assert drop(replace(waiting, better="either")) == pytest.approx(0.08)
    assert drop(replace(waiting, estimate=replace(guess, trusted=False))) is None


def test_performance_in_times_of_what_matters(scene: Scene) -> None:
    """The loss counts floors; what is not known is left out."""
    found = evidence(scene.window(0, metrics=(scene.metric(worsening=0.06),)))
    assert found["performance"]["roc_auc"]["loss"] == pytest.approx(3)
    assert found["loss"] == pytest.approx(3)
    assert found["on_accuracy_drop"] is True
    unsure = evidence(scene.window(0, metrics=(replace(scene.metric(Verdict.INCONCLUSIVE), value=None, worsening=None),)))
    assert "on_accuracy_drop" not in unsure
    assert unsure["performance"]["roc_auc"] == {"reference": 0.83}


def test_conditions_on_columns(scene: Scene) -> None:
    """Each kind of trouble has its name, and a column that drifted for one reason says that another is not it."""
    window = scene.window(0, scene.column("a", concern=Concern.FAULT, worst="absent"))
    found = evidence(window)
    assert [found[name] for name in ("on_fault", "on_feed_dead", "on_drift", "on_prediction_drift")] == [True, True, True, False]
    assert "on_drift" not in evidence(scene.window(0, scene.column("a", Verdict.INCONCLUSIVE)))


@pytest.mark.parametrize(
    ("start", "length", "said"),
    [
        ("2026-03-02", timedelta(days=1), (True, True, False)),
        ("2026-03-01", timedelta(days=1), (True, False, True)),
        ("2026-03-03T01:00", timedelta(hours=1), (False, False, False)),
        ("2026-03-02T00:00", timedelta(hours=1), (True, True, False)),
        ("2026-03-01T23:00", timedelta(days=1), (True, True, False)),
        ("2026-03-01", timedelta(days=31), (True, True, True)),
    ],
)
def test_the_calendar(scene: Scene, start: str, length: timedelta, said: tuple[bool, bool, bool]) -> None:
    """Every day, Monday and first of a month begins in exactly one window."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    window = replace(scene.window(0), window=Window(0, "w", begin, begin + length))
    found = evidence(window)
    assert tuple(found[f"scheduled_{name}"] for name in ("daily", "weekly", "monthly")) == said


def test_windows_without_time_have_no_calendar(scene: Scene) -> None:
    """Windows of rows know no Monday: a schedule is then unknown, not false."""
    assert "scheduled_weekly" not in evidence(replace(scene.window(0), window=Window(0, "0", 0, 100)))


@pytest.mark.parametrize(
    "name",
    [*((name,) for name in FACTS), *(("drift", "psi", part) for part in DRIFT), ("drift", "ks", "max"), ("feature", "any", "unseen")]
    + [("performance", "f1", part) for part in METRIC]
    + [("performance", "f0.5", "drop"), ("performance", "value", "drop"), ("operations", "latency_p99", "value")]
    + [("feature", "any", part) for part in FEATURE],
)
def test_what_exists_is_not_refused(name: tuple[str, ...]) -> None:
    """Every documented name passes, and a statistic that is reported."""
    assert unknown(name, ["ks"]) is None


@pytest.mark.parametrize(
    ("name", "fact", "hint"),
    [
        (("drfit", "psi", "max"), "there is no evidence called 'drfit'", "did you mean 'drift'?"),
        (("drift", "pssi", "max"), "drift has no 'pssi'", "did you mean 'psi'?"),
        (("drift", "wasserstein", "max"), "the statistic 'wasserstein' is not reported", "add it: statistics: [wasserstein]"),
        (("drift", "psi", "mx"), "drift.psi has no 'mx'", "did you mean 'max'?"),
        (("drift", "psi"), "'drift.psi' does not name a number", "write it like drift.psi.max"),
        (("rows", "max"), "'rows' has no parts", "write rows alone"),
        (("performance", "rocauc", "drop"), "there is no metric called 'rocauc'", "did you mean 'roc_auc'?"),
        (("performance", "f1", "dorp"), "performance.f1 has no 'dorp'", "did you mean 'drop'?"),
        (("operations", "errors", "drop"), "there is no 'errors' among the operations", "did you mean 'error_rate'?"),
        (("feature", "amount", "unsen"), "feature(\"amount\") has no 'unsen'", "did you mean 'unseen'?"),
    ],
)
def test_what_does_not_exist_is_told_with_what_was_meant(name: tuple[str, ...], fact: str, hint: str) -> None:
    """A fact and the next step for every way to be wrong."""
    found = unknown(name, ["ks"])
    assert found is not None
    assert found[0].startswith(fact)
    assert hint in found[1]


def test_a_segment_says_what_the_whole_says_and_has_its_columns(scene: Scene) -> None:
    """By the name that reports use; one without rows says nothing."""
    north = scene.window(0, scored(scene, "a", 0.3), metrics=(scene.metric(worsening=0.06),), segment="region=north")
    found = segment([scene.window(0), north], "region=north")
    assert found is not None
    assert (found["on_accuracy_drop"], found["drift"]["psi"]["max"], found["feature"]["a"]["psi"]) == (True, 0.3, 0.3)
    assert segment([scene.window(0), north], "region=south") is None


@pytest.mark.parametrize(
    "name",
    [("segment", "region=north", "performance", "f1", "drop"), ("segment", "large", "feature", "a", "psi"), ("segment", "large", "rows")],
)
def test_segments_that_are_cut_may_be_asked(name: tuple[str, ...]) -> None:
    """Values of a column, and conditions by their names."""
    assert unknown(name, [], ["region=", "large"]) is None


@pytest.mark.parametrize(
    ("name", "cuts", "fact", "hint"),
    [
        (("segment", "regoin=north", "rows"), ["region="], "there are no segments by 'regoin'", "did you mean 'region'?"),
        (("segment", "region=north", "rows"), [], "there are no segments by 'region'", "add it: segments: [region]"),
        (("segment", "region", "rows"), ["region="], "'region' is cut into a segment for each value", 'write segment("region=…")'),
        (("segment", "region=north"), ["region="], "'segment.region=north' does not name a number", "write it like segment("),
        (("segment", "region=north", "drift", "pssi", "max"), ["region="], "drift has no 'pssi'", "did you mean 'psi'?"),
        (("segment", "region=a", "segment", "region=b", "rows"), ["region="], "does not name a number", "write it like segment("),
    ],
)
def test_what_is_wrong_with_a_segment_is_told(name: tuple[str, ...], cuts: list[str], fact: str, hint: str) -> None:
    """Its column, its value, or what is asked of it."""
    found = unknown(name, [], cuts)
    assert found is not None
    assert fact in found[0]
    assert hint in found[1]
