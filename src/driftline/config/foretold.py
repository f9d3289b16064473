"""Columns that are known by what they say of each other: a score, what comes true as often as it says, and what was meant by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import LevelBins
from driftline.schema import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile

    Floats = NDArray[np.float64]

LIKE_A_SCORE = re.compile(r"^((p|proba?|probability|score)_.+|.+_(proba?|probability|score))$")
"""A feature may be called so, too: it is a score where some label comes true as often as it says."""

FEW = 30
"""A number with more values than this is a quantity rather than a class."""

FEWEST, SURELY, SLOPES = 200, 3.3, (0.5, 2.0)
"""Sampled rows with a label, deviations by which labels must rise with a score (one toss in 2,000 does), and how steeply."""

Z_AVERAGE = 4.0
"""By so many deviations the average may miss: models are calibrated on other rows than these."""

AGREES = 0.5
"""A predicted class is right beyond chance at least so often."""

ABOUT = re.compile(r"^(predicted|pred)_|_(predicted|prediction|pred)$")
"""What a prediction's name adds to what it is about."""

WHOLE = 0.02
"""So little is left of 1 when chances of all classes are added: they are rounded."""


def foretold(profile: Profile, distinct: Mapping[str, int], roles: Mapping[str, Role]) -> dict[str, Role]:
    """Scores and labels that no name tells; nothing where no column answers to that, or more than one.

    Args:
        profile: of the reference; its sampled rows are asked.
        distinct: how many values each column has, about; columns without a value are left out.
        roles: what is known already.
    """
    free = {name: values for name, values in distinct.items() if name not in roles}
    known = {role: name for name, role in roles.items()}
    found: dict[str, Role] = {}
    if Role.PREDICTION in known and Role.LABEL not in known:
        found |= _label_of(profile, known[Role.PREDICTION], free)
    classes = known.get(Role.LABEL) or known.get(Role.PREDICTION)
    if Role.SCORE not in known and classes is not None:
        found |= _by_class(profile, classes, [name for name in free if name not in found])
        if Role.SCORE in found.values() and Role.LABEL not in known:
            # What has a chance for each of its values is a class, though it is written as a number.
            found |= _numbered(profile, classes, [name for name in free if name not in found])
    if found or (Role.SCORE in known and Role.LABEL in known):
        return found
    return _pair(profile, known, free)


def _pair(profile: Profile, known: Mapping[Role, str], free: Mapping[str, int]) -> dict[str, Role]:
    """A score of yes or no, and its label."""
    shares = [name for name, values in free.items() if values > FEW and LIKE_A_SCORE.match(name.lower()) and _is_share(profile, name)]
    scores = [known[Role.SCORE]] if Role.SCORE in known else shares
    labels = [known[Role.LABEL]] if Role.LABEL in known else [name for name, values in free.items() if values == 2]  # noqa: PLR2004  yes or no
    truths = {name: truth for name in labels if (truth := _truth(profile, name)) is not None}
    pairs = [(one, other) for one in scores for other in truths if _comes_true(_sampled(profile, one), truths[other])]
    return {pairs[0][0]: Role.SCORE, pairs[0][1]: Role.LABEL} if len(pairs) == 1 else {}


def _label_of(profile: Profile, prediction: str, free: Iterable[str]) -> dict[str, Role]:
    """What a prediction is called after, or the class that it names."""
    stem = ABOUT.sub("", prediction.lower())
    alike = [name for name in free if _kind(profile, name) is _kind(profile, prediction)]
    called = [name for name in alike if name.lower() == stem != prediction.lower()]
    levels = set(_levels(profile, prediction))
    # A number that follows a predicted one may be its last value: only of classes is it enough that they agree.
    texts = _texts(profile, prediction)
    named = [name for name in alike if levels and set(_levels(profile, name)) == levels and _names(_texts(profile, name), texts)]
    found = called or named
    return {found[0]: Role.LABEL} if len(found) == 1 else {}


def _numbered(profile: Profile, prediction: str, free: Iterable[str]) -> dict[str, Role]:
    """The class that a prediction names, where classes are whole numbers."""
    classes, said = _whole(profile, prediction), _numbers(profile, prediction)
    found = [name for name in free if classes and _whole(profile, name) == classes and _names(_numbers(profile, name), said)]
    return {found[0]: Role.LABEL} if len(found) == 1 else {}


