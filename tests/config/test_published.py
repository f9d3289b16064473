"""The JSON Schema for editors, and the settings for people."""

from __future__ import annotations

from pathlib import Path

from jsonschema import Draft202012Validator

from driftline.config.document import SECTIONS, Document
from driftline.config.published import json_schema, packaged, settings, written
from driftline.drift.statistic import STATISTICS
from driftline.verdicts.policy import DEFAULT_FLOORS

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_packaged_schema_is_current() -> None:
    """Editors see what this version takes. Where it fails: driftline config schema > src/driftline/config/driftline.schema.json."""
    assert packaged() == written()


def test_bounds_are_in_the_words_of_the_standard() -> None:
    """An editor underlines a window of no rows."""
    editor = Draft202012Validator(json_schema())
    document = {"schema": 1, "reference": "a.csv"}
    assert editor.is_valid(document | {"window": {"rows": 1}})
    assert not editor.is_valid(document | {"window": {"rows": 0}})


def test_the_schema_is_a_schema() -> None:
    """It is valid by its own standard, forbids unknown keys everywhere and knows every statistic."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    shapes = [schema, *(shape for shape in schema["$defs"].values() if "properties" in shape)]
    assert len(shapes) == 1 + len(set(SECTIONS.values()))
    assert all(shape["additionalProperties"] is False for shape in shapes)
    assert schema["$defs"]["StatisticName"]["anyOf"][0]["enum"] == [statistic.name for statistic in STATISTICS]


def test_every_property_is_described() -> None:
    """An editor shows what a key means while it is typed."""
    schema = json_schema()
    for shape in (schema, *schema["$defs"].values()):
        for key, value in shape.get("properties", {}).items():
            assert value.get("description"), key


def test_every_setting_is_listed_with_its_default() -> None:
    """Settings come in the order of the document, those within a group after it."""
    found = {setting.path: setting for setting in settings()}
    assert {path for path in found if "." not in path} == {field.alias or name for name, field in Document.model_fields.items()}
    assert found["floors.shift"].default == f"{DEFAULT_FLOORS['shift']:g}"
    assert found["reference"].default == "required"
    assert found["window.timezone"].key == "timezone"
    assert found["thresholds.*.*.quantile"].example == "quantile: 0.99"


def test_every_setting_is_documented() -> None:
    """The page on configuration names every setting."""
    page = DOCS.read_text(encoding="utf-8")
    assert [setting.path for setting in settings() if f"`{setting.path}`" not in page] == []
