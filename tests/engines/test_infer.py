from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from driftline.engines.infer import holds_text, is_time_name, natural_kind, plan_columns, value_type
from driftline.errors import ConfigError, SchemaMismatch
from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Column, Kind, Role, Task
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from typing import Any

TS = pa.timestamp("us")


def planned(
    fields: dict[str, pa.DataType], windowing: Windowing | None = None, task: Task = Task.NONE, **hints: object
) -> dict[str, Column]:
    """What is inferred of each column."""
    monitor = Monitor(task=task, windowing=windowing or Windowing(), hints=ColumnHints(**hints))  # type: ignore[arg-type]
    return {column.name: column for column in plan_columns(pa.schema(list(fields.items())), monitor)}


class TestKinds:
    @pytest.mark.parametrize(
        ("type_", "kind"),
        [
            (pa.int8(), Kind.NUMBER),
            (pa.float16(), Kind.NUMBER),
            (pa.decimal128(9, 2), Kind.NUMBER),
            (pa.duration("s"), Kind.NUMBER),
            (pa.time32("s"), Kind.NUMBER),
            (pa.bool_(), Kind.BOOLEAN),
            (TS, Kind.TIMESTAMP),
            (pa.date32(), Kind.TIMESTAMP),
            (pa.string(), Kind.CATEGORY),
            (pa.string_view(), Kind.CATEGORY),
            (pa.binary(), Kind.CATEGORY),
            (pa.dictionary(pa.int8(), pa.string()), Kind.CATEGORY),
            (pa.dictionary(pa.int8(), pa.int64()), Kind.NUMBER),
            (pa.list_(pa.int8()), Kind.UNSUPPORTED),
            (pa.struct([("a", pa.int8())]), Kind.UNSUPPORTED),
            (pa.null(), Kind.CATEGORY),
        ],
        ids=str,
    )
    def test_follow_from_the_type(self, type_: pa.DataType, kind: Kind) -> None:
        """Each Arrow type has the kind that people expect of it."""
        assert planned({"x": type_})["x"] == Column(name="x", kind=kind)
        assert natural_kind(value_type(type_)) is kind

    def test_hints_win(self) -> None:
        """What is said of a column is not inferred."""
        found = planned({"x": pa.int64(), "ts": TS}, kinds={"x": Kind.CATEGORY}, roles={"ts": Role.FEATURE}, importance={"x": 0.5})
        assert found["x"] == Column(name="x", kind=Kind.CATEGORY, importance=0.5)
        assert found["ts"].role is Role.FEATURE

    def test_classes_written_as_numbers_are_levels(self) -> None:
        """Predictions and labels of several classes are not quantities; a regression's are."""
        fields = {"prediction": pa.int64(), "label": pa.int8()}
        assert {column.kind for column in planned(fields, task=Task.MULTICLASS).values()} == {Kind.CATEGORY}
        assert {column.kind for column in planned(fields, task=Task.REGRESSION).values()} == {Kind.NUMBER}


