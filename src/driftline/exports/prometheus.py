"""Prometheus' side: how to scrape the service, what to record, when to alert, and to whom Alertmanager sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

RULES = "driftline-rules.yml"
JOB = "driftline"
STUCK = "1h"
"""Windows that wait for so long are not waiting for late rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What differs from house to house.

    Attributes:
        targets: where instances of the service listen, as host and port.
        token_file: a file with a viewer's token, as Prometheus sees it; without one no token is sent.
        webhook: where Alertmanager sends alerts.
        alertmanager: where Alertmanager listens, as host and port.
        every: how often to scrape and to evaluate.
    """

    targets: tuple[str, ...] = ("localhost:8321",)
    token_file: str | None = None
    webhook: str = "http://localhost:5001/alerts"
    alertmanager: str = "localhost:9093"
    every: str = "15s"


def recording() -> list[dict[str, Any]]:
    """What dashboards and alerts ask for again and again, worked out once."""
    wanted = {
        "model:driftline_drifted:max": 'max by (model) (driftline_model_verdict{verdict="drifted"})',
        "model:driftline_inconclusive:max": 'max by (model) (driftline_model_verdict{verdict="inconclusive"})',
        "model_statistic:driftline_score:max": "max by (model, statistic) (driftline_model_score)",
        "model_metric:driftline_performance:min": "min by (model, metric) (driftline_model_performance)",
        "kind:driftline_rows_received:rate5m": "sum by (kind) (rate(driftline_rows_received_total[5m]))",
        "kind:driftline_rows_refused:ratio15m": (
            "sum by (kind) (rate(driftline_rows_refused_total[15m])) / "
            "sum by (kind) (rate(driftline_rows_received_total[15m]) + rate(driftline_rows_refused_total[15m]))"
        ),
        "route:driftline_request_seconds:p95_5m": (
            "histogram_quantile(0.95, sum by (route, le) (rate(driftline_request_seconds_bucket[5m])))"
        ),
    }
    return [{"record": name, "expr": expression} for name, expression in wanted.items()]


def alerting() -> list[dict[str, Any]]:
    """What somebody should hear of: models first, then the service itself."""
    return [
        _alert(
            "DriftlineModelDrifted", "model:driftline_drifted:max == 1", "0m", "warning",
            "{{ $labels.model }}: the newest window drifted",
            "The report says what changed, since when, and what to do. It is over when a later window is stable.",
        ),
        _alert(
            "DriftlineNoVerdict", f'driftline_windows_unjudged{{job="{JOB}"}} > 0', STUCK, "warning",
            "{{ $value }} windows wait to be judged for more than an hour",
            "Look at the log of the worker, and at GET /v1/monitors for a reference that cannot be read.",
        ),
        _alert(
            "DriftlineRowsRefused", "kind:driftline_rows_refused:ratio15m > 0.01", "15m", "warning",
            "{{ $value | humanizePercentage }} of {{ $labels.kind }} cannot be read",
            "They are kept as dead letters with the reason: GET /v1/monitors/NAME/dead-letters.",
        ),
        _alert(
            "DriftlineCycleFails", "increase(driftline_cycle_failures_total[15m]) > 3", "0m", "critical",
            "the cycle failed {{ $value | humanize }} times in a quarter of an hour",
            "Nothing is judged while it fails. The log says why: the database, the disk, or a reference.",
        ),
        _alert(
            "DriftlineDown", f'up{{job="{JOB}"}} == 0', "5m", "critical",
            "{{ $labels.instance }} does not answer",
            "Models are not watched, and rows may be lost where senders do not try again.",
        ),
        _alert(
            "DriftlineGone", f'absent(up{{job="{JOB}"}})', "15m", "critical",
            "no driftline is scraped",
            "Either nobody runs it, or Prometheus is not told where.",
        ),
    ]  # fmt: skip


def _alert(name: str, expression: str, lasts: str, severity: str, summary: str, description: str) -> dict[str, Any]:
    about = {"summary": summary, "description": description}
    return {"alert": name, "expr": expression, "for": lasts, "labels": {"severity": severity}, "annotations": about}


def rules() -> str:
    """The file of rules."""
    groups = [{"name": "driftline-recording", "rules": recording()}, {"name": "driftline-alerting", "rules": alerting()}]
    return _yaml({"groups": groups})


def prometheus(wishes: Wishes) -> str:
    """The configuration of Prometheus, or what belongs into one that is there."""
    job: dict[str, Any] = {"job_name": JOB, "static_configs": [{"targets": list(wishes.targets)}]}
    if wishes.token_file:
        job["authorization"] = {"type": "Bearer", "credentials_file": wishes.token_file}
    return _yaml(
        {
            "global": {"scrape_interval": wishes.every, "evaluation_interval": wishes.every},
            "rule_files": [RULES],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [wishes.alertmanager]}]}]},
            "scrape_configs": [job],
        }
    )


def alertmanager(wishes: Wishes) -> str:
    """Alertmanager's: one message for a model, however many alerts; what the service suffers hides what it then cannot say."""
    return _yaml(
        {
            "route": {
                "receiver": JOB,
                "group_by": ["alertname", "model"],
                "group_wait": "10s",
                "group_interval": "5m",
                "repeat_interval": "24h",
            },
            "receivers": [{"name": JOB, "webhook_configs": [{"url": wishes.webhook, "send_resolved": True}]}],
            "inhibit_rules": [
                {
                    "source_matchers": ['alertname=~"DriftlineDown|DriftlineGone"'],
                    "target_matchers": ['alertname=~"DriftlineNoVerdict|DriftlineCycleFails|DriftlineRowsRefused"'],
                }
            ],
        }
    )


def _yaml(content: dict[str, Any]) -> str:
    written: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140)
    return written
