"""YAML into plain values, keeping where each of them stands, so that a mistake can be pointed at."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_NODES = 100_000
"""A file that unfolds to more values than this is a mistake or an attack: aliases can multiply without end."""

DEEPEST = 64
"""Values nested deeper than this are not a monitor."""


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing that is wrong, where it stands (from 1; 0 for nowhere), and what to do about it."""

    line: int
    column: int
    fact: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says: its values, the tree with their positions, and what is wrong with it as YAML."""

    name: str
    data: Any
    root: yaml.Node | None = None
    complaints: tuple[Complaint, ...] = ()

    def locate(self, path: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at that path, or of its key; of what holds it where it is missing."""
        at, found = self.root, self.root
        for step in path:
            pair = _step(at, step)
            if pair is None:
                break
            found, at = (pair[0] if key else pair[1]), pair[1]
        return (found.start_mark.line + 1, found.start_mark.column + 1) if found else (0, 0)


def parse(text: str, name: str) -> Parsed:
    r"""Read YAML 1.2's plain values: `no`, `on`, `1:30` and dates stay the texts they were written as.

    Args:
        text: the file's content.
        name: what the file is called in messages.

    >>> parse("window: day", "driftline.yaml").data
    {'window': 'day'}
    >>> parse("a: 1\na: 2", "driftline.yaml").complaints[0].fact
    "the key 'a' is given twice"
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Parsed(name, None)
        bulky = _bulk(root)
        if bulky:
            return Parsed(name, None, root, (bulky,))
        twice = tuple(_keys(root, set()))
        return Parsed(name, loader.construct_document(root), root, twice)
    except yaml.MarkedYAMLError as error:
        return Parsed(name, None, None, (_from_yaml(error),))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = error.position - (before.rfind("\n") + 1) + 1
        fact = f"the character {chr(error.character)!r} may not stand in a YAML file"
        return Parsed(name, None, None, (Complaint(before.count("\n") + 1, column, fact, "delete it"),))
    except RecursionError:
        return Parsed(name, None, None, (Complaint(1, 1, "the values are nested too deeply", "write it flatter"),))


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema. In YAML 1.1 the country code `NO` is false and `1e-3` is a text."""

    _NUMBER: ClassVar = [
        ("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")),
        ("tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")),
    ]
    _TRUTH: ClassVar = [("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"))]
    _NOTHING: ClassVar = [("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"))]
    yaml_implicit_resolvers = {  # noqa: RUF012  so it is declared where it is overridden
        **dict.fromkeys("-+.0123456789", _NUMBER),
        **dict.fromkeys("tTfF", _TRUTH),
        **dict.fromkeys(["~", "n", "N", ""], _NOTHING),
        "<": [("tag:yaml.org,2002:merge", re.compile(r"^<<$"))],
    }


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """What does not print is escaped within double quotes, so that it stays on its line."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


class _Dumper(yaml.SafeDumper):
    """Writes what any YAML reads back the same: a text that 1.1 or 1.2 could take for something else is quoted."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as above
        first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, []), *_Loader.yaml_implicit_resolvers.get(first, [])]
        for first in {**yaml.SafeDumper.yaml_implicit_resolvers, **_Loader.yaml_implicit_resolvers}
    }
    yaml_representers: ClassVar = {**yaml.SafeDumper.yaml_representers, str: _text_node}  # type: ignore[dict-item]  # a function of the subclass


def flow(value: Any) -> str:
    """Write a value as YAML in one line.

    >>> flow({"large": "amount > 1000"}), flow("1e-3")
    ('{large: amount > 1000}', "'1e-3'")
    """
    written = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, width=sys.maxsize, allow_unicode=True, sort_keys=False)
    return written.removesuffix("\n").removesuffix("...").removesuffix("\n")


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """One step down the tree: the key and the value found there."""
    if isinstance(node, yaml.MappingNode):
        # A key that overrides a merged one comes last.
        return next(((k, v) for k, v in reversed(node.value) if getattr(k, "value", None) == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _keys(node: yaml.Node, seen: set[int]) -> Iterator[Complaint]:
    """Make every key the text it was written as (`2020` may be a column), and find those given twice."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _keys(item, seen)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                line = key.start_mark.line + 1
                if key.value in first:
                    hint = f"it was first given in line {first[key.value]}; keep one of them"
                    yield Complaint(line, key.start_mark.column + 1, f"the key {key.value!r} is given twice", hint)
                first.setdefault(key.value, line)
                key.tag = key.tag if key.tag.endswith(":merge") else "tag:yaml.org,2002:str"
            yield from _keys(value, seen)


def _bulk(root: yaml.Node) -> Complaint | None:
    """Refuse what unfolds without end: an alias inside itself, or aliases of aliases of aliases."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        if depth > DEEPEST:
            return MOST_NODES + 1
        if id(node) not in sizes:
            parts = node.value if isinstance(node.value, list) else []
            below = [part for item in parts for part in (item if isinstance(item, tuple) else (item,))]
            sizes[id(node)] = 1 + sum(size(part, depth + 1) for part in below)
        return sizes[id(node)]

    if size(root, 0) <= MOST_NODES:
        return None
    line, column = root.start_mark.line + 1, root.start_mark.column + 1
    return Complaint(line, column, "the values unfold to more than a monitor can hold", "write it without aliases (*name)")


_REMEDIES: Mapping[str, str] = {
    "\\t": "indent with spaces, not with tabs",
    "alias": "a value that begins with * needs quotes: '*.parquet'",
    "anchor": "a value that begins with & needs quotes",
    "mapping values are not allowed": "put the text in quotes, or check the indentation above",
    "single document": "remove the second '---': a file describes one monitor",
    "block end": "check the indentation: keys of one group start in the same column",
    "could not find expected ':'": "write key: value, with a space after the colon",
    "tag": "remove the ! tag, or put the value in quotes",
    "unhashable": "a key is a single word; put a text with { or [ in quotes",
    "end of stream": "close the quote or the bracket",
    "cannot start any token": "put the value in quotes",
    "flow": "close the bracket with ] or }, and put values with { or } in quotes",
}


def _from_yaml(error: yaml.MarkedYAMLError) -> Complaint:
    mark = error.problem_mark or error.context_mark
    said = f"{error.context or ''} {error.problem or ''}"
    hint = next((remedy for sign, remedy in _REMEDIES.items() if sign in said), "check the line and the one above it")
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Complaint(line, column, f"this is not YAML: {error.problem or error.context}", hint)