class TestRoles:
    @pytest.mark.parametrize(
        ("name", "type_", "role"),
        [
            ("y_pred", pa.int8(), Role.PREDICTION),
            ("Model_Score", pa.float64(), Role.SCORE),
            ("y_true", pa.int8(), Role.LABEL),
            ("target", pa.float64(), Role.LABEL),
            ("transaction_id", pa.string(), Role.ID),
            ("id", pa.int64(), Role.ID),
            ("Timestamp", TS, Role.TIMESTAMP),
            ("ts", pa.string(), Role.TIMESTAMP),
            ("customer_id", pa.int64(), Role.FEATURE),
            ("is_fraud", pa.bool_(), Role.FEATURE),
            ("score", pa.int64(), Role.FEATURE),
            ("ts", pa.float64(), Role.FEATURE),
            ("__index_level_0__", pa.int64(), Role.IGNORED),
        ],
    )
    def test_follow_from_names_that_leave_no_doubt(self, name: str, type_: pa.DataType, role: Role) -> None:
        """Names common in the field have their role, if the type fits; others are features."""
        assert planned({name: type_})[name].role is role

    def test_what_is_not_kept_is_not_compared(self) -> None:
        """Whether it is there or not; an id of which a hash is kept stays the id."""
        fields = {"mail": pa.string(), "who": pa.string(), "x": pa.float64()}
        found = planned(fields, unkept=frozenset({"mail", "who", "nowhere"}), roles={"who": Role.ID})
        assert {name: column.role for name, column in found.items()} == {"mail": Role.IGNORED, "who": Role.ID, "x": Role.FEATURE}

    def test_only_one_column_takes_a_role(self) -> None:
        """The surest name wins; a hinted role is not inferred again."""
        fields = {"prediction": pa.int8(), "y_pred": pa.int8()}
        assert [column.role for column in planned(fields).values()] == [Role.FEATURE, Role.PREDICTION]
        assert planned(fields, roles={"prediction": Role.PREDICTION})["y_pred"].role is Role.FEATURE

    def test_the_only_time_is_the_time_where_windows_need_one(self) -> None:
        """A single timestamp under any name serves, but only if windows go by time."""
        fields = {"when": TS, "x": pa.int8()}
        assert planned(fields, Windowing(Cadence.DAY))["when"].role is Role.TIMESTAMP
        assert planned(fields)["when"].role is Role.FEATURE
        assert planned(fields | {"other": TS}, Windowing(Cadence.DAY))["when"].role is Role.FEATURE

    def test_named_features_leave_the_rest_out(self) -> None:
        """With a list of features, only those and columns of another role are watched."""
        found = planned({"a": pa.int8(), "b": pa.int8(), "y_pred": pa.int8(), "s": pa.string()}, features=("a", "y_pred"), segments=("s",))
        assert {name: column.role for name, column in found.items()} == {
            "a": Role.FEATURE,
            "b": Role.IGNORED,
            "y_pred": Role.FEATURE,
            "s": Role.SEGMENT,
        }

    def test_segments_of_whole_numbers_are_levels(self) -> None:
        """A column cut into segments is counted by level."""
        assert planned({"store": pa.int64()}, segments=("store",))["store"] == Column(name="store", kind=Kind.CATEGORY, role=Role.SEGMENT)

    def test_the_column_that_names_windows_is_not_judged(self) -> None:
        """It changes from window to window by design."""
        assert planned({"batch": pa.int64()}, Windowing(Cadence.COLUMN, column="batch"))["batch"].role is Role.IGNORED


class TestErrors:
    @pytest.mark.parametrize(
        "hints",
        [
            {"roles": {"amuont": Role.FEATURE}},
            {"kinds": {"amuont": Kind.NUMBER}},
            {"features": ("amuont",)},
            {"segments": ("amuont",)},
            {"importance": {"amuont": 1.0}},
            {"conditions": {"large": "amuont > 5"}},
        ],
    )
    def test_a_column_that_is_not_there_is_guessed(self, hints: dict[str, Any]) -> None:
        """Whatever is said of a missing column, the error names it and the one that was meant."""
        with pytest.raises(SchemaMismatch, match="no column 'amuont'") as caught:
            planned({"amount": pa.int8()}, **hints)
        assert caught.value.hint == "did you mean 'amount'?"

    def test_a_broken_condition_is_said_before_reading(self) -> None:
        """A condition that cannot be read is a configuration error."""
        with pytest.raises(ConfigError, match="cannot be read"):
            planned({"amount": pa.int8()}, conditions={"large": "amount >"})

    def test_a_name_that_comes_twice_is_one_column(self) -> None:
        """The first of two columns of one name is the one that is counted."""
        schema = pa.schema([("x", pa.int8()), ("x", pa.string())])
        assert [column.kind for column in plan_columns(schema, Monitor())] == [Kind.NUMBER]


def test_names_and_types_of_time_and_text_are_known() -> None:
    """What is asked elsewhere of names and types."""
    assert is_time_name("Event_Time")
    assert not is_time_name("timer")
    assert holds_text(pa.large_binary())
    assert not holds_text(pa.int8())
