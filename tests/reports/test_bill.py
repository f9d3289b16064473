"""What policies would have cost, told and drawn."""

from __future__ import annotations

import json

import numpy as np

from driftline.decisions.matrix import Matrix
from driftline.decisions.policies import compare
from driftline.reports.bill import lines, to_dict, to_html

WINDOWS = tuple(f"day {day}" for day in range(12))
MODEL, WINDOW = np.indices((12, 12))
MATRIX = Matrix(np.where(WINDOW >= MODEL, 1.0 + 4.0 * ((WINDOW >= 5) & (MODEL <= 5)), np.nan), 3.0)
COMPARISON = compare(MATRIX, {5}, (), np.random.default_rng(0))


def test_a_line_a_policy_the_cheapest_first() -> None:
    """Cost, number of retrainings, regret and how much dearer than ours; then what to do."""
    told = list(lines(COMPARISON, "EUR"))
    assert told[1].split()[:4] == ["oracle", "19", "1", "0"]
    assert told[2].split()[:2] == ["this", "policy"]
    assert "costs are in EUR" in told[-2]
    assert told[-1] == COMPARISON.recommendation


def test_json_names_the_windows() -> None:
    """It is plain JSON, and what was spent sums to the cost."""
    document = json.loads(json.dumps(to_dict(COMPARISON, WINDOWS, "EUR"), allow_nan=False))
    ours = next(one for one in document["policies"] if one["name"] == "this policy")
    assert ours["retrains"] == ["day 5"]
    assert sum(ours["spent"]) == ours["cost"] == 19


def test_the_page_stands_alone_and_escapes() -> None:
    """Names are text, and nothing is fetched."""
    page = to_html(COMPARISON, WINDOWS, "EUR", "<script>x</script>")
    assert "<script>x" not in page
    assert "src=" not in page.partition("</head>")[0]
    assert "cumulative cost" in page
