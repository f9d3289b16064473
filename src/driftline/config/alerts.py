"""What may be written about alerts: rules of one's own, how long things have to last, and where messages go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, Tag

from driftline.config.forms import SPAN, STRICT, Text, Texts, Whole, forms
from driftline.config.names import TimeZone  # noqa: TC001  pydantic reads annotations when it runs

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


Names = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[Texts, Tag("<many>")], forms("a text or a list of texts", text_="<one>", list_="<many>")
]
KindName = Literal["webhook", "slack", "slack app", "pagerduty", "opsgenie", "teams", "email", "alertmanager", "apprise"]


class WrittenChannel(BaseModel):
    """Where messages go. Secrets are never written out: `env:NAME` or `file:PATH` says where they are."""

    model_config = STRICT
    kind: KindName = Field(description="What kind of channel it is.", examples=["slack"])
    url: Text | None = Field(
        None,
        description="Where it is. For slack, teams and apprise the URL is a secret, so it is a reference; others have one that is usual.",
        examples=["env:SLACK_URL"],
    )
    secret: Text | None = Field(None, description="webhook: what the body is signed with, as a reference.", examples=["env:HOOK_SECRET"])
    token: Text | None = Field(None, description="slack app: the bot token, as a reference.", examples=["env:SLACK_TOKEN"])
    channel: Text | None = Field(None, description="slack app: the channel, by name or id.", examples=["#models"])
    key: Text | None = Field(
        None, description="pagerduty: the integration key, opsgenie: the API key, as a reference.", examples=["env:PAGERDUTY_KEY"]
    )
    host: Text | None = Field(None, description="email: the mail server.", examples=["smtp.example.com"])
    port: Annotated[Whole, Field(gt=0, lt=65536)] | None = Field(
        None, description="email: its port. Without this: 587, with tls 465, with none 25.", examples=[587]
    )
    security: Literal["starttls", "tls", "none"] | None = Field(
        None, description="email: how the connection is secured. Without this: starttls.", examples=["tls"]
    )
    user: Text | None = Field(None, description="email: the user.", examples=["driftline"])
    password: Text | None = Field(None, description="email: the password, as a reference.", examples=["file:/run/secrets/smtp"])
    from_: Text | None = Field(None, alias="from", description="email: the sender.", examples=["driftline@example.com"])
    to: Names | None = Field(None, description="email: who gets it.", examples=[["ml@example.com"]])
    internal: bool | None = Field(
        None, description="Internal addresses, such as 10.0.0.1, are allowed. Without this they are refused.", examples=[True]
    )
    timeout: Annotated[float, Field(gt=0, le=300)] | None = Field(
        None, description="Seconds that one message may take. Without this: 10, for email 20.", examples=[5]
    )
    trust: Text | None = Field(None, description="A file of certificates to trust beside the system's.", examples=["ca.pem"])


DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Span = Annotated[str, Field(pattern=f"^{SPAN}$")]


class WrittenMaintenance(BaseModel):
    """A time of the week in which nobody is told; what still goes on afterwards is told then."""

    model_config = STRICT
    days: Annotated[list[DayName], Field(min_length=1)] | None = Field(
        None, description="The days on which it begins. Without this: every day.", examples=[["saturday", "sunday"]]
    )
    from_: Clock = Field("00:00", alias="from", description="When it begins, by the wall clock.", examples=["22:00"])
    to: Clock = Field("00:00", description="When it ends; on the next day where that is not later.", examples=["06:00"])
    timezone: TimeZone = Field("UTC", description="Whose wall clock.", examples=["Europe/Berlin"])


class WrittenInhibition(BaseModel):
    """While something that fits the one is open, nobody is told of what fits the other."""

    model_config = STRICT
    source: Text = Field(description="What explains, as matchers.", examples=['concern="data fault"'])
    target: Text = Field(description="What is explained, as matchers.", examples=['kind="performance"'])


class WrittenRoute(BaseModel):
    """Which messages go to a channel."""

    model_config = STRICT
    to: Text = Field(description="The channel's name.", examples=["pager"])
    tier: TierName = Field("look", description="The least urgent tier that goes there.", examples=["page"])
    unanswered: bool = Field(
        default=False, description="Only what nobody has answered for `escalate_after` goes there, and its end.", examples=[True]
    )


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
    repeat: Span | None = Field(
        None, description="What goes on and nobody answers is told again after so long. Without this: never.", examples=["1 day"]
    )
    escalate_after: Span | None = Field(
        None,
        description="What pages and nobody answers is told after so long to the routes for that. Without this: never.",
        examples=["30 minutes"],
    )
    maintenance: list[WrittenMaintenance] | None = Field(
        None, description="Times of the week in which nobody is told.", examples=[[{"days": ["sunday"], "from": "01:00", "to": "05:00"}]]
    )
    inhibit: list[WrittenInhibition] | None = Field(
        None,
        description="What explains what. Drift and loss that follow from an open data fault are part of its incident without this.",
        examples=[[{"source": 'concern="data fault"', "target": 'kind="performance"'}]],
    )
    channels: dict[Text, WrittenChannel] | None = Field(
        None, description="Where messages go, by name.", examples=[{"team": {"kind": "slack", "url": "env:SLACK_URL"}}]
    )
    routes: list[WrittenRoute] | None = Field(
        None,
        description="Which messages go to which channel. Without this: everything from the tier look on goes to each.",
        examples=[[{"to": "team"}, {"to": "pager", "tier": "page"}]],
    )
    link: Text | None = Field(
        None,
        description="Where to look further, as a link in every message; {monitor} and {window} are filled in.",
        examples=["https://driftline.example.com/reports/{monitor}/{window}"],
    )
    service: Text | None = Field(
        None,
        description="Where people reach the service: its messages then lead to the incident, and to taking it up or keeping it back.",
        examples=["https://driftline.example.com"],
    )
