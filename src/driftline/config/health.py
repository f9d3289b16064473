"""What may be written about a healthy model: its metric, what a loss is worth, and where late labels lie."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from driftline.config.forms import STRICT, Floor, Place, Share, Text, Whole
from driftline.config.names import GapName, MetricName  # noqa: TC001  pydantic reads annotations when it runs

Depth = Annotated[Whole, Field(gt=0)]


class Value(BaseModel):
    """What each outcome of a binary model is worth, or each row by an expression; a cost is negative."""

    model_config = STRICT
    true_positive: float = Field(0.0, description="What a case that was rightly called positive is worth.", examples=[95.0])
    false_positive: float = Field(0.0, description="What a false alarm of the model is worth; a cost is negative.", examples=[-5.0])
    true_negative: float = Field(0.0, description="What a case that was rightly let pass is worth.", examples=[0.0])
    false_negative: float = Field(0.0, description="What a missed case is worth; a cost is negative.", examples=[-100.0])
    expression: Text | None = Field(
        None,
        description="What each row is worth, in Python, for any model but a ranking, in the place of the four: of columns and of label, "
        "prediction and score, which for a binary model are 0 or 1. With + - * / // % **, comparisons, and, or, not, a if … else b, "
        "abs, min, max, round, sqrt, exp and log.",
        examples=["0.02 * amount if prediction == label else -amount"],
    )
    currency: Text | None = Field(None, description="What that is counted in.", examples=["EUR"])

    @property
    def amounts(self) -> tuple[float, float, float, float] | None:
        """What each outcome is worth; None where an expression says so of each row."""
        four = self.true_positive, self.false_positive, self.true_negative, self.false_negative
        return None if self.expression else four


class Kpi(BaseModel):
    """A business figure as a series, such as conversion or refunds: it is laid beside the model's performance."""

    model_config = STRICT
    name: Text = Field(description="What it is called.", examples=["conversion"])
    from_: Place = Field(alias="from", description="Where the series lies; written like reference.", examples=["conversion.csv"])
    time: Text = Field(description="The column there that says when.", examples=["day"])
    value: Text = Field(description="The column there that holds the figure.", examples=["rate"])
    of: Literal["mean", "sum"] = Field(
        "mean", description="What a window's figure is: the mean or the sum of its values.", examples=["sum"]
    )


class Performance(BaseModel):
    """What a healthy model is. Performance is judged where labels have come and estimated where they have not."""

    model_config = STRICT
    metric: MetricName | None = Field(
        None,
        description="The metric that decides. Without this: roc_auc where there are scores, else f1; accuracy with many classes; mae.",
        examples=["roc_auc"],
    )
    threshold: Share | None = Field(
        None, description="The score from which on the model says yes, where no prediction column tells. Without this: 0.5.", examples=[0.3]
    )
    positive: Text | None = Field(
        None,
        description="The class that counts as positive, as its text. Without this: 1, true or yes, else the rarer one.",
        examples=["1"],
    )
    floors: dict[MetricName, Floor] | None = Field(
        None,
        description="The smallest worsening that matters, per metric and in its units. "
        "Without this: 0.02 of a metric between 0 and 1, a tenth of the reference's value of any other.",
        examples=[{"roc_auc": 0.01}],
    )
    depths: list[Depth] | None = Field(
        None,
        description="Of a ranking: how many of the first places of each list are looked at. Without this: 10.",
        examples=[[5, 20]],
    )
    kpis: list[Kpi] | None = Field(
        None,
        description="Business figures that are laid beside performance, with their correlation.",
        examples=[[{"name": "conversion", "from": "conversion.csv", "time": "day", "value": "rate"}]],
    )
    fairness: dict[GapName, Floor] | None = Field(
        None,
        description="How far the groups of each column under segments may be apart in what the model decides: "
        "the largest gap, or the smallest ratio.",
        examples=[{"equal_opportunity_difference": 0.1}],
    )
    value: Value | None = Field(
        None,
        description="What each outcome of a binary model is worth, or each row, which prices a worse model.",
        examples=[{"true_positive": 95, "false_positive": -5, "false_negative": -100, "currency": "EUR"}],
    )


class Labels(BaseModel):
    """Labels that come later, or from elsewhere; they are joined to the predictions by id."""

    model_config = STRICT
    from_: Place = Field(
        alias="from",
        description="Where the labels lie; written like reference. The last label of an id counts.",
        examples=["labels/*.parquet"],
    )
    id: Text | None = Field(
        None, description="The column there that holds the prediction's id. Without this: called as in columns.id.", examples=["order_id"]
    )
    label: Text | None = Field(
        None, description="The column there that holds the label. Without this: called as in columns.label.", examples=["is_fraud"]
    )
    time: Text | None = Field(
        None, description="The column there that says since when the label is known; later ones are left out.", examples=["label_ts"]
    )
