"""The fleet: monitors, their versions and their names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from driftline.errors import ConfigError, StateError
from driftline.store.database import Database
from driftline.store.fleet import Fleet

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """No monitors yet."""
    return Fleet(Database(f"sqlite:///{tmp_path / 'd.db'}"))


def test_a_change_is_a_version(fleet: Fleet) -> None:
    """The same YAML again is none; what was is kept."""
    assert fleet.put("churn", "a: 1", "/x", NOW, actor="me").version == 1
    assert fleet.put("churn", "a: 1", "/x", NOW, actor="me").version == 1
    assert fleet.put("churn", "a: 2", "/x", NOW, actor="you").version == 2
    found = fleet.find("churn")
    assert (found.version, found.yaml, found.way) == (2, "a: 2", None)
    assert [(one.version, one.yaml, one.author) for one in fleet.history(found.id)] == [(2, "a: 2", "you"), (1, "a: 1", "me")]


def test_a_new_name_keeps_the_past(fleet: Fleet) -> None:
    """The number, by which everything is found, stays; the old name is free to be unknown."""
    ident = fleet.put("churn", "a: 1", "/", NOW, actor="me").id
    fleet.put("fraud", "a: 1", "/", NOW, actor="me")
    fleet.rename(ident, "leavers", NOW, actor="me")
    assert fleet.find("leavers").id == ident
    with pytest.raises(ConfigError, match="'churn'"):
        fleet.find("churn")
    with pytest.raises(StateError, match="'fraud'"):
        fleet.rename(ident, "fraud", NOW, actor="me")


def test_a_retired_monitor_is_gone_and_comes_back_as_it_was(fleet: Fleet) -> None:
    """Its next version takes up its past."""
    ident = fleet.put("churn", "a: 1", "/", NOW, actor="me").id
    fleet.retire(ident, NOW, actor="me")
    assert fleet.page() == []
    assert (fleet.put("churn", "a: 1", "/", NOW, actor="me").id, fleet.find("churn").version) == (ident, 2)


def test_pages(fleet: Fleet) -> None:
    """By name, a thousand as well as two; a search takes its text as it is."""
    for number in range(30):
        fleet.put(f"m{number:02}%", "a: 1", "/", NOW, actor="me")
    first = fleet.page(limit=20)
    second = fleet.page(limit=20, after=first[-1].name)
    assert [one.name for one in [*first, *second]] == [f"m{number:02}%" for number in range(30)]
    assert [one.name for one in fleet.page(search="5%")] == ["m05%", "m15%", "m25%"]
    assert fleet.page(search="_") == []


def test_an_unknown_monitor_is_told_with_the_one_meant(fleet: Fleet) -> None:
    """Or, where there is none at all, how to create one."""
    with pytest.raises(ConfigError) as caught:
        fleet.find("churn")
    assert "PUT" in caught.value.hint
    fleet.put("churn", "a: 1", "/", NOW, actor="me")
    with pytest.raises(ConfigError) as caught:
        fleet.find("chrun")
    assert caught.value.hint == "did you mean 'churn'?"


def test_what_was_learnt_is_kept_or_why_not(fleet: Fleet) -> None:
    """A problem goes when the reference could be learnt."""
    ident = fleet.put("churn", "a: 1", "/", NOW, actor="me").id
    fleet.failed(ident, 1, "gone", NOW)
    assert (fleet.by_id(ident).problem, fleet.by_id(ident).tried) == ("gone", NOW)
    fleet.learnt(ident, 1, "abc", "1-1.profile", NOW)
    found = fleet.by_id(ident)
    assert (found.way, found.reference, found.problem) == ("abc", "1-1.profile", None)
