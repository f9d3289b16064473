"""Numbers for Prometheus: the service's own health, and what was last said of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from driftline.server.worker import Round
    from driftline.store.board import Board
    from driftline.store.intake import Intake, Receipt

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATES = ("stable", "inconclusive", "drifted")


class Meters:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("driftline_requests", "Requests answered.", ["route", "status"], registry=self.registry)
        self.seconds = Histogram("driftline_request_seconds", "How long they took.", ["route"], buckets=SECONDS, registry=self.registry)
        self.rows = Counter("driftline_rows_received", "Rows received durably.", ["kind"], registry=self.registry)
        self.refused = Counter("driftline_rows_refused", "Rows that could not be read.", ["kind"], registry=self.registry)
        self.repeated = Counter("driftline_batches_repeated", "Batches that had been received before.", ["kind"], registry=self.registry)
        self.turns = Counter("driftline_cycle_turns", "Turns of the cycle.", registry=self.registry)
        self.judged = Counter("driftline_windows_judged", "Windows judged.", registry=self.registry)
        self.failures = Counter("driftline_cycle_failures", "Turns of the cycle that failed.", registry=self.registry)

    def took(self, kind: str, receipt: Receipt) -> None:
        """Count what a request brought."""
        if receipt.repeated:
            self.repeated.labels(kind).inc()
            return
        self.rows.labels(kind).inc(receipt.rows)
        if receipt.refused:
            self.refused.labels(kind).inc(receipt.refused)

    def turned(self, done: Round) -> None:
        """Count what a round of the cycle did."""
        self.turns.inc(done.turns)
        self.judged.inc(done.judged)
        self.failures.inc(len(done.failed))

    def watch(self, board: Board, intake: Intake) -> None:
        """Tell of the store too, whenever somebody asks."""
        self.registry.register(Gauges(board, intake))

    def text(self) -> bytes:
        """All numbers, as Prometheus reads them."""
        return generate_latest(self.registry)


class Gauges:
    """Numbers that are looked up when they are asked for."""

    def __init__(self, board: Board, intake: Intake) -> None:
        self._board = board
        self._intake = intake

    def describe(self) -> list[Metric]:
        """Nothing: the names depend on what is there."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The numbers of now."""
        yield GaugeMetricFamily("driftline_rows_waiting", "Rows that wait to be written.", self._intake.waiting)
        for name, value in self._board.counts().items():
            yield GaugeMetricFamily(f"driftline_{name}", f"{name.replace('_', ' ').capitalize()}.", value)
        yield from of_models(self._board.latest())


def of_models(latest: list[tuple[str, dict[str, Any]]]) -> list[Metric]:
    """What was last said of each model: verdict, rows, scores, performance, label coverage."""
    verdict = GaugeMetricFamily("driftline_model_verdict", "1 for the verdict of the newest judged window.", labels=["model", "verdict"])
    rows = GaugeMetricFamily("driftline_model_rows", "Rows of the newest judged window.", labels=["model"])
    score = GaugeMetricFamily("driftline_model_score", "The newest scores.", labels=["model", "column", "statistic"])
    metric = GaugeMetricFamily("driftline_model_performance", "The newest performance where labels have come.", labels=["model", "metric"])
    coverage = GaugeMetricFamily(
        "driftline_model_label_coverage", "Share of the newest judged window's rows with a label.", labels=["model"]
    )
    for model, report in latest:
        window = next((one for one in report["windows"] if one["segment"] is None), None)
        if window is None:
            continue
        for state in STATES:
            verdict.add_metric([model, state], float(report["verdict"] == state))
        rows.add_metric([model], window["rows"])
        for column, one in _scores(window):
            score.add_metric([model, column, one["statistic"]], one["value"])
        for one in window.get("performance", []):
            if one.get("value") is not None:
                metric.add_metric([model, one["metric"]], one["value"])
        if window.get("performance"):
            coverage.add_metric([model], window["performance"][0]["coverage"])
    return [verdict, rows, score, metric, coverage]


def _scores(window: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The scores that were judged."""
    for column in window["columns"]:
        for score in column["scores"]:
            if score["value"] is not None and score["verdict"] is not None:
                yield column["name"], score
