from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from driftline.reports.markdown import code, escaped, to_markdown

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_the_verdict_comes_first(report: Report) -> None:
    """The first line says what happened, since when and where; the second why."""
    heading, _, reason, *_ = to_markdown(report).splitlines()
    assert heading == "### ▲ Drifted since 2026-03-26: `payments`"
    assert reason.startswith("**3 columns have drifted")


def test_tables_have_as_many_cells_as_heads(hostile: Report) -> None:
    """No name breaks a row."""
    bare = re.compile(r"(?<!\\)\|")
    tables = [block for block in to_markdown(hostile).split("\n\n") if block.startswith("|")]
    assert tables
    for table in tables:
        assert len({len(bare.findall(line)) for line in table.splitlines()}) == 1


def test_no_name_becomes_markup(hostile: Report) -> None:
    """Outside code spans there is no bracket, no link and nobody is mentioned."""
    outside = re.sub(r"(`+)(?:(?!\1).)+\1", "", to_markdown(hostile)).replace("<sub>", "").replace("</sub>", "")
    assert not re.search(r"[<\[@]", outside)


@given(st.text(min_size=1))
def test_a_code_span_is_closed_by_its_own_fence(name: str) -> None:
    """Whatever backticks a name holds, the span that holds it is one span."""
    span = code(name)
    fence = re.match("`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert span.endswith(fence[0])
    assert fence[0] not in re.findall("`+", inner)
    assert "\n" not in span


@given(st.text())
def test_escaped_text_has_nothing_that_markdown_reads(text: str) -> None:
    """Once references are taken away, no character is left that means anything."""
    left = re.sub(r"&#\d+;", "", escaped(text))
    assert not re.search(r"[\\`*_{}\[\]<>#|~@$&]|://", left)


def test_long_lists_are_cut(report: Report) -> None:
    """A summary stays a summary."""
    assert re.search(r"^and \d+ columns? more$", to_markdown(report, most=1), re.MULTILINE)


def test_nothing_drifted_is_a_short_report(report: Report) -> None:
    """Without stories there are no tables."""
    calm = replace(report, windows=report.windows[:1], profiles=report.profiles[:1], findings=())
    assert "|" not in to_markdown(calm)


def test_performance_is_a_table_of_its_own(parted: Report) -> None:
    """Each segment's deciding metric, worst first, before drift; its cells are closed like all others."""
    text = to_markdown(parted)
    table = text[text.index("#### Performance") : text.index("#### Would wake")]
    lines = [line for line in table.splitlines() if line.startswith("| ROC AUC")]
    assert len(lines) == 3
    assert all("▲ worse since 2026-" in line for line in lines)
    assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1


def test_strangers_metrics_are_no_markup(modelled: Report) -> None:
    """A guest's title stays text."""
    windows = tuple(replace(w, performance=(replace(w.performance[0], title="<b>|AUC*"),)) for w in modelled.windows)
    assert "&#60;b&#62;&#124;AUC&#42;" in to_markdown(replace(modelled, windows=windows))
