"""Everything that can be explained: statistics, settings, errors and our words, each from where it is defined."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.cli.main import EXIT_CODES
from driftline.config.published import settings
from driftline.drift.statistic import STATISTICS
from driftline.errors import ConfigError, DriftlineError, near_miss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.config.published import Setting
    from driftline.drift.statistic import Statistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One thing that can be explained: what it is, what it means, and facts about it by name."""

    kind: str
    name: str
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()


SYMBOLS = "p, q shares of reference and current; F, G their distribution functions; n, m their rows; s the reference's standard deviation"

WORDS = {
    "reference": "What is normal: usually the data the model was trained on. Bins are fitted to it once; later data is counted in them.",
    "current": "What the model sees now, cut into windows.",
    "profile": "What one window held, as counts. Profiles of one reference add: the profile of a week is the sum of its days, exactly.",
    "verdict": "What is said of a column, a window or everything: stable, drifted or inconclusive, always with a reason.",
    "stable": "Whatever changed is smaller than what matters: the whole confidence interval of the change lies below the floor.",
    "drifted": "A change that matters was shown: its whole confidence interval is beyond the floor, and chance is an unlikely cause.",
    "inconclusive": "There are too few rows to tell. The report says how many would do. It is not a success, and it wakes nobody.",
    "seen": "A change was shown, but it is smaller than what matters.",
    "floor": "The smallest change that matters. A change below it is reported as seen, and wakes nobody.",
    "detectable": "The smallest change that this many rows would have shown with a probability of 0.8.",
    "effect": "How large a change is, freed of the part that noise alone produces, with its confidence interval.",
    "budget": "How many false alarms are accepted in how long, over all columns, statistics, segments and windows: see false_alarms.",
    "since": "The window in which a change seems to have begun, which is often earlier than the one that showed it.",
}
"""Words that reports use. They are not settings."""


def explain(name: str) -> list[Topic]:
    """Everything that goes by that name; a setting also by the last step of its path.

    Raises:
        ConfigError: nothing goes by that name.
    """
    wanted = name.strip().casefold()
    found = [topic for topic in topics() if wanted in {topic.name.casefold(), topic.name.rpartition(".")[2].casefold()}]
    if found:
        return found
    raise ConfigError(f"there is nothing called {name!r} to explain", hint=_meant(name))


def topics() -> Iterator[Topic]:
    """Every topic, kind by kind."""
    yield from (_statistic(statistic) for statistic in STATISTICS)
    yield from (_setting(setting) for setting in settings())
    yield from (_error(kind) for kind in _tree(DriftlineError))
    yield from (Topic(kind="word", name=name, meaning=meaning) for name, meaning in WORDS.items())


def _meant(name: str) -> str:
    names = {topic.name for topic in topics()} | {topic.name.rpartition(".")[2] for topic in topics()}
    near = near_miss(name, names)
    return near if near.startswith("did") else "driftline explain lists everything"


def _statistic(statistic: Statistic) -> Topic:
    convention = f"{statistic.convention:g} is called changed" if statistic.convention is not None else "none"
    return Topic(
        kind="statistic",
        name=statistic.name,
        meaning=inspect.getdoc(statistic.of) or statistic.title,
        facts=(
            ("title", statistic.title),
            ("formula", statistic.formula),
            ("symbols", SYMBOLS),
            ("serves", ", ".join(sorted(kind.value for kind in statistic.kinds))),
            ("unit", statistic.unit or "none"),
            ("worse", statistic.worse),
            ("convention", convention),
            ("empty bins", statistic.smoothing),
            ("source", statistic.source),
        ),
    )


def _setting(setting: Setting) -> Topic:
    facts = (("values", setting.values), ("default", setting.default), ("example", setting.example))
    return Topic(kind="setting", name=setting.path, meaning=setting.meaning, facts=tuple(fact for fact in facts if fact[1]))


def _error(kind: type[DriftlineError]) -> Topic:
    code = next((code for parent, code in EXIT_CODES.items() if issubclass(kind, parent)), None)
    facts = (("exit code", str(code)),) if code else ()
    return Topic(kind="error", name=kind.__name__, meaning=(inspect.getdoc(kind) or "").partition("\n\n")[0], facts=facts)


def _tree(kind: type[DriftlineError]) -> Iterator[type[DriftlineError]]:
    for below in kind.__subclasses__():
        # What a face derives for itself, a refusal with its HTTP status, is no error of a command.
        if below.__module__ != DriftlineError.__module__:
            continue
        yield below
        yield from _tree(below)
