from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from zlib import decompress

import numpy as np
import pytest

from driftline.pages.inside import Close
from driftline.reports.outline import outline
from driftline.reports.packing import decode
from driftline.reports.page import index

if TYPE_CHECKING:
    from driftline.store.glances import Seen
    from driftline.verdicts.report import Report


def words(packed: str) -> Any:
    """JSON as the page reads it."""
    return json.loads(decompress(b64decode(packed)))


def numbers(packed: str) -> Any:
    """Numbers as the page reads them."""
    return decode(np.frombuffer(decompress(b64decode(packed)), np.uint8).reshape(2, -1).T.copy().view("<u2").ravel())


def near(mine: str, theirs: str) -> bool:
    """Whether two packs of numbers are alike; they were rounded, to five digits and then to three."""
    return bool(np.allclose(numbers(mine), numbers(theirs), rtol=0.02, equal_nan=True))


@pytest.fixture(scope="session")
def segment(modelled: Report) -> dict[str, Any]:
    """What the report's own page has."""
    found: dict[str, Any] = index(modelled, outline(modelled))["segments"][0]
    return found


def close(modelled: Report, kept: list[Seen], first: int = 0, last: int | None = None) -> Close:
    """Some windows with their counts."""
    seen = kept[first:last]
    return Close(seen, None, {one.id: modelled.profiles[one.id] for one in seen}, modelled.reference)


def test_a_window_is_that_of_the_report(modelled: Report, kept: list[Seen], segment: dict[str, Any]) -> None:
    """All columns of one window are told as the report's page has them packed."""
    names = [column[0] for column in segment["columns"]]
    for at in (0, len(kept) - 1):
        mine = close(modelled, kept, at, at + 1).window(names)
        assert words(mine[0]) == words(segment["pages"][at][0])
        assert near(mine[1], segment["pages"][at][1])


def test_columns_stand_where_the_page_has_them(modelled: Report, kept: list[Seen]) -> None:
    """In the page's order; what a window does not know is nothing."""
    names = [column.name for column in modelled.windows[0].columns][:3]
    told = words(close(modelled, kept, 0, 1).window([names[2], "nobody", names[0]])[0])
    assert told[1] is None
    assert told[0] is not None


def test_a_column_is_that_of_the_report(modelled: Report, kept: list[Seen], segment: dict[str, Any]) -> None:
    """Distributions, scores and summaries in all windows."""
    for row, column in enumerate(segment["columns"]):
        mine = close(modelled, kept).column(column[0])
        assert mine is not None
        assert words(mine[0]) == words(segment["books"][row][0])
        assert near(mine[1], segment["books"][row][1])


def test_a_sheet_is_that_of_the_report(modelled: Report, kept: list[Seen], segment: dict[str, Any]) -> None:
    """Curves and metrics of one window; numbers of the table are the same texts."""
    at, packed = segment["sheets"][0]
    mine = close(modelled, kept, at, at + 1).sheet()
    assert mine is not None
    assert words(mine) == words(packed)


def test_what_nobody_knows_is_nothing(modelled: Report, kept: list[Seen]) -> None:
    """No such column, no such segment."""
    assert close(modelled, kept).column("nobody") is None
    far = Close(kept[:1], "nowhere", {}, modelled.reference)
    assert words(far.window(["a"])[0]) == [None]
    assert far.sheet() is None
