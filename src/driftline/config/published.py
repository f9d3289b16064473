"""The JSON Schema of `driftline.yaml`, for editors, and every setting with what it means, for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from driftline.config.document import Document
from driftline.config.names import STATISTIC
from driftline.config.parse import flow
from driftline.drift.statistic import STATISTICS
from driftline.verdicts.policy import DEFAULT_FLOORS

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "driftline.schema.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its path in the file, what it means, its default and an example."""

    path: str
    meaning: str
    values: str
    default: str
    example: str

    @property
    def key(self) -> str:
        """The last step of the path."""
        return self.path.rpartition(".")[2]


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12), with the names of the statistics that are installed here."""
    schema = _tidy(Document.model_json_schema(by_alias=True))
    schema["$defs"]["StatisticName"] = {
        "anyOf": [{"enum": [statistic.name for statistic in STATISTICS]}, {"type": "string"}],
        "description": "A statistic; driftline explain tells of each.",
    }
    floors = schema["$defs"]["Floors"]["properties"]
    for name in floors.keys() & DEFAULT_FLOORS.keys():
        floors[name]["default"] = DEFAULT_FLOORS[name]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "driftline.yaml"}


def written() -> str:
    """The JSON Schema as text."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def packaged() -> str:
    """The copy of the JSON Schema that the package carries."""
    return resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")


def settings() -> tuple[Setting, ...]:
    """Every setting, in the order of the document."""
    schema = json_schema()
    return tuple(_settings(schema, schema["$defs"], ""))


def _settings(group: dict[str, Any], shapes: dict[str, Any], above: str) -> Iterator[Setting]:
    for key, value in group.get("properties", {}).items():
        path = f"{above}{key}"
        forms = list(_forms(value, shapes))
        yield Setting(
            path=path,
            meaning=value.get("description", ""),
            values=" or ".join(dict.fromkeys(_words(form) for form in forms)),
            default=flow(value["default"]) if value.get("default") is not None else "required" if key in group.get("required", ()) else "",
            example=f"{key}: {flow(value['examples'][0])}" if value.get("examples") else "",
        )
        for form in forms:
            yield from _below(form, shapes, path)


def _below(form: dict[str, Any], shapes: dict[str, Any], path: str) -> Iterator[Setting]:
    """Settings within a form; `*` stands for any name."""
    yield from _settings(form, shapes, f"{path}.")
    if isinstance(form.get("additionalProperties"), dict):
        for inner in _forms(form["additionalProperties"], shapes):
            yield from _below(inner, shapes, f"{path}.*")


def _forms(value: dict[str, Any], shapes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The ways in which a setting may be written, null aside."""
    if "$ref" in value:
        value = shapes[value["$ref"].rpartition("/")[2]]
    inner = value.get("anyOf") or value.get("oneOf")
    if inner:
        for form in inner:
            yield from _forms(form, shapes)
    elif value.get("type") != "null":
        yield value


def _words(form: dict[str, Any]) -> str:
    """How a form is called in plain words."""
    if "enum" in form or "const" in form:
        return ", ".join(str(value) for value in form.get("enum", [form.get("const")]))
    if "properties" in form:
        return f"{{{', '.join(form['properties'])}}}"
    kinds = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "array": "list",
        "object": "{name: …}",
        "boolean": "true or false",
    }
    return kinds.get(form.get("type", ""), "text")


BOUNDS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
"""Pydantic leaves its own words for bounds where a value is looked at before it is a number; no editor knows them."""


def _tidy(node: Any, *, within: str = "") -> Any:
    """Leave out what pydantic adds and no reader needs: titles made of names, and defaults of null; say bounds as the standard does."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == STATISTIC:
        return {"$ref": "#/$defs/StatisticName"}
    named = within in {"properties", "$defs"}
    dropped = set() if named else {"title"} | ({"default"} if node.get("default", 0) is None else set())
    written = {} if named else BOUNDS
    return {written.get(key, key): _tidy(value, within=key) for key, value in node.items() if key not in dropped}
