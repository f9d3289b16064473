from __future__ import annotations

import numpy as np
import pytest

from driftline.operations.traffic import Traffic
from driftline.profile.bins import fit_log_bins
from driftline.verdicts.gauge import judge_windows
from driftline.verdicts.report import Verdict
from driftline.verdicts.upkeep import ERROR_FLOOR, LATENCY_FLOOR, standards

BINS = fit_log_bins(np.array([1.0, 200.0]))


def requests(rows: int, failing: float, seed: int, factor: float = 1.0) -> Traffic:
    """Requests that take about 20 ms."""
    rng = np.random.default_rng(seed)
    taken = rng.lognormal(3, 0.4, rows) * factor
    counts = np.bincount(np.searchsorted(BINS.array, taken, side="right"), minlength=BINS.width)
    return Traffic(rows, int(rng.binomial(rows, failing)), rows, counts, BINS.array, (float(taken.min()), float(taken.max())))


REFERENCE = requests(50_000, 0.01, 0)
BLOCKS = [requests(2500, 0.01, seed) for seed in range(1, 21)]


def judged(window: Traffic) -> dict[str, Verdict]:
    """The verdict of each rate and quantile."""
    (reports,) = judge_windows(standards(REFERENCE, BLOCKS), [window], ["w"], [window.rows], level=1e-3, confidence=0.9)
    return {report.metric: report.verdict for report in reports}


def test_a_service_in_order_is_stable() -> None:
    """Requests like the reference's are in order by every measure that many requests can tell."""
    found = judged(requests(20_000, 0.01, 50))
    assert found["error_rate"] is found["latency_p95"] is found["latency_p50"] is Verdict.STABLE


@pytest.mark.parametrize(
    ("window", "worse"), [(requests(5000, 0.05, 51), "error_rate"), (requests(5000, 0.01, 52, factor=1.6), "latency_p95")]
)
def test_failures_and_slowness_are_told_apart(window: Traffic, worse: str) -> None:
    """More errors are not slower answers, and slower answers are no errors; both decide."""
    found = judged(window)
    assert found[worse] is Verdict.DRIFTED
    other = {"error_rate": "latency_p95", "latency_p95": "error_rate"}[worse]
    assert found[other] is Verdict.STABLE
    assert {one.gauge.name for one in standards(REFERENCE, BLOCKS) if one.decides} == {"error_rate", "latency_p95"}


def test_floors_are_what_convention_says() -> None:
    """One request in a hundred, and a fifth of the usual latency."""
    floors = {one.gauge.name: (one.floor, one.value.value) for one in standards(REFERENCE, BLOCKS)}
    assert floors["error_rate"][0] == ERROR_FLOOR
    assert floors["latency_p50"][0] == pytest.approx(LATENCY_FLOOR * floors["latency_p50"][1])


def test_what_no_column_tells_is_not_judged() -> None:
    """Without columns for errors and latencies there is nothing to judge."""
    assert standards(Traffic(100), [Traffic(10)] * 10) == ()
