"""The words of a report, and that nobody rewrites it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from driftline.verdicts.report import Cause, Concern, Finding, Score, Verdict


def test_there_are_three_verdicts() -> None:
    """Not knowing is a verdict of its own."""
    assert [verdict.value for verdict in Verdict] == ["stable", "drifted", "inconclusive"]


def test_concerns_come_in_the_order_of_waking() -> None:
    """Broken data first, then how well the model does, what it says, the truth, and what it is fed."""
    assert list(Concern) == [Concern.FAULT, Concern.PERFORMANCE, Concern.PREDICTION, Concern.LABEL, Concern.INPUT]


def test_a_cause_reads_as_words() -> None:
    """A cause is printed where no sentence can be made: each is told from the others, and none is an identifier."""
    words = [cause.value for cause in Cause]
    assert len(set(words)) == len(words)
    assert not any("_" in word or word != word.lower() for word in words)


def test_a_score_claims_only_what_it_was_given() -> None:
    """A value alone has neither threshold nor verdict."""
    score = Score(statistic="ks", value=0.1)
    assert (score.threshold, score.p_value, score.effect, score.interval, score.floor, score.detectable, score.verdict) == (None,) * 7


def test_what_was_found_stays_found() -> None:
    """Parts of a report cannot be changed once made, and are made by name only."""
    finding = Finding(where="a.csv", what="a broken line")
    with pytest.raises(FrozenInstanceError):
        finding.rows = 3  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        Finding("a.csv", "a broken line")  # type: ignore[misc]  # likewise
