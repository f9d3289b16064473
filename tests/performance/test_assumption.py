from __future__ import annotations

from dataclasses import replace

import pytest

from driftline.performance.assumption import Doubt, Grounds, Trust

SOUND = Grounds(ess=9_000, labels=20_000, fewest=4_000, unsupported=0.01, rows=2_000, concept_p=0.4)


def test_an_estimate_that_rests_on_enough_is_sound() -> None:
    """Where nothing speaks against it, it is sound and there is nothing to say."""
    assert SOUND.trust() == (Trust.SOUND, "")


@pytest.mark.parametrize(
    ("grounds", "doubt", "number"),
    [
        (replace(SOUND, ess=999), Doubt.FEW_EFFECTIVE, "999 of 20,000"),
        (replace(SOUND, unsupported=0.06), Doubt.UNSUPPORTED, "6.0%"),
        (replace(SOUND, fewest=199), Doubt.FEW_LABELS, "199"),
    ],
)
def test_an_estimate_that_rests_on_little_is_doubtful(grounds: Grounds, doubt: Doubt, number: str) -> None:
    """Each thing that is missing is named with its number."""
    trust, why = grounds.trust()
    assert trust is Trust.DOUBTFUL
    assert grounds.doubts() == (doubt,)
    assert doubt in why
    assert number in why


def test_a_changed_relation_breaks_the_estimate() -> None:
    """What labels show of the relation outweighs all else, and is told first."""
    trust, why = replace(SOUND, concept_p=0.0001, fewest=10).trust()
    assert trust is Trust.BROKEN
    assert why.startswith(str(Doubt.CONCEPT))
    assert "(10)" in why
