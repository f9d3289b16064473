"""What may be written as a rule of the policy, and everything that is wrong with what was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field, Tag

from driftline.config.forms import STRICT, Text, forms
from driftline.decisions.decision import Action
from driftline.decisions.own import FACTS, GROUPS, TRUTHS
from driftline.decisions.rules import POLICY
from driftline.decisions.written import Own
from driftline.errors import ConfigError, near_miss
from driftline.expressions import ask, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Path = tuple[str | int, ...]

ActionName = Literal["hold", "look", "fix data", "recalibrate", "retrain", "roll back", "fall back"]

LEFT_OUT = "leave out"


class WrittenDecisionRule(BaseModel):
    """One rule of the policy."""

    model_config = STRICT
    when: Text = Field(
        description="When it applies: an expression in CEL over the evidence. `and`, `or` and `not` may be written for its signs.",
        examples=["on_loss and loss.times > 3"],
    )
    do: ActionName = Field(description="What is done then.", examples=["fall back"])
    say: Text | None = Field(None, description="Why, as it stands in the decision.", examples=["So bad a model costs more than rules."])
    before: Text | None = Field(
        None,
        description="The rule that it is asked before. Without this: in the place of the usual rule of its name, or else before all.",
        examples=["the model does worse"],
    )


DecisionRule = Annotated[
    Annotated[Literal["leave out"], Tag("<text>")] | Annotated[WrittenDecisionRule, Tag("<WrittenDecisionRule>")],
    forms("leave out, or {when: …, do: …}", group="<WrittenDecisionRule>", text_="<text>"),
]


def own_rules(said: Mapping[str, Literal["leave out"] | WrittenDecisionRule] | None) -> tuple[Own, ...]:
    """The rules in the domain's terms, in the order in which they were written."""
    found = []
    for name, rule in (said or {}).items():
        if isinstance(rule, str):
            found.append(Own(name, None))
        else:
            found.append(Own(name, read(rule.when), Action(rule.do), rule.say or "", rule.before or ""))
    return tuple(found)


def wrong_ruling(said: Mapping[str, Literal["leave out"] | WrittenDecisionRule] | None) -> Iterator[tuple[Path, str, str]]:
    """Everything that is wrong with the rules: where, what, and what to do."""
    usual = [rule.name for rule in POLICY]
    known = [*usual, *(said or {})]
    for name, rule in (said or {}).items():
        path = ("decisions", "rules", name)
        if isinstance(rule, str):
            if name not in usual:
                yield path, f"there is no usual rule called {name!r} to leave out", near_miss(name, usual)
            continue
        if rule.before is not None and rule.before not in known:
            yield (*path, "before"), f"there is no rule called {rule.before!r}", near_miss(rule.before, known)
        yield from (((*path, "when"), error.fact, error.hint) for error in _wrong_with(rule.when))


def _wrong_with(text: str) -> Iterator[ConfigError]:
    try:
        expression = read(text)
    except ConfigError as error:
        yield error
        return
    wrong = [found for name in sorted(expression.names) if (found := _unknown(name))]
    yield from wrong
    if not wrong:
        try:
            ask(expression, TRUTHS)
        except ConfigError as error:
            yield error


def _unknown(path: Sequence[str]) -> ConfigError | None:
    """What is wrong with a name; None where there is such evidence."""
    root, said = path[0], ".".join(path)
    if root in FACTS:
        return None if len(path) == 1 else ConfigError(f"{root!r} has no parts", hint=f"write {root} alone")
    if root not in GROUPS:
        return ConfigError(f"decisions know no evidence called {root!r}", hint=near_miss(root, [*FACTS, *GROUPS]))
    parts = GROUPS[root]
    if len(path) == 2 and path[1] in parts:  # noqa: PLR2004  a group and its part
        return None
    return ConfigError(f"there is no evidence called {said!r}", hint=f"write {root}. and one of {', '.join(parts)}")
