"""The shape of `driftline.yaml`: what may be written, and what each setting means."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from driftline.config.names import JudgedName, StatisticName, TimeZone  # noqa: TC001  pydantic reads annotations when it runs

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=False)
"""Nothing is guessed: an unknown key is a mistake, and the text '1' is not the number 1."""

PERIOD = r"[1-9][0-9]{0,5} (minutes?|hours?|days?|weeks?|months?|years?|windows?)"
"""A length of time in words, such as 30 days."""

COUNT = r"([1-9][0-9]{0,5}(\.[0-9]{1,6})?|0?\.[0-9]{0,5}[1-9])"
"""A positive number in words, such as 1 or 0.5."""


def _whole(value: Any) -> Any:
    """JSON Schema calls 7.0 an integer, and so do we."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _not_truth(value: Any) -> Any:
    """To Python true is 1; to JSON Schema and to us it is not."""
    if isinstance(value, bool):
        raise PydanticCustomError("form", "1")
    return _whole(value)


def _forms(said: str, *, group: str | None = None, **tags: str) -> Discriminator:
    """Choose the form of a setting by how it is written, so that a mistake is told in the terms of that form only.

    Args:
        said: what may stand here, for the message when nothing fits.
        group: the form of a group of keys that has none of the keys in `tags`.
        tags: the form of a `text_`, a `list_`, a `number_`, or a group with that key.
    """

    def form(value: Any) -> str | None:
        match value:
            case dict():
                return next((tags[key] for key in tags if key in value), group)
            case list():
                return tags.get("list_")
            case str():
                return tags.get("text_")
            case int() | float() if not isinstance(value, bool):
                return tags.get("number_")
        return None

    return Discriminator(form, custom_error_type="form", custom_error_message=said)


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1)]
Whole = Annotated[int, BeforeValidator(_whole)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Files(BaseModel):
    """Files, directories, globs or URLs, with what their names do not say."""

    model_config = STRICT
    path: Annotated[
        Annotated[Text, Tag("<one>")] | Annotated[Texts, Tag("<many>")], _forms("a path or a list of paths", text_="<one>", list_="<many>")
    ] = Field(
        description="A path, directory, glob or URL, or a list of them. Relative paths begin where driftline.yaml lies.",
        examples=["data/*.parquet"],
    )


class Query(BaseModel):
    """A query to a database."""

    model_config = STRICT
    database: Text = Field(
        description="The database's URL, as SQLAlchemy writes it. A password comes from the environment: ${NAME}.",
        examples=["${WAREHOUSE_URL}"],
    )
    query: Text = Field(description="The SQL query whose rows are read.", examples=["select * from scores"])


Place = Annotated[
    Annotated[Text, Tag("<path>")] | Annotated[Texts, Tag("<paths>")] | Annotated[Files, Tag("<Files>")] | Annotated[Query, Tag("<Query>")],
    _forms(
        "a path, a list of paths, or a database and a query",
        group="<Files>",
        text_="<path>",
        list_="<paths>",
        path="<Files>",
        database="<Query>",
        query="<Query>",
    ),
]
Names = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[Texts, Tag("<many>")], _forms("a column or a list of columns", text_="<one>", list_="<many>")
]
KindName = Literal["number", "category", "boolean", "timestamp", "text"]


class Columns(BaseModel):
    """What the columns are for. Whatever is not said is inferred from the reference."""

    model_config = STRICT
    timestamp: Text | None = Field(
        None, description="The time of each row; windows of an hour, day, week or month need it.", examples=["ts"]
    )
    id: Text | None = Field(
        None, description="What tells rows apart, so that repeated rows are noticed. Its values are not compared.", examples=["order_id"]
    )
    prediction: Names | None = Field(None, description="What the model said: a class, or a number.", examples=["prediction"])
    score: Names | None = Field(
        None, description="How sure the model was: a probability, or one column per class.", examples=["probability"]
    )
    label: Text | None = Field(None, description="What turned out to be true; it may arrive late or never.", examples=["is_fraud"])
    features: Texts | None = Field(
        None, description="What the model is given. Without this, every column that has no other role.", examples=[["amount", "country"]]
    )
    ignore: list[Text] | None = Field(None, description="Columns that are not read.", examples=[["comment"]])
    kinds: dict[Text, KindName] | None = Field(
        None,
        description="Kinds that would be inferred wrongly, such as a postal code that looks like a number.",
        examples=[{"zip": "category"}],
    )
    importance: dict[Text, Share] | None = Field(
        None, description="How much the model leans on a column, 0 to 1; drifted columns are ranked by it.", examples=[{"amount": 0.4}]
    )


class RowWindows(BaseModel):
    """Windows of so many rows."""

    model_config = STRICT
    rows: Annotated[Whole, Field(gt=0)] = Field(description="How many rows make a window.", examples=[1000])


