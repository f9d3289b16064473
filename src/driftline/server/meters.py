"""Numbers for Prometheus: the service's own health, and what was last said of each model."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from driftline.store.incidents import tier_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from driftline.server.worker import Round
    from driftline.store.board import Board
    from driftline.store.intake import Intake, Receipt

    Numbers = dict[str, list[tuple[tuple[str, ...], float]]]

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
        self._known: dict[int, Numbers] = {}
        self._lock = Lock()

    def describe(self) -> list[Metric]:
        """Nothing: the names depend on what is there."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The numbers of now."""
        yield GaugeMetricFamily("driftline_rows_waiting", "Rows that wait to be written.", self._intake.waiting)
        for name, value in self._board.counts().items():
            yield GaugeMetricFamily(f"driftline_{name}", f"{name.replace('_', ' ').capitalize()}.", value)
        firing = GaugeMetricFamily("driftline_model_alerts_firing", "Alerts that fire.", labels=["model", "tier"])
        for model, tier, many in self._board.firing():
            firing.add_metric([model, tier_name(tier)], many)
        yield firing
        yield from families(self._latest())

    def _latest(self) -> dict[str, Numbers]:
        """The numbers of each model; a report is read once, however often somebody asks."""
        newest, labelled = self._board.newest(), self._board.newest(labelled=True)
        with self._lock:
            known = self._known
            self._known = {
                number: known[number] if number in known else numbers(self._board.said(number))
                for number in {*newest.values(), *labelled.values()}
            }
            return {
                model: {**self._known[number], **_of_labels(self._known.get(labelled.get(model, -1), {}))}
                for model, number in newest.items()
            }


def _of_labels(found: Numbers) -> Numbers:
    """What is told of the newest window whose labels have come: the newest of all mostly has none yet."""
    names = ["performance", "performance_reference", "label_coverage", "label_maturity"]
    return {**{name: found[name] for name in names if name in found}, "labelled_window_end_seconds": found.get("window_end_seconds", [])}


FAMILIES = {
    "verdict": ("1 for the verdict of the newest judged window.", ["verdict"]),
    "rows": ("Rows of the newest judged window.", []),
    "window_end_seconds": ("When the newest judged window ended, in seconds since 1970.", []),
    "score": ("The newest scores that were judged.", ["column", "statistic"]),
    "drifted": ("1 for a column that drifted in the newest judged window.", ["column"]),
    "labelled_window_end_seconds": ("When the newest window with labels ended, in seconds since 1970.", []),
    "performance": ("Performance in the newest window with labels.", ["metric"]),
    "performance_estimated": ("The newest performance as it is estimated without labels.", ["metric"]),
    "performance_reference": ("The performance in the reference.", ["metric"]),
    "operations": ("Error rates and latencies of the newest judged window.", ["metric"]),
    "label_coverage": ("Share of rows with a label, in the newest window with labels.", []),
    "label_maturity": ("Share of the labels that will ever come which have come.", []),
}
"""What is told of each model, by the end of its name."""


def families(latest: Mapping[str, Numbers]) -> list[Metric]:
    """What was last said of each model, as Prometheus has it."""
    found: list[Metric] = []
    for name, (meaning, labels) in FAMILIES.items():
        family = GaugeMetricFamily(f"driftline_model_{name}", meaning, labels=["model", *labels])
        for model, numbers_of in latest.items():
            for words, value in numbers_of.get(name, ()):
                family.add_metric([model, *words], value)
        found.append(family)
    return found


def numbers(report: Mapping[str, Any]) -> Numbers:
    """What a report says of all rows of its window, as numbers under words."""
    window = next((one for one in report["windows"] if one["segment"] is None), None)
    if window is None:
        return {}
    labels = window.get("labels") or {}
    found: Numbers = {
        "verdict": [((state,), float(report["verdict"] == state)) for state in STATES],
        "rows": [((), float(window["rows"]))],
        "score": [((column, one["statistic"]), float(one["value"])) for column, one in _scores(window)],
        "drifted": [((one["name"],), 1.0) for one in window["columns"] if one["verdict"] == "drifted"],
        "performance": _metrics(window, "performance", "value"),
        "performance_reference": _metrics(window, "performance", "reference"),
        "performance_estimated": [
            ((one["metric"],), float(one["estimate"]["value"])) for one in window.get("performance", []) if one.get("estimate")
        ],
        "operations": _metrics(window, "operations", "value"),
        "label_coverage": _known(labels.get("coverage")),
        "label_maturity": _known(labels.get("maturity")),
    }
    if isinstance(window.get("end"), str):
        found["window_end_seconds"] = [((), datetime.fromisoformat(window["end"]).timestamp())]
    return found


def _metrics(window: Mapping[str, Any], group: str, which: str) -> list[tuple[tuple[str, ...], float]]:
    return [((one["metric"],), float(one[which])) for one in window.get(group, []) if one.get(which) is not None]


def _known(value: float | None) -> list[tuple[tuple[str, ...], float]]:
    return [] if value is None else [((), float(value))]


def _scores(window: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The scores that were judged."""
    for column in window["columns"]:
        for score in column["scores"]:
            if score["value"] is not None and score["verdict"] is not None:
                yield column["name"], score
