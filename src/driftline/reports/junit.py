"""The report as JUnit XML: a suite per window, a case per deciding metric and column, so that CI shows drift as it shows failing tests.

A drifted column and a model that does worse are failures, what is inconclusive is skipped, all with their reason. Valid against the
schemas of Ant (windyroad's JUnit.xsd) and of Jenkins' xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.reports.text import effect
from driftline.reports.vitals import estimated, measured
from driftline.reports.wording import clean
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import ColumnReport, MetricReport, Report, WindowReport

WHOLE = "(the window as a whole)"
"""The case of a window whose verdict none of its columns explains."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One test: what it is called, what is said of it, and what a change of it is about."""

    name: str
    verdict: Verdict
    reason: str
    kind: str
    details: str


def to_junit(report: Report) -> str:
    """Write the report as JUnit XML; characters that XML cannot hold are spelled out."""
    root = ET.Element("testsuites")
    for place, window in enumerate(report.windows):
        root.append(_suite(report, window, place))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report, window: WindowReport, place: int) -> ET.Element:
    name = window.window.label if window.segment is None else f"{window.window.label} [{window.segment}]"
    watched = [(what, one) for what, metrics in _watched(window) for one in metrics if one.decides]
    metrics = [_Case(f"{what}: {one.title}", one.verdict, one.reason, what, _measured(one)) for what, one in watched]
    columns = [_Case(one.name, one.verdict, one.reason, one.concern.value, _details(one)) for one in window.columns]
    told = {one.verdict for one in (*metrics, *columns)}
    unsaid = not told or (window.verdict is not Verdict.STABLE and window.verdict not in told)
    whole = [_Case(WHOLE, window.verdict, window.reason, "drift", window.reason)] if unsaid else []
    cases = [_element(report, name, case) for case in (*metrics, *columns, *whole)]
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite = ET.Element(
        "testsuite",
        {"id": str(place), "name": text(name), "package": text(report.monitor), "hostname": "localhost", "time": "0"}
        # This schema's times carry no offset.
        | {"timestamp": report.created.strftime("%Y-%m-%dT%H:%M:%S")}
        | {key: str(count) for key, count in counts.items()},
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in (
        ("verdict", window.verdict.value),
        ("rows", str(window.rows)),
        ("reason", window.reason),
        ("promise", report.promise),
    ):
        ET.SubElement(properties, "property", {"name": key, "value": text(value)})
    suite.extend(cases)
    ET.SubElement(suite, "system-out").text = text(window.reason)
    ET.SubElement(suite, "system-err")
    return suite


def _watched(window: WindowReport) -> tuple[tuple[str, tuple[MetricReport, ...]], ...]:
    return (("performance", window.performance), ("operations", window.operations), ("fairness", window.fairness))


def _element(report: Report, suite: str, case: _Case) -> ET.Element:
    element = ET.Element("testcase", {"name": text(case.name), "classname": f"{text(report.monitor)}.{text(suite)}", "time": "0"})
    if case.verdict is Verdict.DRIFTED:
        failure = ET.SubElement(element, "failure", {"message": text(case.reason), "type": case.kind})
        failure.text = text(case.details)
    elif case.verdict is Verdict.INCONCLUSIVE:
        ET.SubElement(element, "skipped", {"message": text(case.reason)})
    return element


def _measured(metric: MetricReport) -> str:
    since = f"; since {metric.since}" if metric.since else ""
    guess = estimated(metric)
    return f"{metric.reason}; {measured(metric)}{f'; {guess}' if guess else ''}{since}"


def _details(column: ColumnReport) -> str:
    since = f"; since {column.since}" if column.since else ""
    return f"{column.reason}; effect {effect(column)}{since}"


def text(value: str) -> str:
    r"""Write text on one line with the characters that XML 1.0 allows, never empty.

    >>> text("a\x00b"), text("")
    ('a\\x00b', '(empty)')
    """
    return " ".join("".join(c if c not in "\ufffe\uffff" else f"\\u{ord(c):04x}" for c in clean(value)).split()) or "(empty)"