class ColumnWindows(BaseModel):
    """One window per value of a column."""

    model_config = STRICT
    column: Text = Field(description="The column whose every value is a window of its own.", examples=["batch"])


class CalendarWindows(BaseModel):
    """Windows of the calendar, in a time zone."""

    model_config = STRICT
    every: Literal["hour", "day", "week", "month"] = Field(description="How long a window is.", examples=["day"])
    timezone: TimeZone = Field(
        "UTC", description="Where a day begins: the name of a time zone. Windows follow its wall clock.", examples=["Europe/Berlin"]
    )


Window = Annotated[
    Annotated[Literal["hour", "day", "week", "month", "whole"], Tag("<name>")]
    | Annotated[RowWindows, Tag("<RowWindows>")]
    | Annotated[ColumnWindows, Tag("<ColumnWindows>")]
    | Annotated[CalendarWindows, Tag("<CalendarWindows>")],
    _forms(
        "hour, day, week, month, whole, or one of the groups {rows: …}, {column: …}, {every: …, timezone: …}",
        group="<CalendarWindows>",
        text_="<name>",
        rows="<RowWindows>",
        column="<ColumnWindows>",
        every="<CalendarWindows>",
    ),
]


class FalseAlarms(BaseModel):
    """The false-alarm budget: how many alarms without cause are accepted, in how long."""

    model_config = STRICT
    at_most: Positive = Field(description="How many false alarms are accepted.", examples=[1])
    within: Annotated[str, Field(pattern=f"^{PERIOD}$")] = Field(
        alias="in", description="In how long: minutes, hours, days, weeks, months, years, or windows.", examples=["30 days"]
    )


Budget = Annotated[
    Annotated[str, Field(pattern=f"^{COUNT} in {PERIOD}$"), Tag("<words>")] | Annotated[FalseAlarms, Tag("<FalseAlarms>")],
    _forms("words such as 1 in 30 days, or {at_most: 1, in: 30 days}", group="<FalseAlarms>", text_="<words>"),
]


class Trailing(BaseModel):
    """Compare with the windows just before."""

    model_config = STRICT
    trailing: Annotated[Whole, Field(gt=0)] = Field(description="How many windows before this one are taken together.", examples=[7])


CompareWith = Annotated[
    Annotated[Literal["reference", "previous", "same weekday", "same hour"], Tag("<name>")] | Annotated[Trailing, Tag("<Trailing>")],
    _forms("reference, previous, same weekday, same hour, or {trailing: 7}", group="<Trailing>", text_="<name>"),
]

Floor = Annotated[float, Field(ge=0)]


class Floors(BaseModel):
    """The smallest change that matters, per judged statistic. Smaller changes are reported as seen, and nobody is woken."""

    model_config = STRICT
    shift: Floor | None = Field(None, description="How far the mean moved, in the reference's standard deviations.", examples=[0.1])
    spread: Floor | None = Field(
        None, description="How far the logarithm of the standard deviation moved: 0.1 is about 10%.", examples=[0.2]
    )
    psi: Floor | None = Field(
        None, description="The population stability index, freed of the part that noise alone produces.", examples=[0.02]
    )
    level: Floor | None = Field(None, description="How far the share of one level of a category moved, in shares of rows.", examples=[0.02])
    atom: Floor | None = Field(
        None, description="How far the share of rows with one repeated number, such as a default, moved.", examples=[0.02]
    )
    tail: Floor | None = Field(None, description="The share of rows that moved beyond the range the reference had.", examples=[0.01])
    unseen: Floor | None = Field(None, description="The share of rows with a level the reference never had.", examples=[0.005])
    null: Floor | None = Field(None, description="How far the share of empty values moved.", examples=[0.02])
    nan: Floor | None = Field(None, description="How far the share of values that are not a number moved.", examples=[0.01])
    wrong_type: Floor | None = Field(None, description="The share of values that are not of the column's kind.", examples=[0.001])
    absent: Floor | None = Field(None, description="The share of rows in whose data the whole column was missing.", examples=[0.001])
    duplicate: Floor | None = Field(None, description="The share of rows that repeat another row, or its id.", examples=[0.05])
    volume: Floor | None = Field(
        None, description="How far the logarithm of the number of rows moved: 0.3 is a third more, or a quarter fewer.", examples=[0.5]
    )
    silence: Floor | None = Field(
        None, description="How long before a window's end its rows stop, in shares of the window, beyond what is usual.", examples=[0.2]
    )
    columns: dict[Text, dict[JudgedName, Floor]] | None = Field(
        None, description="Floors of single columns, which go before the others.", examples=[{"amount": {"shift": 0.1}}]
    )


class StandardDeviations(BaseModel):
    """A threshold made from the reference's own windows: their mean score plus some standard deviations."""

    model_config = STRICT
    standard_deviations: Positive = Field(description="How many standard deviations beyond the mean score.", examples=[3])