def _by_class(profile: Profile, classes: str, free: Iterable[str]) -> dict[str, Role]:
    """A column for each class, called after it, which add up to 1."""
    levels = _levels(profile, classes) or _whole(profile, classes)
    shares = [name for name in free if _is_share(profile, name)]
    # All are called alike but for the class: another column may end like one of them.
    stems = [
        {name.lower().removesuffix(f"_{level.lower()}"): name for name in shares if name.lower().endswith(f"_{level.lower()}")}
        for level in levels
    ]
    common = set.intersection(*map(set, stems)) if len(levels) > 2 else set()  # noqa: PLR2004  of two classes one score is enough
    if len(common) != 1:
        return {}
    chosen = sorted((each[stem] for each in stems for stem in common), key=profile.plan.index)
    total = np.sum([_sampled(profile, name) for name in chosen], axis=0)
    whole = abs(total[np.isfinite(total)] - 1) <= WHOLE
    return dict.fromkeys(chosen, Role.SCORE) if len(set(chosen)) == len(levels) and whole.size and whole.all() else {}


def _kind(profile: Profile, name: str) -> Kind:
    return profile.plan.columns[profile.plan.index(name)].column.kind


def _sampled(profile: Profile, name: str) -> Floats:
    return profile.sample.values[:, profile.plan.index(name)]


def _levels(profile: Profile, name: str) -> tuple[str, ...]:
    bins = profile.plan.columns[profile.plan.index(name)].bins
    return bins.levels if isinstance(bins, LevelBins) else ()


def _texts(profile: Profile, name: str) -> NDArray[np.str_]:
    """The sampled rows' levels; empty where a row has none of them."""
    texts = np.array([*_levels(profile, name), ""])
    values = _sampled(profile, name)
    return np.asarray(texts[np.where(np.isnan(values), len(texts) - 1, np.minimum(values, len(texts) - 1)).astype(np.intp)])


def _whole(profile: Profile, name: str) -> tuple[str, ...]:
    """The values of a number's sampled rows as texts, where they are few and whole."""
    if _kind(profile, name) is not Kind.NUMBER:
        return ()
    values = np.unique(_sampled(profile, name))
    values = values[np.isfinite(values)]
    return tuple(str(int(one)) for one in values) if values.size <= FEW and not (values % 1).any() else ()


def _numbers(profile: Profile, name: str) -> NDArray[np.str_]:
    """The sampled rows' numbers as texts; empty where a row has none."""
    values = _sampled(profile, name)
    return np.where(np.isfinite(values), values.astype(np.str_), "")


def _is_share(profile: Profile, name: str) -> bool:
    low, high = profile.extremes[profile.plan.index(name)]
    return _kind(profile, name) is Kind.NUMBER and 0 <= low <= high <= 1


def _truth(profile: Profile, name: str) -> Floats | None:
    """The sampled rows' 0 or 1; None for a column of other values."""
    values, levels = _sampled(profile, name), _levels(profile, name)
    if levels:
        return np.where(np.isnan(values), np.nan, values == levels.index("true")) if set(levels) == {"false", "true"} else None
    return values if set(profile.extremes[profile.plan.index(name)].tolist()) == {0.0, 1.0} else None


def _comes_true(said: Floats, truth: Floats) -> bool:
    """Whether what is said to be so probable is so frequent: on average, and the more so the more it is said to be."""
    known = np.isfinite(said) & np.isfinite(truth)
    said, truth = said[known], truth[known]
    if said.size < FEWEST or not said.std():
        return False
    noise, off = said * (1 - said), said - said.mean()
    slope = float(off @ truth / (off @ off))
    error = float(np.sqrt(noise @ off**2) / (off @ off))
    on_average = abs(float((truth - said).sum())) <= Z_AVERAGE * float(np.sqrt(noise.sum()))
    return on_average and SLOPES[0] <= slope <= SLOPES[1] and slope >= SURELY * error


def _names(truth: NDArray[np.str_], said: NDArray[np.str_]) -> bool:
    """Whether a class is mostly what another one says, beyond what chance makes (Cohen's kappa)."""
    known = (truth != "") & (said != "")
    truth, said = truth[known], said[known]
    if truth.size < FEWEST:
        return False
    chance = sum(float((truth == level).mean() * (said == level).mean()) for level in np.unique(truth))
    return chance < 1 and ((truth == said).mean() - chance) / (1 - chance) >= AGREES
