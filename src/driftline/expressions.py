"""Rules' expressions in CEL, the Common Expression Language: read once, checked, and asked of each window."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from driftline.alerting.evidence import FEATURE, METRIC, TRUTHS
from driftline.errors import ConfigError, PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from driftline.alerting.evidence import Evidence

    Look = Callable[[str], Mapping[str, Any] | None]

WORDS = {"and": "&& ", "or": "||", "not": "!  "}
"""What people write for CEL's signs; as long as the words, so that columns stay what they were."""

SPLIT = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.])(?:and|or|not)(?!\w))""")
"""Texts, which are left alone, and the words."""

YES_OR_NO = TRUTHS | {name for name in (*METRIC, *FEATURE) if name in {"worse", "drifted", "fault"}}
LONGEST = 2000
"""A longer expression is not a rule."""

DEEPEST = 60
"""Nor is one that is nested more deeply."""

LOOKED_UP = frozenset({"feature", "segment"})
"""What is asked for by a name in brackets."""


def nothing(name: str) -> None:
    """Nothing is known of anything."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read and found sound.

    Attributes:
        text: as it was written.
        names: the evidence it reads, part by part.
        tree: as CEL has it.
    """

    text: str
    names: frozenset[tuple[str, ...]]
    tree: Any = field(repr=False, compare=False)

    def holds(self, evidence: Mapping[str, Any], feature: Look, segment: Look = nothing) -> bool | None:
        """Whether it holds; None where what decides is not known.

        An unknown part decides nothing by itself: `a or b` holds where a does, whatever b is.

        Args:
            evidence: what is known, by name.
            feature: what is known of a column.
            segment: what is known of a segment, with its columns under `feature`.
        """
        celpy = _celpy()
        try:
            return bool(_evaluated(self.tree, evidence, feature, segment))
        except (celpy.CELEvalError, TypeError, ValueError):
            return None


def read(text: str) -> Expression:
    """Read an expression; `and`, `or` and `not` are CEL's `&&`, `||` and `!`.

    Raises:
        ConfigError: it is not CEL.
        PluginError: what reads CEL is not installed.

    >>> expression = read('drift.psi.max > 0.25 and not on_fault')
    >>> expression.holds({"drift": {"psi": {"max": 0.3}}, "on_fault": False}, {}.get)
    True
    """
    celpy = _celpy()
    if len(text) > LONGEST or _depth(text) > DEEPEST:
        raise ConfigError("the rule is too long, or nested too deeply", hint="write several rules")
    try:
        tree = _environment().compile(_in_cel(text))
    except celpy.CELParseError as error:
        where = f" at column {error.column}" if error.column else ""
        raise ConfigError(f"the rule {text!r} cannot be read{where}", hint="write it like drift.psi.max > 0.25 and on_fault") from error
    return Expression(text, frozenset(_names(tree)), tree)


def ask(expression: Expression, truths: Collection[str] = YES_OR_NO) -> None:
    """Ask it once of made-up evidence, to see that it compares what can be compared and answers by yes or no.

    Args:
        expression: the rule.
        truths: names that are true or false; the others are numbers.

    Raises:
        ConfigError: it does not.
    """
    celpy, text = _celpy(), expression.text
    specimen = _specimen(expression.names, truths)
    try:
        answer = _evaluated(expression.tree, specimen, *(specimen.get(one, {}).get for one in ("feature", "segment")))
    except (celpy.CELEvalError, TypeError, ValueError) as error:
        reason = str(error.args[0]).partition("(")[0].strip() if error.args else ""
        fact = f"the rule {text!r} compares what cannot be compared"
        if "overload" not in reason:
            fact = f"the rule {text!r} cannot be answered: {reason}"
        raise ConfigError(fact, hint="compare numbers with numbers: drift.psi.max > 0.25") from error
    if not isinstance(answer, celpy.celtypes.BoolType):
        raise ConfigError(f"the rule {text!r} is not answered by yes or no", hint=f"compare it with a number: {text} > 0.25")


def _specimen(names: frozenset[tuple[str, ...]], truths: Collection[str]) -> Evidence:
    """Made-up evidence that has all those names."""
    made: Evidence = {}
    for path in sorted(names):
        group = made
        for part in path[:-1]:
            if not isinstance(group.get(part), dict):
                group[part] = {}
            group = group[part]
        group.setdefault(path[-1], False if path[-1] in truths else 0.0)
    return made


def _evaluated(tree: Any, evidence: Mapping[str, Any], feature: Look, segment: Look) -> Any:
    celpy = _celpy()

    def told(name: Any, found: Any) -> Any:
        return celpy.CELEvalError(f"nothing is known of {name!r}") if found is None else celpy.json_to_cel(found)

    def of_feature(*given: Any) -> Any:
        # A column of all rows, or, after a full stop, of the segment before it.
        name = str(given[-1])
        # CEL's maps raise where Python's say that there is nothing.
        return told(name, feature(name) if len(given) == 1 else dict.get(dict.get(given[0], "feature", {}), name))

    functions = {"feature": of_feature, "segment": lambda name: told(name, segment(str(name)))}
    program = _environment().program(tree, functions=functions)
    return program.evaluate({name: celpy.json_to_cel(value) for name, value in evidence.items()})


def _names(tree: Any) -> Iterator[tuple[str, ...]]:
    """Every name that is read, as a path."""
    path = _path(tree)
    if path is not None:
        yield path
        return
    for child in getattr(tree, "children", ()):
        yield from _names(child)


def _path(node: Any) -> tuple[str, ...] | None:
    """`drift.psi.max`, `drift["psi"].max`, `feature("amount").unseen` and so on as a path; None for anything else."""
    kind = getattr(node, "data", None)
    children: list[Any] = getattr(node, "children", [])
    if kind in {"member", "primary"} and len(children) == 1:
        return _path(children[0])
    if kind == "ident":
        return (str(children[0]),)
    if kind == "ident_arg" and str(children[0]) in LOOKED_UP:
        return _longer((), str(children[0]), _literal(children[1]))
    if kind == "member_dot":
        return _longer(_path(children[0]), str(children[1]))
    if kind == "member_dot_arg" and str(children[1]) == "feature":
        return _longer(_path(children[0]), "feature", _literal(children[2]))
    return _longer(_path(children[0]), _literal(children[1])) if kind == "member_index" else None


def _longer(path: tuple[str, ...] | None, *parts: str | None) -> tuple[str, ...] | None:
    """A path and what follows; None where any of it is not known."""
    known = tuple(part for part in parts if part is not None)
    return None if path is None or len(known) < len(parts) else (*path, *known)


def _literal(node: Any) -> str | None:
    """The text that a node is, through all the layers of the grammar."""
    while len(getattr(node, "children", ())) == 1 and getattr(node, "data", "") != "literal":
        node = node.children[0]
    token = node.children[0] if getattr(node, "data", "") == "literal" else None
    return str(token)[1:-1] if token is not None and str(token)[:1] in {'"', "'"} else None


def _in_cel(text: str) -> str:
    """With CEL's signs in the place of words.

    >>> _in_cel('a or not b and c == " or "')
    'a || !   b &&  c == " or "'
    """
    return "".join(WORDS.get(part, part) for part in SPLIT.split(text))


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _environment() -> Any:
    """CEL's environment. Making one raises Python's limit of recursion, for all of the process; ours stays as it was."""
    limit = sys.getrecursionlimit()
    try:
        return _celpy().Environment()
    finally:
        sys.setrecursionlimit(limit)


def _celpy() -> Any:
    """CEL for Python, loaded when a rule is read: few monitors have any."""
    try:
        return import_module("celpy")
    except ImportError as error:
        raise PluginError("rules need a package that reads CEL", hint="pip install 'driftline[rules]'") from error
