"""The shape of `driftline.yaml`: what may be written, and what each setting means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, Tag

from driftline.config.alerts import Alerts, WrittenChannel, WrittenInhibition, WrittenMaintenance, WrittenRoute, WrittenRule
from driftline.config.collecting import Collect
from driftline.config.deciding import Decisions, Sampled
from driftline.config.forms import (
    COUNT,
    PERIOD,
    STRICT,
    Files,
    Floor,
    Place,
    Positive,
    Query,
    Share,
    Stream,
    Text,
    Texts,
    Topic,
    Whole,
    forms,
    not_truth,
)
from driftline.config.health import Kpi, Labels, Performance, Value
from driftline.config.keeping import Keep
from driftline.config.names import JudgedName, StatisticName, TimeZone  # noqa: TC001  pydantic reads annotations when it runs
from driftline.config.releasing import Faults, Gate, Mlflow, Rollout, Traffic, Training
from driftline.config.ruling import WrittenDecisionRule
from driftline.config.scheduling import Written, WrittenCron

Names = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[Texts, Tag("<many>")], forms("a column or a list of columns", text_="<one>", list_="<many>")
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
    query: Text | None = Field(
        None,
        description="Of a ranking: what each row answers, such as a search or a session. All rows of a query in a window are one list.",
        examples=["search_id"],
    )
    item: Text | None = Field(
        None, description="Of a ranking: what each row shows, to tell how much of the catalogue is shown.", examples=["product_id"]
    )
    prediction: Names | None = Field(None, description="What the model said: a class, or a number.", examples=["prediction"])
    score: Names | None = Field(
        None, description="How sure the model was: a probability, or one column per class.", examples=["probability"]
    )
    label: Text | None = Field(None, description="What turned out to be true; it may arrive late or never.", examples=["is_fraud"])
    label_time: Text | None = Field(
        None, description="Since when the label of a row is known; until then it is taken as not come yet.", examples=["label_ts"]
    )
    latency: Text | None = Field(None, description="How long the answer took.", examples=["latency_ms"])
    error: Text | None = Field(
        None,
        description="Whether the request failed: true or 1, an HTTP status from 400 on, or a text other than ok.",
        examples=["failed"],
    )
    version: Text | None = Field(
        None,
        description="Which registered version of the model made the prediction. It is not compared; the service counts each by itself, "
        "so that versions can be compared with each other.",
        examples=["model_version"],
    )
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
    forms(
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
    forms("words such as 1 in 30 days, or {at_most: 1, in: 30 days}", group="<FalseAlarms>", text_="<words>"),
]


class Trailing(BaseModel):
    """Compare with the windows just before."""

    model_config = STRICT
    trailing: Annotated[Whole, Field(gt=0)] = Field(description="How many windows before this one are taken together.", examples=[7])


CompareWith = Annotated[
    Annotated[Literal["reference", "previous", "same weekday", "same hour"], Tag("<name>")] | Annotated[Trailing, Tag("<Trailing>")],
    forms("reference, previous, same weekday, same hour, or {trailing: 7}", group="<Trailing>", text_="<name>"),
]


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
    dependence: Floor | None = Field(
        None, description="How far a column's rank correlation with another column moved, from -1 to 1.", examples=[0.2]
    )
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
    forms(
        "a number, {standard_deviations: 3} or {quantile: 0.99}",
        group="<StandardDeviations>",
        number_="<number>",
        quantile="<Quantile>",
    ),
]
Segment = Annotated[
    Annotated[Text, Tag("<column>")] | Annotated[Annotated[dict[Text, Text], Field(min_length=1)], Tag("<conditions>")],
    forms("a column, or a name with its condition: {large: amount > 1000}", group="<conditions>", text_="<column>"),
]


class Document(BaseModel):
    """One monitor: what is watched, where its data lie, how time is cut, and what is promised."""

    model_config = STRICT
    schema_: Annotated[Literal[1], BeforeValidator(not_truth)] = Field(
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
    labels: Labels | None = Field(
        None, description="Labels that come later, or from elsewhere.", examples=[{"from": "labels.parquet", "time": "label_ts"}]
    )
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
    schedule: Written | None = Field(
        None,
        description="When the service looks at the monitor: fetches its rows, counts and judges. A length of time, or a cron expression "
        "and a time zone. Without this: whenever something is to be done. `driftline run` looks at every monitor whenever it is called.",
        examples=["15 minutes", {"cron": "30 6 * * 1-5", "timezone": "Europe/Berlin"}],
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
    attribution: Text | None = Field(
        None,
        description="How a change of what the model says, or of how wrong it is, is shared out among columns: additive, permutation "
        "(scikit-learn), shap (driftline[shap]), or what a package offers. Without this: additive.",
        examples=["shap"],
    )
    together: Literal["classifier", "pca", "mmd"] | None = Field(
        None,
        description="How to ask in every window whether columns that did not drift still go together as they did: classifier (AUC), "
        "pca or mmd. Without this it is not asked.",
        examples=["classifier"],
    )
    performance: Performance | None = Field(None, description="What tells a healthy model.", examples=[{"metric": "roc_auc"}])
    alerts: Alerts | None = Field(
        None, description="Who is told of what, and when.", examples=[{"rules": {"psi is high": "drift.psi.max > 0.25"}}]
    )
    collect: Collect | None = Field(None, description="What the service fetches itself.", examples=[{"predictions": "incoming/*.parquet"}])
    keep: Keep | None = Field(
        None, description="What the service keeps of what it is sent, and for how long.", examples=[{"rows": "90 days"}]
    )
    training: Training | None = Field(None, description="How a new model is trained.", examples=[{"command": "python train.py"}])
    gate: Gate | None = Field(None, description="What a challenger must prove.", examples=[{"metric": "roc_auc", "margin": 0.01}])
    rollout: Rollout | None = Field(None, description="How a challenger is given traffic.", examples=[{"step": "1 hour"}])
    decisions: Decisions | None = Field(
        None, description="When to retrain, and what may go ahead by itself.", examples=[{"retrain": "on_drift or weekly"}]
    )


SECTIONS: dict[str, type[BaseModel]] = {
    "alerts": Alerts,
    "channels": WrittenChannel,
    "inhibit": WrittenInhibition,
    "maintenance": WrittenMaintenance,
    "routes": WrittenRoute,
    "collect": Collect,
    "columns": Columns,
    "decisions": Decisions,
    "faults": Faults,
    "floors": Floors,
    "gate": Gate,
    "keep": Keep,
    "kpis": Kpi,
    "labels": Labels,
    "performance": Performance,
    "rollout": Rollout,
    "sampling": Sampled,
    "traffic": Traffic,
    "training": Training,
    "value": Value,
    **{
        f"<{model.__name__}>": model
        for model in (
            Files,
            Query,
            Topic,
            Stream,
            RowWindows,
            ColumnWindows,
            CalendarWindows,
            FalseAlarms,
            Trailing,
            StandardDeviations,
            Quantile,
            WrittenRule,
            WrittenCron,
            WrittenDecisionRule,
            Mlflow,
        )
    },
}
"""Where a group of keys lies, by the last step of its path: the key it is under, or the form it was taken for."""
