from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.pages.history import history
from driftline.reports.clinic import cards
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.store.glances import Seen
    from driftline.verdicts.report import Report


def test_nothing_kept_is_no_history() -> None:
    """A monitor of which nothing was said has none."""
    assert history("churn", []) is None


def test_it_says_of_performance_what_the_report_says(modelled: Report, kept: list[Seen]) -> None:
    """Cut into windows, kept, read and put together, the sentences about performance are those of the whole report."""
    found = history("m", kept)
    assert found is not None
    assert cards(found.report()) == cards(modelled)


def test_a_state_lasts_since_its_first_window(kept: list[Seen]) -> None:
    """Where the report does not say since when, it is the first window of those alike at the end."""
    found = history("m", kept)
    assert found is not None
    said = [glance["verdict"] for glance in found.glances]
    assert found.verdict is Verdict(said[-1])
    first = next(at for at in range(len(said)) if set(said[at:]) == {said[-1]})
    assert found.since == found.windows[first].label
