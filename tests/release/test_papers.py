"""What the gate leaves beside a candidate."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix

from driftline.release.papers import confusion
from driftline.rollout.trial import Answers, Trial


def test_a_confusion_matrix_counts_what_both_models_chose() -> None:
    """As scikit-learn counts, over the rows that both answered and whose label came; classes that only one model chose are in it."""
    dice = np.random.default_rng(3)
    label = dice.integers(0, 3, 500).astype(float)
    label[:50] = np.nan
    sides = [Answers(dice.random(500), dice.integers(0, most, 500)) for most in (3, 4)]
    silent = Answers(np.where(np.arange(500) % 10 == 0, np.nan, sides[1].score), sides[1].decision)
    found = confusion(Trial(label, sides[0], silent))
    known = np.isfinite(label) & np.isfinite(silent.score)
    assert found is not None
    assert (found["classes"], found["rows"]) == ([0, 1, 2, 3], known.sum())
    for name, side in (("champion", sides[0]), ("challenger", silent)):
        assert found[name] == confusion_matrix(label[known], side.decision[known], labels=[0, 1, 2, 3]).tolist()


def test_numbers_have_none() -> None:
    """Nor has a trial in which nothing is known."""
    numbers = Answers(np.arange(5.0))
    assert confusion(Trial(np.arange(5.0), numbers, numbers)) is None
    nobody = Answers(np.full(5, np.nan), np.zeros(5, np.intp))
    assert confusion(Trial(np.zeros(5), nobody, nobody)) is None
