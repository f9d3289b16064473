"""Forms that settings share: texts, shares, lengths of time, and the places where rows lie."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=False)
"""Nothing is guessed: an unknown key is a mistake, and the text '1' is not the number 1."""

SPAN = r"[1-9][0-9]{0,5} (minutes?|hours?|days?|weeks?)"
"""A length of time by the clock, such as 30 minutes."""

PERIOD = r"[1-9][0-9]{0,5} (minutes?|hours?|days?|weeks?|months?|years?|windows?)"
"""A length of time in words, such as 30 days."""

COUNT = r"([1-9][0-9]{0,5}(\.[0-9]{1,6})?|0?\.[0-9]{0,5}[1-9])"
"""A positive number in words, such as 1 or 0.5."""


def whole(value: Any) -> Any:
    """JSON Schema calls 7.0 an integer, and so do we."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def not_truth(value: Any) -> Any:
    """To Python true is 1; to JSON Schema and to us it is not."""
    if isinstance(value, bool):
        raise PydanticCustomError("form", "1")
    return whole(value)


def forms(said: str, *, group: str | None = None, **tags: str) -> Discriminator:
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
Whole = Annotated[int, BeforeValidator(whole)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Floor = Annotated[float, Field(ge=0)]


class Files(BaseModel):
    """Files, directories, globs or URLs, with what their names do not say."""

    model_config = STRICT
    path: Annotated[
        Annotated[Text, Tag("<one>")] | Annotated[Texts, Tag("<many>")], forms("a path or a list of paths", text_="<one>", list_="<many>")
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


class Topic(BaseModel):
    """A topic of a message stream that speaks Kafka's protocol."""

    model_config = STRICT
    kafka: Text = Field(description="Where brokers listen.", examples=["kafka-1:9092,kafka-2:9092"])
    topic: Text = Field(description="The topic; each message is one row as a JSON object.", examples=["scores"])
    settings: dict[str, str] | None = Field(
        None,
        description="Settings of librdkafka, such as those for signing in. A password comes from the environment: ${NAME}.",
        examples=[{"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.password": "${KAFKA_PASSWORD}"}],
    )


class Stream(BaseModel):
    """A stream of Redis."""

    model_config = STRICT
    redis: Text = Field(
        description="The server's URL. A password comes from the environment: ${NAME}.",
        examples=["redis://:${REDIS_PASSWORD}@redis:6379/0"],
    )
    stream: Text = Field(description="The stream's key; each entry is one row.", examples=["scores"])
    field: Text | None = Field(
        None, description="The field of an entry that holds the row as a JSON object; `row` where nothing is said.", examples=["body"]
    )


Incoming = Annotated[
    Annotated[Text, Tag("<path>")]
    | Annotated[Texts, Tag("<paths>")]
    | Annotated[Files, Tag("<Files>")]
    | Annotated[Query, Tag("<Query>")]
    | Annotated[Topic, Tag("<Topic>")]
    | Annotated[Stream, Tag("<Stream>")],
    forms(
        "a path, a list of paths, a database and a query, a topic of Kafka, or a stream of Redis",
        group="<Files>",
        text_="<path>",
        list_="<paths>",
        path="<Files>",
        database="<Query>",
        query="<Query>",
        kafka="<Topic>",
        topic="<Topic>",
        redis="<Stream>",
        stream="<Stream>",
    ),
]

Place = Annotated[
    Annotated[Text, Tag("<path>")] | Annotated[Texts, Tag("<paths>")] | Annotated[Files, Tag("<Files>")] | Annotated[Query, Tag("<Query>")],
    forms(
        "a path, a list of paths, or a database and a query",
        group="<Files>",
        text_="<path>",
        list_="<paths>",
        path="<Files>",
        database="<Query>",
        query="<Query>",
    ),
]
