"""Slow drift: found, dated, and over when it is over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.verdicts.evidence import NAMES
from driftline.verdicts.slow import follow

if TYPE_CHECKING:
    from conftest import Workshop
    from numpy.typing import NDArray

    Followed = tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]]

ERROR = 0.03
LEVEL = 0.01


def followed(workshop: Workshop, linear: list[float], floor: float = 0.02, stream: str = "shift", base: float = 0.0) -> Followed:
    """Follow one stream of windows of 1000 rows."""
    evidence, comparison = workshop.blank(rows=[1000] * len(linear))
    workshop.stream(evidence, stream, linear, ERROR, base)
    return follow(evidence, comparison, np.full((len(NAMES), 1), floor), LEVEL)


@pytest.mark.parametrize("stream", ["shift", "spread"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_slow_change_is_found_and_dated(workshop: Workshop, stream: str, sign: float) -> None:
    """1.5 standard errors a window from the 11th on are found, upwards and downwards, and dated to within two windows."""
    slow, since, seen = followed(workshop, [0.0] * 10 + [sign * 1.5 * ERROR] * 20, stream=stream)
    assert not slow[0, :10].any()
    assert slow[0, -1]
    assert abs(since[0, -1] - 10) <= 2
    assert (seen >= slow).all()
    assert (since[~slow] == -1).all()


def test_a_run_ends_after_it_is_over(workshop: Workshop) -> None:
    """A few windows back at the reference end the run."""
    slow, since, _ = followed(workshop, [1.5 * ERROR] * 20 + [0.0] * 10)
    assert slow[0, 19]
    assert not slow[0, -1]
    assert since[0, -1] == -1


def test_a_window_far_short_of_the_run_ends_it_at_once(workshop: Workshop) -> None:
    """However long the run was, the window that contradicts it is not called changed."""
    slow, _, _ = followed(workshop, [3 * ERROR] * 20 + [-ERROR])
    assert slow[0, -2]
    assert not slow[0, -1]


def test_less_than_the_floor_is_seen_and_does_not_matter(workshop: Workshop) -> None:
    """A change surely there but smaller than anybody minds is seen only."""
    slow, _, seen = followed(workshop, [2 * ERROR] * 30, floor=0.1)
    assert seen[0, -1]
    assert not slow.any()


def test_the_references_error_is_granted(workshop: Workshop) -> None:
    """What the reference's own error explains, no patience turns into a change."""
    slow, _, seen = followed(workshop, [ERROR] * 200, base=ERROR)
    assert not slow.any()
    assert not seen.any()


def test_false_alarms_keep_to_the_level(workshop: Workshop, dice: np.random.Generator) -> None:
    """In 1000 windows of noise no more runs begin than the level allows."""
    _, _, seen = followed(workshop, (ERROR * dice.standard_normal(1000)).tolist())
    assert (np.diff(seen[0].astype(int)) > 0).sum() <= 1000 * LEVEL


def test_only_a_sequence_against_one_reference_is_followed(workshop: Workshop) -> None:
    """One window is no sequence, and windows held against each other do not add up."""
    alone = followed(workshop, [10 * ERROR])
    evidence, comparison = workshop.blank(rows=[1000] * 30)
    workshop.stream(evidence, "shift", [2 * ERROR] * 30, ERROR)
    moving = replace(comparison, references=comparison.windows)
    for slow, since, seen in (alone, follow(evidence, moving, np.zeros((len(NAMES), 1)), LEVEL)):
        assert not slow.any()
        assert not seen.any()
        assert (since == -1).all()
