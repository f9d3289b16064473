"""What pydantic found wrong, in plain words, with the line, the column and what to do about it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from driftline.config.document import SECTIONS, Document
from driftline.config.parse import Complaint, Parsed, flow
from driftline.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    Path = tuple[str | int, ...]

KEY = "[key]"
"""Ends pydantic's path to a key, rather than a value, that is wrong."""

QUOTED = 60
"""Longer values are shortened in messages."""


def refuse(parsed: Parsed, complaints: Sequence[Complaint]) -> ConfigError:
    """Make one error of everything that is wrong with a file, in the order of its lines."""
    lines = [(f"{parsed.name}{_where(item)}: {item.fact}", item.hint) for item in sorted(set(complaints))]
    *before, (fact, hint) = lines
    if not before:
        return ConfigError(fact, hint=hint)
    head = [f"{parsed.name} has {len(lines)} mistakes"]
    told = [text for line, remedy in before for text in (line, f"Hint: {remedy}" if remedy else "") if text]
    return ConfigError("\n".join([*head, *told, fact]), hint=hint)


def complaints_of(error: ValidationError, parsed: Parsed) -> list[Complaint]:
    """Say each thing that pydantic found; a missing key is left out where a misspelled one explains it."""
    found = error.errors(include_url=False)
    extra = {(_strip(item["loc"][:-1]), _meant(item)) for item in found if item["type"] == "extra_forbidden"}
    return [
        _complaint(item, parsed) for item in found if item["type"] != "missing" or (_strip(item["loc"][:-1]), item["loc"][-1]) not in extra
    ]


def _where(item: Complaint) -> str:
    return f":{item.line}:{item.column}" if item.line else ""


def _complaint(item: ErrorDetails, parsed: Parsed) -> Complaint:
    path = _strip(item["loc"])
    of_key = item["type"] == "extra_forbidden" or KEY in item["loc"]
    line, column = parsed.locate(path, key=of_key)
    fact, hint = say(item)
    return Complaint(line, column, fact, hint)


def say(item: ErrorDetails) -> tuple[str, str]:
    """One of pydantic's errors as a fact and a hint."""
    kind, path, context = item["type"], _strip(item["loc"]), item.get("ctx", {})
    if kind == "extra_forbidden":
        return _extra(item, path)
    if kind == "missing":
        return f"{_named(path[-1:])} is missing{_under(path[:-1])}", _example(item["loc"], "add it")
    if kind == "unknown_name":
        return f"{context['fact']}{_under(path[:-1])}", str(context["hint"])
    expected, hint = _expected(kind, item, context)
    subject = f"the key {_quote(path[-1])}{_under(path[:-1])}" if KEY in item["loc"] else _named(path)
    return f"{subject} should be {expected}, not {describe(item['input'])}", hint or _example(item["loc"], "for example")


_EXPECTED: Mapping[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
    "none_required": "left empty",
    "string_too_short": "a text that is not empty",
    "too_short": "something that is not empty",
    "recursion_loop": "values that do not hold themselves",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_too_long": "a text of at most {max_length} characters",
    "too_long": "at most {max_length} values",
}
"""What should have stood there, for each of pydantic's error types that this document can meet."""


def _expected(kind: str, item: ErrorDetails, context: Mapping[str, Any]) -> tuple[str, str]:
    """What should have stood there, and a hint where the error itself suggests one."""
    given = item["input"]
    if kind == "form":
        return item["msg"], ""
    if kind == "string_pattern_mismatch" and ":" in context["pattern"]:
        return "a time of day", "write hours and minutes in quotes: '06:30'"
    if kind == "string_pattern_mismatch":
        words = "a number in a length of time" if " in " in context["pattern"] else "a length of time"
        return words, "write 1 in 30 days" if " in " in context["pattern"] else "write a number and a unit: 30 days, 12 hours, 30 windows"
    if kind == "literal_error" and isinstance(given, str):
        near = near_miss(given, [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")])
        return _expected_words(kind, item, context), near if near.startswith("did") else ""
    if kind == "string_type" and isinstance(given, int | float):
        return "a text", f"put it in quotes: '{str(given).lower() if isinstance(given, bool) else given}'"
    return _expected_words(kind, item, context), ""


def _expected_words(kind: str, item: ErrorDetails, context: Mapping[str, Any]) -> str:
    """The words of the table; pydantic's own for what this document cannot meet today."""
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(**{key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()})
    said = item["msg"].removeprefix("Value error, ")
    _, should, rest = said.partition(" should be ")
    return rest if should else f"different ({said[:1].lower()}{said[1:]})"


def _extra(item: ErrorDetails, path: Path) -> tuple[str, str]:
    key, above = str(path[-1]), path[:-1]
    known = _fields(item["loc"][:-1])
    fact = f"there is no key {_quote(key)}{_under(above)}"
    if not get_close_matches(key, known, n=1):
        home = next((name for name, section in SECTIONS.items() if not name.startswith("<") and key in section.model_fields), None)
        if home and home not in above:
            return fact, f"{_quote(key)} belongs under {_quote(home)}"
        if key in Document.model_fields and above:
            return fact, f"{_quote(key)} belongs at the left margin, not under {_quote(above[-1])}"
    return fact, near_miss(key, known)


def _meant(item: ErrorDetails) -> str | None:
    """The key that an unknown one was probably meant to be."""
    return next(iter(get_close_matches(str(item["loc"][-1]), _fields(item["loc"][:-1]), n=1)), None)


def _fields(location: Path) -> Mapping[str, FieldInfo]:
    """The keys of the group at pydantic's path, its forms included; none where there is no such group."""
    section = SECTIONS.get(str(location[-1])) if location else Document
    return {field.alias or name: field for name, field in section.model_fields.items()} if section else {}


def _example(location: Path, lead: str) -> str:
    """Show how the nearest setting is written; empty where there is no example."""
    for end in range(len(location), 0, -1):
        key = str(location[end - 1])
        field = _fields(location[: end - 1]).get(key)
        if field and field.examples:
            return f"{lead}: {key}: {flow(field.examples[0])}"
    return ""


def _strip(location: Path) -> Path:
    """Pydantic's path as it stands in the file: without the forms a setting was taken for."""
    return tuple(step for step in location if step != KEY and not (isinstance(step, str) and step.startswith("<") and step.endswith(">")))


def _named(path: Path) -> str:
    """What the file calls the value at a path.

    >>> _named(("columns", "features", 0))
    "item 1 of 'features' under 'columns'"
    """
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {_named(path[:-1])}"
    return f"{_quote(path[-1])}{_under(path[:-1])}"


def _under(path: Path) -> str:
    return f" under {_quote('.'.join(str(step) for step in path))}" if path else ""


def describe(value: Any) -> str:
    """Say what was given, so that it is recognised and no secret is repeated.

    >>> describe(3), describe("abc"), describe(None), describe([1])
    ('the number 3', "'abc'", 'nothing', 'a list')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return _quote(value)
        case list() | tuple():
            return "a list" if value else "an empty list"
        case _:
            return "a group of keys" if value else "an empty group"


def _quote(value: str | int) -> str:
    text = str(value)
    # A URL may hold a password.
    shown = text.rpartition("@")[2] if "://" in text and "@" in text else text
    shown = f"…@{shown}" if shown != text else shown
    return repr(shown if len(shown) <= QUOTED else f"{shown[: QUOTED - 1]}…")
