"""What a service in good order does in the reference: errors and latencies, and the smallest worsening that matters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from driftline.operations.traffic import error_rate, latency_quantile, total_traffic
from driftline.verdicts.gauge import Gauge, Standard, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.operations.traffic import Reading, Traffic

ERROR_RATE = "error_rate"

ERROR_FLOOR = 0.01
"""An error rate that rose by less than one request in a hundred wakes nobody."""

LATENCY_FLOOR = 0.2
"""Nor does a latency that grew by less than a fifth."""

QUANTILES = {"latency_p95": 0.95, "latency_p50": 0.5, "latency_p99": 0.99}
"""The 95th percentile decides: the median hides what some users suffer, the 99th needs many requests to be known."""


def standards(reference: Traffic, blocks: Sequence[Traffic]) -> tuple[Standard, ...]:
    """Measure the reference's errors and latencies; nothing where no column tells of them."""
    gauges = []
    if reference.failed is not None:
        missing = "no request says whether it failed"
        gauges.append(
            Gauge(ERROR_RATE, "error rate", "lower", error_rate, total_traffic, lambda one: int(one.answered), missing, share=True)
        )
    if reference.latency is not None:
        for name, share in QUANTILES.items():
            read = partial(_quantile, share)
            missing = "no request says how long it took"
            gauges.append(Gauge(name, f"latency, {share:.0%} quantile", "lower", read, total_traffic, _timed, missing))
    found = []
    for gauge in gauges:
        value = gauge.read(reference)
        floor = ERROR_FLOOR if gauge.name == ERROR_RATE else LATENCY_FLOOR * abs(value.value)
        decides = gauge.name in {ERROR_RATE, "latency_p95"}
        wider = spread([gauge.read(block) for block in blocks], value) if decides else 1.0
        found.append(Standard(gauge, value, wider, floor, decides=decides))
    return tuple(found)


def _quantile(share: float, requests: Traffic) -> Reading:
    return latency_quantile(requests, share)


def _timed(requests: Traffic) -> int:
    return 0 if requests.latency is None else int(requests.latency.sum())
