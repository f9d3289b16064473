"""What the API says and is told, as pydantic knows it."""
# Annotations are read when the models are made: no `from __future__ import annotations` here.

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

STRICT = ConfigDict(extra="forbid")
NUMBERS = ConfigDict(extra="forbid", allow_inf_nan=False)
MOST = 20_000
"""So many windows a backtest has at most."""

Label = Annotated[str, Field(max_length=500)]


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    instance: str | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "See detail and hint.", "content": content} for status in statuses}


class Accepted(BaseModel):
    """What became of a batch: its rows are durable."""

    batch: str
    rows: int
    refused: int = Field(description="Rows that could not be read; they are kept as dead letters.")
    repeated: bool = Field(description="It had been received before, and was not counted again.")


class Monitor(BaseModel):
    """A monitor and its newest version."""

    name: str
    version: int
    created: datetime
    yaml: str
    learnt: bool = Field(description="The reference of this version has been counted.")
    problem: str | None = Field(description="Why it could not be.")


class Monitors(BaseModel):
    """A page of monitors; ask for the next with `after`."""

    items: list[Monitor]
    after: str | None


class Version(BaseModel):
    """One version of a monitor's YAML."""

    version: int
    yaml: str
    author: str
    created: datetime
    problem: str | None


class Change(BaseModel):
    """What is to change about a monitor."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=200, description="Its new name; what was counted stays with it.")


class Page(BaseModel):
    """A page, the newest first; ask for the next with `before`."""

    items: list[dict[str, Any]]
    before: int | None


class Since(BaseModel):
    """From when on to count again."""

    model_config = STRICT
    since: datetime


class ModelVersion(BaseModel):
    """A version of a model: how many predictions of it were counted, and in which windows it first and last made some."""

    version: str
    rows: int
    first: str
    last: str


class Reopened(BaseModel):
    """How many windows will be counted and judged again."""

    windows: int


class Forget(BaseModel):
    """Which rows to erase: those with some ids, or those that came before a time."""

    model_config = STRICT
    ids: list[Annotated[str, Field(min_length=1, max_length=1000)]] | None = Field(None, min_length=1, max_length=1000)
    before: datetime | None = None


class Forgotten(BaseModel):
    """How many rows were erased, and how many windows will be counted again or cannot be any more."""

    rows: int
    windows: int


class Letters(BaseModel):
    """Which dead letters to send again."""

    model_config = STRICT
    ids: list[int] = Field(min_length=1, max_length=1000)


class NewAnnotation(BaseModel):
    """Something to be written at a window."""

    model_config = STRICT
    window: str = Field(min_length=1, max_length=500, description="Label of the window.")
    text: str = Field(min_length=1, max_length=500)


class NewAnswer(BaseModel):
    """Somebody takes care of an incident."""

    model_config = STRICT
    note: str = Field("", max_length=1000)


class NewOverride(BaseModel):
    """Somebody decides otherwise."""

    model_config = STRICT
    action: str = Field(description="hold, look, fix data, recalibrate, retrain, roll back or fall back.", max_length=40)
    reason: str = Field(min_length=1, max_length=1000)


class Replay(BaseModel):
    """A decision, made again from what was stored."""

    same: bool = Field(description="It comes out as it was stored.")
    decision: dict[str, Any]


class Interval(BaseModel):
    """A difference in cost with its 95% interval."""

    model_config = NUMBERS
    value: float
    low: float
    high: float


class TriedPolicy(BaseModel):
    """A policy, and what it would have cost."""

    model_config = NUMBERS
    name: str = Field(min_length=1, max_length=200)
    cost: float
    retrains: list[Label] = Field(max_length=MOST, description="Labels of the windows at whose end a model was trained.")
    regret: float = Field(description="By how much it costs more than the oracle, which knows the future.")
    dearer_by: Interval = Field(description="Its cost less that of this policy.")
    spent: list[float] = Field(max_length=MOST, description="What each window cost, trainings included.")


class Backtest(BaseModel):
    """What retraining policies would have cost, as `driftline backtest --json` prints it."""

    model_config = NUMBERS
    form: Literal[1] = Field(alias="schema")
    unit: str = Field(max_length=200)
    windows: list[Label] = Field(min_length=1, max_length=MOST)
    period: float | None = Field(None, description="The period in windows that costs least by age alone.")
    recommendation: str = Field(max_length=2000)
    policies: list[TriedPolicy] = Field(min_length=1, max_length=50, description="The cheapest first.")
    assumed: list[Annotated[str, Field(max_length=2000)]] = Field([], max_length=100)
    alarms: int = Field(0, ge=0, le=MOST)
    rows: str | None = Field(None, max_length=2000)
    curve: str | None = Field(None, max_length=2000)

    @model_validator(mode="after")
    def _told_of_every_window(self) -> Self:
        if any(len(one.spent) != len(self.windows) for one in self.policies):
            raise ValueError(f"a policy does not say what each of the {len(self.windows)} windows cost")
        return self


class KeptBacktest(BaseModel):
    """A backtest that was sent."""

    backtest: Backtest
    actor: str
    came: datetime


class NewSilence(BaseModel):
    """What nobody is to be told of, and for how long."""

    model_config = STRICT
    matchers: str = Field(min_length=1, max_length=500, description='As Alertmanager writes them: name="amount", tier!="page".')
    minutes: float = Field(gt=0, le=527_040, description="How long, from now on; a year at most.")
    comment: str = Field("", max_length=1000)


class NewToken(BaseModel):
    """The token to make."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=200)
    role: str
    days: float | None = Field(None, gt=0, le=36500, description="How long it holds; for ever without this.")


class MadeToken(BaseModel):
    """A new token. Its text is shown this once."""

    token: str


class TokenInfo(BaseModel):
    """A token, without its secret."""

    id: str
    name: str
    role: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
