"""What may be written about a new model: how it is trained, what it must prove, and how it is released."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, Tag
from pydantic_core import PydanticCustomError

from driftline.config.forms import PERIOD, STRICT, Floor, Positive, Share, Text, Texts, Whole, forms
from driftline.config.names import GapName  # noqa: TC001  pydantic reads annotations when it runs
from driftline.errors import near_miss
from driftline.rollout.trial import MEASURES

Command = Annotated[
    Annotated[Text, Tag("<line>")] | Annotated[Texts, Tag("<words>")],
    forms("a command, or a list of its words", text_="<line>", list_="<words>"),
]
Period = Annotated[str, Field(pattern=f"^{PERIOD}$")]


def _measure(name: str) -> str:
    if name not in MEASURES:
        fact = f"no metric {name!r} compares two models on the same rows"
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": near_miss(name, MEASURES)})
    return name


MeasureName = Annotated[str, AfterValidator(_measure)]
"""A metric in which two models can be compared on the same rows."""


class Mlflow(BaseModel):
    """A registry in MLflow."""

    model_config = STRICT
    mlflow: Text = Field(
        description="Its tracking server, or its database. A password comes from the environment: ${NAME}.",
        examples=["sqlite:///mlflow.db"],
    )


ModelPlace = Annotated[
    Annotated[Text, Tag("<folder>")] | Annotated[Mlflow, Tag("<Mlflow>")],
    forms("a folder, or {mlflow: sqlite:///mlflow.db}", group="<Mlflow>", text_="<folder>"),
]


class Training(BaseModel):
    """How a new model is trained. Either a command or a call."""

    model_config = STRICT
    command: Command | None = Field(
        None,
        description="The program that trains. It is told DRIFTLINE_ROWS, a folder of Parquet files, DRIFTLINE_OUTPUT, "
        "where the model belongs, DRIFTLINE_CHAMPION and DRIFTLINE_REASON in its environment.",
        examples=["python train.py"],
    )
    call: Text | None = Field(
        None,
        description="A Python function, module:function, that trains: called by name with rows, output, champion and reason.",
        examples=["shop.training:fit"],
    )
    score: Command | None = Field(
        None,
        description="The program that asks a model about rows, for the gate: told DRIFTLINE_MODEL and DRIFTLINE_ROWS, it writes "
        "answers.parquet with score, prediction or both into DRIFTLINE_OUTPUT.",
        examples=["python score.py"],
    )
    timeout: Period | None = Field(None, description="A run is ended after so long. Without this: 1 hour.", examples=["2 hours"])
    memory_mb: Annotated[Whole, Field(gt=0)] | None = Field(
        None, description="A run is ended where its processes together take more; watched on Linux.", examples=[4096]
    )
    attempts: Annotated[Whole, Field(gt=0, le=10)] | None = Field(
        None, description="How often a run that fails is tried. Without this: 2.", examples=[2]
    )
    holdout: Period | None = Field(
        None,
        description="The newest rows with labels, so long, are kept from training for the gate. Without this: 7 days.",
        examples=["7 days"],
    )
    directory: Text | None = Field(
        None, description="Where snapshots, runs and rollouts are written. Without this: .driftline.", examples=[".driftline"]
    )
    registry: ModelPlace | None = Field(
        None, description="Where models are kept: a folder, or MLflow. Without this: models in the directory.", examples=["models"]
    )


class Faults(BaseModel):
    """Faults that the feed had, done to the newest rows again."""

    model_config = STRICT
    missing: Texts | None = Field(None, description="Columns that came empty.", examples=[["distance_km"]])
    unseen: Texts | None = Field(None, description="Columns of text that came with a level nobody knew.", examples=[["country"]])
    times: dict[Text, float] | None = Field(
        None, description="Columns that came in another unit, with the factor.", examples=[{"amount": 1000}]
    )


class Gate(BaseModel):
    """What a challenger must prove before it is released. Margins say by how much it may be worse."""

    model_config = STRICT
    metric: MeasureName | None = Field(
        None,
        description="What the challenger is for. Without this: roc_auc where there are scores, else accuracy or mae.",
        examples=["roc_auc"],
    )
    margin: float | None = Field(
        None, description="By how much it may be worse in it; below 0, by how much it must be better. Without this: 0.01.", examples=[0.01]
    )
    guards: dict[MeasureName, float] | None = Field(
        None, description="Other metrics with their margins, which it must not spoil.", examples=[{"recall": 0.02}]
    )
    segment_margin: Floor | None = Field(None, description="By how much it may be worse in any segment.", examples=[0.03])
    calibration: Floor | None = Field(None, description="The largest gap between its scores and what came true.", examples=[0.02])
    churn: Share | None = Field(None, description="The largest share of decisions that may turn.", examples=[0.1])
    nulls: Share | None = Field(
        None, description="The largest share of rows that only the champion answers. Without this: 0.01.", examples=[0.001]
    )
    latency_ms: Positive | None = Field(None, description="Of 95 in 100 answers, the slowest may take so long.", examples=[50])
    size_mb: Positive | None = Field(None, description="How large its files may be.", examples=[200])
    golden: Text | None = Field(
        None, description="A Parquet file of labelled rows that never changes, on which it is judged as well.", examples=["golden.parquet"]
    )
    golden_margin: Floor | None = Field(None, description="By how much it may be worse there. Without this: 0.01.", examples=[0.01])
    fairness: dict[GapName, Floor] | None = Field(
        None,
        description="How far the groups of each segment may be apart in its decisions: the largest gap, or the smallest ratio.",
        examples=[{"equal_opportunity_difference": 0.1}],
    )
    explanation: Share | None = Field(
        None, description="How well the order of the columns it leans on has to agree with the champion's: from 0 to 1.", examples=[0.7]
    )
    faults: Faults | None = Field(None, description="Faults that it has to stand as well as the champion.", examples=[{"missing": ["zip"]}])
    fault_margin: Floor | None = Field(None, description="By how much it may be worse then. Without this: 0.05.", examples=[0.05])
    level: Annotated[float, Field(gt=0, lt=0.5)] | None = Field(
        None, description="The chance that a challenger which is worse by the margin passes. Without this: 0.05.", examples=[0.05]
    )


class Traffic(BaseModel):
    """A traffic layer of one's own: either haproxy or webhook."""

    model_config = STRICT
    haproxy: Text | None = Field(
        None, description="The runtime API of an HAProxy: a socket's path, or host:port.", examples=["/run/haproxy/admin.sock"]
    )
    backend: Text | None = Field(None, description="HAProxy's backend that both servers belong to.", examples=["models"])
    champion: Text | None = Field(None, description="HAProxy's name of the champion's server. Without this: champion.", examples=["blue"])
    challenger: Text | None = Field(
        None, description="HAProxy's name of the challenger's server. Without this: challenger.", examples=["green"]
    )
    webhook: Text | None = Field(
        None, description="A URL that is told the weights by PUT at every look.", examples=["https://mesh.internal/weights"]
    )
    secret: Text | None = Field(
        None, description="Signs what the webhook is told. From the environment: ${NAME}.", examples=["${MESH_SECRET}"]
    )


