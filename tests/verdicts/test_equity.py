from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import driftline as dl
from driftline.errors import ConfigError
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.reports.document import schema
from driftline.schema import Task
from driftline.verdicts.equity import Limit, fairness_of

fairlearn = pytest.importorskip("fairlearn.metrics")

LIMITS = {"equal_opportunity_difference": 0.1, "demographic_parity_ratio": 0.8}
OUTCOME = Outcome(task=Task.BINARY, label="y", prediction="said", classes=("0", "1"))
Table = dict[str, np.ndarray]


def people(rows: int, seed: int, unkind: float = 0.0) -> Table:
    """A calibrated model whose threshold is higher for one group of three."""
    dice = np.random.default_rng(seed)
    group, score = dice.choice(["a", "b", "c"], rows), dice.random(rows)
    said = score > 0.5 + unkind * (group == "b")
    label = (dice.random(rows) < score).astype(float)
    return {"group": group, "score": score, "y_pred": said.astype(int), "label": label}


def judged(current: Table, **more: Any) -> Any:
    """The report of these rows against a reference that treats all alike."""
    settings = {"segments": ["group"], "performance": {"fairness": LIMITS}, **more}
    return dl.compare(people(12_000, 1), current, **settings)


def test_gaps_are_fairlearns_and_beyond_their_limits() -> None:
    """A group that needs more to be told yes is seen, by Fairlearn's numbers, and the sentence names it and the limit."""
    rows = people(5_000, 2, unkind=0.25)
    report = judged(rows)
    apart, ratio = report.windows[0].fairness
    features = {"sensitive_features": rows["group"]}
    assert apart.value == pytest.approx(fairlearn.equal_opportunity_difference(rows["label"], rows["y_pred"], **features), abs=1e-12)
    assert ratio.value == pytest.approx(fairlearn.demographic_parity_ratio(rows["label"], rows["y_pred"], **features), abs=1e-12)
    assert (apart.verdict, apart.cause) == ("drifted", "beyond the threshold that was set")
    assert ratio.verdict == "drifted"
    assert "least for b" in apart.reason
    assert "at most 0.1 is accepted" in apart.reason
    assert "at least 0.8 is accepted" in ratio.reason
    assert apart.reason in report.windows[0].reason
    assert all(not window.fairness for window in report.windows if window.segment)


def test_equal_treatment_is_within_its_limits() -> None:
    """Where groups are treated alike every gap is stable, and says so in the JSON as its schema describes it."""
    jsonschema = pytest.importorskip("jsonschema")
    report = judged(people(5_000, 3))
    assert [one.verdict for one in report.windows[0].fairness] == ["stable", "stable"]
    told = report.to_dict()
    jsonschema.validate(told, schema())
    assert [one["metric"] for one in told["windows"][0]["fairness"]] == [f"{kind}:group" for kind in LIMITS]


def followed(shares: dict[str, float], windows: int, rows: int, seed: int, limit: float) -> list[str]:
    """Verdicts of a gap in the share predicted positive, groups being told yes so often in windows of so many rows each."""
    dice = np.random.default_rng(seed)

    def counts() -> dict[str, OutcomeCounts]:
        said = {group: dice.binomial(rows, share) for group, share in shares.items()}
        tables = {group: np.array([[rows - yes, 0, 0], [yes, 0, 0], [0, 0, 0]]) for group, yes in said.items()}
        return {group: replace(OutcomeCounts.empty(OUTCOME), table=table) for group, table in tables.items()}

    by = {"group": (counts(), [counts() for _ in range(windows)])}
    called = [(str(w), 3 * rows) for w in range(windows)]
    limits = {"demographic_parity_difference": limit}
    return [one.verdict.value for (one,) in fairness_of(OUTCOME, limits, by, called, {}, level=0.01, confidence=0.9)]


def test_small_groups_are_told_of_over_several_windows() -> None:
    """Windows in which no gap can be told by itself are taken together with those before them."""
    found = followed({"a": 0.5, "b": 0.3, "c": 0.5}, 8, 60, seed=4, limit=0.05)
    assert found[0] == "inconclusive"
    assert found[-1] == "drifted"


def test_gaps_within_their_limit_keep_the_promise() -> None:
    """Groups that are exactly as far apart as the limit are said to be beyond it no more often than the level grants."""
    found = [verdict for seed in range(40) for verdict in followed({"a": 0.5, "b": 0.4, "c": 0.45}, 10, 300, seed, limit=0.1)]
    assert found.count("drifted") <= 0.02 * len(found)


def test_gaps_that_need_labels_are_inconclusive_without_them() -> None:
    """Without labels recall is not known of any group, and the share predicted positive is."""
    rows = people(5_000, 5, unkind=0.25)
    rows["label"] = np.full(5_000, np.nan)
    apart, ratio = judged(rows).windows[0].fairness
    assert (apart.verdict, apart.value) == ("inconclusive", None)
    assert ratio.verdict == "drifted"


def test_gaps_are_shown_wherever_a_report_is(tmp_path: Any) -> None:
    """The page, the text and JUnit tell of a gap that is beyond its limit."""
    report = judged(people(5_000, 6, unkind=0.25))
    page = report.save(tmp_path / "report.html").read_text() if hasattr(report, "save") else report.to_html()
    assert "gap in recall between groups of group" in page
    assert 'id="fairness"' in page


def test_nothing_is_said_of_models_without_two_classes() -> None:
    """Without counts of a binary model, or without limits, there is nothing to judge."""
    assert fairness_of(None, LIMITS, {"group": ({}, [])}, [], {}, level=0.01, confidence=0.9) == []
    assert Limit(0.1).low == Limit(0.1).high == 0.1


def test_limits_need_groups() -> None:
    """Limits without a column under segments, and gaps that do not exist, are refused with what to write."""
    with pytest.raises(ConfigError) as alone:
        dl.compare(people(500, 7), people(500, 8), performance={"fairness": LIMITS})
    assert "segments" in alone.value.hint
    with pytest.raises(ConfigError) as wrong:
        dl.compare(people(500, 7), people(500, 8), segments=["group"], performance={"fairness": {"equal_oportunity_difference": 0.1}})
    assert "equal_opportunity_difference" in wrong.value.hint