class Quantile(BaseModel):
    """A threshold made from the reference's own windows: a quantile of their scores."""

    model_config = STRICT
    quantile: Annotated[float, Field(gt=0, lt=1)] = Field(description="Which quantile of the scores.", examples=[0.99])


Threshold = Annotated[
    Annotated[float, Tag("<number>")] | Annotated[StandardDeviations, Tag("<StandardDeviations>")] | Annotated[Quantile, Tag("<Quantile>")],
    _forms(
        "a number, {standard_deviations: 3} or {quantile: 0.99}",
        group="<StandardDeviations>",
        number_="<number>",
        quantile="<Quantile>",
    ),
]
Segment = Annotated[
    Annotated[Text, Tag("<column>")] | Annotated[Annotated[dict[Text, Text], Field(min_length=1)], Tag("<conditions>")],
    _forms("a column, or a name with its condition: {large: amount > 1000}", group="<conditions>", text_="<column>"),
]


class Performance(BaseModel):
    """What tells a healthy model. It is kept here for performance monitoring, and not judged yet."""

    model_config = STRICT
    metric: Text = Field(
        description="The metric that means healthy, such as roc_auc, accuracy, mean_absolute_error or a cost.", examples=["roc_auc"]
    )


class Document(BaseModel):
    """One monitor: what is watched, where its data lie, how time is cut, and what is promised."""

    model_config = STRICT
    schema_: Annotated[Literal[1], BeforeValidator(_not_truth)] = Field(
        1, alias="schema", description="The version of this file's form.", examples=[1]
    )
    monitor: Text = Field("monitor", description="What this monitor is called in reports.", examples=["payments-fraud"])
    task: Literal["binary", "multiclass", "regression", "ranking", "text", "none"] = Field(
        "none", description="What kind of model is watched; none watches data alone.", examples=["binary"]
    )
    reference: Place = Field(
        description="What is normal: usually the data the model was trained on, or a .profile of it. "
        "A path, directory, glob or URL, a list of them, or a database and a query. ${NAME} is taken from the environment.",
        examples=["train.parquet"],
    )
    current: Place | None = Field(None, description="What the model sees now; written like reference.", examples=["data/*.parquet"])
    columns: Columns | None = Field(None, description="What the columns are for.", examples=[{"timestamp": "ts"}])
    segments: list[Segment] | None = Field(
        None,
        description="Every window is also judged per value of these columns, or per condition that has a name.",
        examples=[["country", {"large": "amount > 1000"}]],
    )
    window: Window | None = Field(
        None,
        description="How the current data is cut into windows, each of which gets its own verdict: hour, day, week, month or whole; "
        "{rows: 1000}; {column: batch}; or {every: day, timezone: Europe/Berlin}. "
        "Without this: a day if there is a timestamp column, else the whole.",
        examples=["day"],
    )
    false_alarms: Budget | None = Field(
        None,
        description="The false-alarm budget of the whole monitor, over all its columns, statistics, segments and windows: "
        "a smaller one means later alarms. Without this: 1 in 30 days.",
        examples=["1 in 30 days"],
    )
    compare_with: CompareWith | None = Field(
        None,
        description="What a window is compared with: the reference, the reference's same weekday or same hour, the previous window, "
        "or {trailing: 7} windows before it.",
        examples=["reference"],
    )
    floors: Floors | None = Field(None, description="The smallest change that matters.", examples=[{"shift": 0.1}])
    thresholds: dict[Text, dict[StatisticName, Threshold]] | None = Field(
        None,
        description="Thresholds set by hand, per column ('*' for every column) and statistic: a number, or {standard_deviations: 3} or "
        "{quantile: 0.99} of the reference's own windows. A column that has one is judged by it and for data faults, outside the budget.",
        examples=[{"amount": {"psi": 0.2}}],
    )
    statistics: list[StatisticName] | None = Field(
        None, description="Statistics that are reported beside the judged ones.", examples=[["ks", "wasserstein"]]
    )
    confidence: Annotated[float, Field(ge=0.5, lt=1)] | None = Field(
        None,
        description="The level of the interval that decides between drifted, stable and inconclusive. Without this: 0.9.",
        examples=[0.9],
    )
    performance: Performance | None = Field(None, description="What tells a healthy model.", examples=[{"metric": "roc_auc"}])


SECTIONS: dict[str, type[BaseModel]] = {
    "columns": Columns,
    "floors": Floors,
    "performance": Performance,
    **{
        f"<{model.__name__}>": model
        for model in (Files, Query, RowWindows, ColumnWindows, CalendarWindows, FalseAlarms, Trailing, StandardDeviations, Quantile)
    },
}
"""Where a group of keys lies, by the last step of its path: the key it is under, or the form it was taken for."""
