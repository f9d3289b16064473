"""Changes of aliases, stopped anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import StateError
from driftline.registries.aliases import Alias, applied, entry, promotion, withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS = st.sampled_from(["1", "2", "3", "4"])
ALIASES = st.fixed_dictionaries({"champion": VERSIONS}, optional={"challenger": VERSIONS, "previous": VERSIONS})


@given(now=ALIASES, version=VERSIONS, change=st.sampled_from([promotion, withdrawal]), stops=st.lists(st.integers(0, 3), max_size=3))
def test_stopped_anywhere_there_is_one_champion_and_it_ends_the_same(
    now: dict[str, str], version: str, change: Callable[..., list], stops: list[int]
) -> None:
    """After any part of the steps there is a champion, it is the old or the new, and asking again ends as one go would have."""
    try:
        whole = applied(now, change(now, version))
    except StateError:
        return
    found = now
    for stop in stops:
        found = applied(found, change(found, version)[:stop])
        assert found["champion"] in {now["champion"], whole["champion"]}
    assert applied(found, change(found, version))["champion"] == whole["champion"]
    assert applied(whole, change(whole, version)) == whole or change is withdrawal


def test_a_promotion_remembers_who_was_before() -> None:
    """The champion becomes previous, the challenger champion."""
    found = applied({"champion": "1", "challenger": "2"}, promotion({"champion": "1", "challenger": "2"}, "2"))
    assert found == {Alias.CHAMPION: "2", Alias.PREVIOUS: "1"}
    assert applied({}, promotion({}, "1")) == {"champion": "1"}


def test_a_withdrawal_takes_it_back() -> None:
    """What was promoted goes, and who was before answers again; a challenger that was not promoted is none any more."""
    now = {"champion": "2", "previous": "1"}
    back = applied(now, withdrawal(now, "2"))
    assert back == {"champion": "1"}
    assert withdrawal(back, "2") == []
    assert applied({"champion": "1", "challenger": "2"}, withdrawal({"champion": "1", "challenger": "2"}, "2")) == {"champion": "1"}
    with pytest.raises(StateError, match="none is known before it"):
        withdrawal({"champion": "1"}, "1")


def test_a_champion_does_not_challenge_itself() -> None:
    """Only another version can be the challenger."""
    assert applied({"champion": "1"}, entry({"champion": "1"}, "2")) == {"champion": "1", "challenger": "2"}
    assert entry({"champion": "1", "challenger": "2"}, "2") == []
    with pytest.raises(StateError, match="already"):
        entry({"champion": "1"}, "1")
