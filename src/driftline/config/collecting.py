"""Where the service fetches rows itself: files that are dropped somewhere, or a query with a column that only grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from driftline.config import forms
from driftline.config.forms import STRICT, Text
from driftline.config.places import place, stream, topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from driftline.config.places import Place, StreamPlace, TopicPlace

    Steps = tuple[str | int, ...]
    Incoming = Place | TopicPlace | StreamPlace


class Collect(BaseModel):
    """What the service fetches itself, each row once. What was sent to it comes beside."""

    model_config = STRICT
    predictions: forms.Incoming | None = Field(
        None,
        description="Where predictions lie; written like reference, or a topic of Kafka, or a stream of Redis. Each row is taken once.",
        examples=["incoming/*.parquet", {"kafka": "kafka:9092", "topic": "scores"}],
    )
    labels: forms.Incoming | None = Field(
        None, description="Where labels lie: the id of a prediction and its label.", examples=["labels/*.csv"]
    )
    watermark: Text | None = Field(
        None,
        description="For a query: the column by which rows that are new are known. It must not go back.",
        examples=["updated_at"],
    )


@dataclass(frozen=True, slots=True)
class Collecting:
    """The same in the domain's terms; nothing is fetched from a place that is None."""

    predictions: Incoming | None = None
    labels: Incoming | None = None
    watermark: str | None = None


def collecting(said: Collect | None, directory: Path, environ: Mapping[str, str]) -> Collecting:
    """Where rows are fetched from."""
    if said is None:
        return Collecting()

    def found(one: object) -> Incoming | None:
        if isinstance(one, forms.Topic):
            return topic(one, environ)
        if isinstance(one, forms.Stream):
            return stream(one, environ)
        return None if one is None else place(one, directory, environ)

    return Collecting(found(said.predictions), found(said.labels), said.watermark)


def wrong_collecting(said: Collect | None) -> Iterator[tuple[Steps, str, str]]:
    """Everything that cannot hold."""
    if said is None:
        return
    queries = [key for key in ("predictions", "labels") if isinstance(getattr(said, key), forms.Query)]
    if queries and said.watermark is None:
        yield (
            ("collect", queries[0]),
            "it is not said which rows of the query are new",
            "name a column that only grows: watermark: updated_at",
        )
    if said.watermark is not None and not queries:
        yield ("collect", "watermark"), "a watermark needs a query", "leave it out: a file is taken once"
