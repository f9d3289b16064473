from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.reports import junit
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import Report

# Ant's schema (windyroad's JUnit.xsd), which is the stricter one: attributes, then children in their order.
SUITE = {"id", "name", "package", "hostname", "time", "timestamp", "tests", "failures", "errors", "skipped"}
CASE = {"name", "classname", "time"}
OUTCOMES = {"failure": {"message", "type"}, "skipped": {"message"}}


@pytest.fixture(params=["report", "hostile", "odd", "parted"])
def root(request: pytest.FixtureRequest) -> ET.Element:
    """JUnit of an ordinary, a hostile and an odd report."""
    return ET.fromstring(junit.to_junit(request.getfixturevalue(request.param)))


def test_it_has_the_shape_that_ci_systems_read(root: ET.Element) -> None:
    """Elements and attributes are those of JUnit's schemas, in their order, none empty where a token must not be."""
    assert root.tag == "testsuites"
    assert not root.attrib
    for place, suite in enumerate(root):
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == SUITE
        assert suite.get("id") == str(place)
        tags = [child.tag for child in suite]
        cases = suite.findall("testcase")
        assert tags == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        for case in cases:
            assert set(case.attrib) == CASE
            assert all(case.attrib.values())
            assert len(case) <= 1
            assert all(set(outcome.attrib) == OUTCOMES[outcome.tag] for outcome in case)


def test_counts_are_what_is_there(root: ET.Element) -> None:
    """A suite's numbers are its cases'."""
    for suite in root:
        found = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error", "skipped": "testcase/skipped"}
        assert {key: int(suite.get(key, "")) for key in found} == {key: len(suite.findall(path)) for key, path in found.items()}
        assert suite.findall("testcase")


def test_drifted_fails_and_inconclusive_is_skipped(report: Report) -> None:
    """Every column of every window is a case, with its reason where it did not pass."""
    root = ET.fromstring(junit.to_junit(report))
    for window, suite in zip(report.windows, root, strict=True):
        assert suite.get("name") == window.window.label
        for column, case in zip(window.columns, suite.findall("testcase"), strict=True):
            outcome = {Verdict.DRIFTED: "failure", Verdict.INCONCLUSIVE: "skipped", Verdict.STABLE: None}[column.verdict]
            assert [child.tag for child in case] == ([outcome] if outcome else [])
            if outcome:
                assert case[0].get("message") == column.reason


def test_a_windows_own_verdict_is_not_lost(report: Report) -> None:
    """A window that drifted although none of its columns did fails by a case of its own."""
    window = replace(report.windows[0], verdict=Verdict.DRIFTED, reason="rows repeat", columns=())
    (suite,) = ET.fromstring(junit.to_junit(replace(report, windows=(window,))))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "rows repeat"


def test_performance_is_a_case_of_each_window(modelled: Report) -> None:
    """The metric that decides stands first: worse fails, what cannot be told is skipped."""
    root = ET.fromstring(junit.to_junit(modelled))
    for window, suite in zip(modelled.windows, root, strict=True):
        case = suite.findall("testcase")[0]
        told = window.performance[0]
        assert case.get("name") == "performance: ROC AUC"
        outcome = {Verdict.DRIFTED: "failure", Verdict.INCONCLUSIVE: "skipped", Verdict.STABLE: None}[told.verdict]
        assert [child.tag for child in case] == ([outcome] if outcome else [])
        if outcome == "failure":
            assert case[0].get("type") == "performance"
            assert f"since {told.since}" in (case[0].text or "")
    assert "accuracy" not in {case.get("name") for case in root.iter("testcase")}


@given(st.text())
def test_any_text_can_be_written(text: str) -> None:
    """Characters that XML cannot hold are spelled out; the rest is kept."""
    node = ET.Element("x", {"a": junit.text(text)})
    node.text = junit.text(text)
    back = ET.fromstring(ET.tostring(node))
    assert back.text == back.get("a") == junit.text(text)
    assert junit.text(text).strip()
