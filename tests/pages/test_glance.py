from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.pages.glance import column_in, detail, drifted, glance, opened, pack, unpack
from driftline.reports.document import to_dict
from driftline.reports.ledger import VERDICTS, ledger

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_a_glance_has_every_column_in_its_colour(modelled: Report) -> None:
    """Names, verdicts and heat are those of the report's heat map."""
    told, book = opened(pack(glance(to_dict(modelled)))), ledger(modelled)
    assert [tuple(part["names"]) for part in told["parts"]] == [book.names] * len(book.windows)
    for at, part in enumerate(told["parts"]):
        assert part["heat"] == pytest.approx(book.heat[:, at])
        assert part["codes"].tolist() == book.verdicts[:, at].tolist()
        moved = [name for name, code in zip(part["names"], part["codes"], strict=True) if VERDICTS[code] == "drifted"]
        assert [one["name"] for one in drifted(part)] == moved


@pytest.mark.parametrize("name", ["modelled", "parted"])
def test_one_column_is_found_without_the_others(name: str, request: pytest.FixtureRequest) -> None:
    """Each column of each part comes back as the report has it, to five digits."""
    report = to_dict(request.getfixturevalue(name))
    parts, body = opened(pack(glance(report)))["parts"], detail(report)
    for at, window in enumerate(report["windows"]):
        for column in window["columns"]:
            found = column_in(body, parts, at, column["name"])
            assert found is not None
            told = found.told
            assert {**told, "weight": 0, "importance": 0, "scores": []} == {**column, "weight": 0, "importance": 0, "scores": []}
            assert [one["value"] for one in told["scores"]] == pytest.approx([one["value"] for one in column["scores"]], rel=1e-4)


def test_a_column_that_is_not_there_is_none(modelled: Report) -> None:
    """Nothing is said of it."""
    report = to_dict(modelled)
    assert column_in(detail(report), opened(pack(glance(report)))["parts"], 0, "nobody") is None


def test_packing_keeps_what_is_not_a_number() -> None:
    """Texts, true and nothing come back; numbers have five digits."""
    assert unpack(pack({"a": ["ü<", True, None, 3], "b": 0.123456789})) == {"a": ["ü<", True, None, 3], "b": 0.12346}
