"""The numbers behind figures, as CSV."""

from __future__ import annotations

from typing import Any

import pytest

COLUMN = ("scores?column=amount", "shares?column=amount", "segments/parts?column=amount")
UNMEASURED = ("metrics?about=operations", "business", "backtest", "rollout")


@pytest.mark.parametrize("path", ["metrics?about=performance", "heatmap", *COLUMN, *UNMEASURED])
def test_figures_are_had_as_csv(api: Any, small: Any, rows_of: Any, token: Any, signed_in: Any, path: str) -> None:
    """A file with a name, a head and lines; 404 where nothing is measured; nobody has it who has not signed in."""
    headers, here = signed_in(token("viewer")), f"/models/churn/csv/{path}"
    assert api.get(here, headers=headers).status_code == 404
    small.send(rows_of(0, 300), "a")
    small.round()
    assert api.get(here).status_code == 303
    found = api.get(here, headers=headers)
    if path in UNMEASURED:
        assert found.status_code == 404
        return
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.headers["content-disposition"].startswith('attachment; filename="churn-')
    assert found.text.startswith(("window,", "segment,window,"))
    assert len(found.text.splitlines()) > 4
    assert api.get(here.replace("amount", "nobody").replace("churn", "nobody"), headers=headers).status_code == 404
