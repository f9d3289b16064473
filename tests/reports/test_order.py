from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.reports.ledger import ledger
from driftline.reports.order import changed_in_missing, most_telling_statistic, most_urgent_first
from driftline.reports.outline import outline

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_drifted_columns_come_first_and_none_is_lost(report: Report) -> None:
    """The heat map's rows are all columns, those with a story on top in its order."""
    book, brief = ledger(report), outline(report)
    order = most_urgent_first(brief, book)
    assert sorted(order) == list(range(len(book.names)))
    assert [book.names[row] for row in order[: len(brief.stories)]] == [s.told.name for s in brief.stories]


def test_the_statistic_shown_is_the_one_verdicts_rest_on(report: Report) -> None:
    """A column that lost its values is shown by its share of nulls."""
    book = ledger(report)
    assert most_telling_statistic(book, book.names.index("age_days")) == "null"


def test_a_column_without_scores_has_no_telling_statistic(odd: Report) -> None:
    """Where nothing was counted nothing is drawn."""
    book = ledger(odd)
    assert most_telling_statistic(book, book.names.index("huge")) in {None, "psi", "gone"}


def test_columns_that_lost_values_are_found(report: Report) -> None:
    """The column that was gone for a day and the one with a burst of nulls, the larger loss first."""
    book = ledger(report)
    assert [book.names[row] for row in changed_in_missing(book)] == ["country", "age_days"]
