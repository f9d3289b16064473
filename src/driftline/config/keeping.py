"""What the service keeps of the rows it is sent: columns that are never written, columns that are hashed, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from driftline.config.forms import PERIOD, STRICT, Texts
from driftline.services.keeping import Keeping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Path = tuple[str | int, ...]

LONG = PERIOD.replace("minutes?|hours?|", "").replace("|windows?", "")
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


class Keep(BaseModel):
    """What the service keeps of what it is sent, and for how long."""

    model_config = STRICT
    never: Texts | None = Field(None, description="Columns that are dropped before anything is written.", examples=[["comment", "email"]])
    hashed: Texts | None = Field(
        None, description="Columns of which only a keyed hash is kept; they are not compared. The id may be one.", examples=[["customer"]]
    )
    rows: Annotated[str, Field(pattern=f"^{LONG}$")] | None = Field(
        None, description="How long rows are kept: days, weeks, months, years. Without this: for ever.", examples=["90 days"]
    )
    verdicts: Annotated[str, Field(pattern=f"^{LONG}$")] | None = Field(
        None, description="How long counts and verdicts are kept. Without this: for ever.", examples=["2 years"]
    )


def keeping(said: Keep | None) -> Keeping:
    """The same in the domain's terms."""
    if said is None:
        return Keeping()
    return Keeping(frozenset(said.never or ()), frozenset(said.hashed or ()), _length(said.rows), _length(said.verdicts))


def wrong_keeping(said: Keep | None, named: Mapping[str, str]) -> Iterator[tuple[Path, str, str]]:
    """Everything that cannot hold: columns that must not be kept and are needed.

    Args:
        said: what is kept.
        named: what else each column is for, by its name.
    """
    if said is None:
        return
    for key in ("never", "hashed"):
        for place, name in enumerate(getattr(said, key) or ()):
            use = named.get(name)
            if use is not None and not (key == "hashed" and use == "id"):
                what = "never written" if key == "never" else "hashed"
                yield ("keep", key, place), f"the column {name!r} is {what}, and is the {use}", "leave out one of the two"
    for place, name in enumerate(said.hashed or ()):
        if name in (said.never or ()):
            yield ("keep", "hashed", place), f"the column {name!r} is both never written and hashed", "leave out one of the two"
    if said.rows and said.verdicts and (_length(said.verdicts) or timedelta()) < (_length(said.rows) or timedelta()):
        yield ("keep", "verdicts"), "verdicts are kept for less time than rows", "keep verdicts at least as long"


def _length(said: str | None) -> timedelta | None:
    if said is None:
        return None
    count, unit = said.split()
    return timedelta(days=int(count) * DAYS[unit.rstrip("s")])