class Rollout(BaseModel):
    """How a challenger is given traffic."""

    model_config = STRICT
    shadow: bool | None = Field(None, description="Whether it begins with a shadow. Without this: true.", examples=[True])
    canary: list[Annotated[float, Field(gt=0, lt=1)]] | None = Field(
        None, description="Its part of the traffic, step by step. Without this: 0.05, 0.25, 0.5.", examples=[[0.05, 0.25, 0.5]]
    )
    step: Period | None = Field(None, description="How long each step lasts. Without this: 1 hour.", examples=["1 hour"])
    samples: Annotated[Whole, Field(gt=0)] | None = Field(
        None, description="Requests that it must have been asked in a step. Without this: 1000.", examples=[1000]
    )
    aims: dict[MeasureName, Positive] | None = Field(
        None,
        description="What must not become worse, each with the harm that matters. Without this: the gate's metric.",
        examples=[{"recall": 0.05}],
    )
    errors: Share | None = Field(None, description="It goes at once where more of its answers fail. Without this: 0.01.", examples=[0.01])
    slow: Share | None = Field(None, description="It goes at once where more of its answers are slow. Without this: 0.05.", examples=[0.05])
    slow_ms: Positive | None = Field(None, description="An answer that takes longer is slow. Without this: 500.", examples=[100])
    records: Text | None = Field(
        None,
        description="The folder of the gateway's records. With it the service begins a rollout by itself where the gate has passed, and "
        "goes on with it. Without this a person begins it.",
        examples=["records"],
    )
    traffic: Traffic | None = Field(
        None,
        description="A traffic layer of one's own that is told the weights, beside or instead of the gateway.",
        examples=[{"webhook": "https://mesh.internal/weights"}],
    )
    watch: Period | None = Field(
        None, description="For so long after promotion these limits still take it back. Without this: 24 hours.", examples=["24 hours"]
    )
