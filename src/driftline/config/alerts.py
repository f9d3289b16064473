"""What may be written about alerts: rules of one's own, and how long things have to last."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, Tag

from driftline.config.forms import STRICT, Text, Whole, forms

TierName = Literal["digest", "look", "retrain", "page"]


class WrittenRule(BaseModel):
    """One rule."""

    model_config = STRICT
    when: Text = Field(
        description="When it holds: an expression in CEL over what a window says. `and`, `or` and `not` may be written for its signs.",
        examples=["drift.psi.max > 0.25 and performance.f1.drop > 0.05"],
    )
    tier: TierName = Field(
        "look", description="How urgent it is then: page, retrain, look, or digest, which calls nobody.", examples=["retrain"]
    )
    for_: Annotated[Whole, Field(gt=0)] = Field(
        1, alias="for", description="In how many windows, one after another, it has to hold before it fires.", examples=[2]
    )
    say: Text | None = Field(None, description="What to do about it, as it stands in the message.", examples=["Ask the data team."])


Ruled = Annotated[
    Annotated[Text, Tag("<when>")] | Annotated[WrittenRule, Tag("<WrittenRule>")],
    forms("an expression, or {when: …, tier: …}", group="<WrittenRule>", text_="<when>"),
]


class Alerts(BaseModel):
    """Who is told of what, and when. Without any of this, what the verdicts say is told by the default tiers."""

    model_config = STRICT
    rules: dict[Text, Ruled] | None = Field(
        None,
        description="Rules of one's own, by name; they are outside the false-alarm budget.",
        examples=[{"psi is high": "drift.psi.max > 0.25"}],
    )
    trigger: Text | None = Field(
        None,
        description="When the model is to be retrained, as an expression; a rule of the tier retrain.",
        examples=["on_accuracy_drop or scheduled_weekly"],
    )
    defaults: bool = Field(
        default=True, description="Whether verdicts make alerts by themselves; false leaves it to the rules.", examples=[False]
    )
    fires_after: Annotated[Whole, Field(gt=0)] = Field(
        1, description="How many windows in a row have to show something before somebody is told.", examples=[2]
    )
    resolves_after: Annotated[Whole, Field(gt=0)] = Field(
        2, description="How many windows in a row have to be without it before it is over.", examples=[3]
    )
