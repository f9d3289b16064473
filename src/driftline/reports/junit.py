"""The report as JUnit XML: a suite per window, a case per column, so that any CI shows drift where it shows failing tests.

A drifted column is a failure, an inconclusive one is skipped, both with their reason. Valid against the
schemas of Ant (windyroad's JUnit.xsd) and of Jenkins' xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from driftline.reports.text import effect
from driftline.reports.wording import clean
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import ColumnReport, Report, WindowReport

WHOLE = "(the window as a whole)"
"""The case of a window whose verdict none of its columns explains."""


def to_junit(report: Report) -> str:
    """Write the report as JUnit XML; characters that XML cannot hold are spelled out."""
    root = ET.Element("testsuites")
    for place, window in enumerate(report.windows):
        root.append(_suite(report, window, place))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report, window: WindowReport, place: int) -> ET.Element:
    name = window.window.label if window.segment is None else f"{window.window.label} [{window.segment}]"
    cases = [_case(report, name, column.name, column.verdict, column.reason, column) for column in window.columns]
    told = {column.verdict for column in window.columns}
    if not cases or (window.verdict is not Verdict.STABLE and window.verdict not in told):
        cases.append(_case(report, name, WHOLE, window.verdict, window.reason, None))
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


def _case(report: Report, suite: str, name: str, verdict: Verdict, reason: str, column: ColumnReport | None) -> ET.Element:
    case = ET.Element("testcase", {"name": text(name), "classname": f"{text(report.monitor)}.{text(suite)}", "time": "0"})
    if verdict is Verdict.DRIFTED:
        failure = ET.SubElement(case, "failure", {"message": text(reason), "type": column.concern.value if column else "drift"})
        failure.text = text(_details(column) if column else reason)
    elif verdict is Verdict.INCONCLUSIVE:
        ET.SubElement(case, "skipped", {"message": text(reason)})
    return case


def _details(column: ColumnReport) -> str:
    since = f"; since {column.since}" if column.since else ""
    return f"{column.reason}; effect {effect(column)}{since}"


def text(value: str) -> str:
    r"""Write text on one line with the characters that XML 1.0 allows, never empty.

    >>> text("a\x00b"), text("")
    ('a\\x00b', '(empty)')
    """
    return " ".join("".join(c if c not in "\ufffe\uffff" else f"\\u{ord(c):04x}" for c in clean(value)).split()) or "(empty)"
