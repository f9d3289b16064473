"""From what models said and what came true, in whatever words, to a trial of champion against challenger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.rollout.trial import Answers
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from driftline.config.specification import Specification

YES = frozenset({"1", "true", "yes", "y", "positive"})
"""Classes that count as positive where nobody says which does."""


@dataclass(slots=True)
class Words:
    """How classes are read: for a binary model 1 is the positive one, else each class has the code in whose order it was met.

    Attributes:
        task: what the model does.
        positive: the positive class as its text; None for the usual ones.
        threshold: the score from which on a binary model says yes, where it does not choose itself.
    """

    task: Task
    positive: str | None = None
    threshold: float = 0.5
    codes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, specification: Specification) -> Words:
        """As a monitor reads them."""
        goal = specification.monitor.policy.goal
        return cls(specification.monitor.task, goal.positive, goal.threshold)

    def labels(self, values: Sequence[Any]) -> NDArray[np.float64]:
        """What came true: codes or numbers; NaN where it is not known."""
        if self.task is Task.REGRESSION:
            return numbers(values)
        return np.array([np.nan if (code := self._code(value)) is None else code for value in values], dtype=np.float64)

    def answers(self, score: Sequence[Any] | None, prediction: Sequence[Any] | None) -> Answers:
        """What a model said; at least one of the two is needed."""
        rows = len(score if score is not None else prediction or ())
        scores = numbers(score) if score is not None else None
        if self.task is Task.REGRESSION:
            return Answers(numbers(prediction) if prediction is not None else _or_empty(scores, rows))
        if prediction is not None:
            decision = np.array([-1 if (code := self._code(value)) is None else code for value in prediction], dtype=np.intp)
            held = scores if scores is not None else np.where(decision >= 0, decision, np.nan).astype(np.float64)
            return Answers(held, decision)
        held = _or_empty(scores, rows)
        return Answers(held, np.where(np.isnan(held), -1, held >= self.threshold).astype(np.intp))

    def _code(self, value: Any) -> int | None:
        text = text_of(value)
        if text is None:
            return None
        if self.task is Task.MULTICLASS:
            return self.codes.setdefault(text, len(self.codes))
        return int(text == self.positive) if self.positive is not None else int(text.lower() in YES)


def text_of(value: Any) -> str | None:
    """A class as its text: the number 1.0 and the text "1" are one.

    >>> [text_of(value) for value in (1.0, "1", True, "a", None)]
    ['1', '1', '1', 'a', None]
    """
    match value:
        case None:
            return None
        case bool():
            return "1" if value else "0"
        case float():
            return None if np.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    return str(value)


def numbers(values: Iterable[Any]) -> NDArray[np.float64]:
    """Numbers; NaN for what is none."""
    return np.array([_number(value) for value in values], dtype=np.float64)


def _or_empty(scores: NDArray[np.float64] | None, rows: int) -> NDArray[np.float64]:
    return scores if scores is not None else np.full(rows, np.nan)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
