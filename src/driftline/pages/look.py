"""How pages look: templates, the style sheet and the scripts, which are the report's own and a few more."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from driftline.reports import bundle
from driftline.reports.palette import LIGHT
from driftline.reports.wording import clean, instant, number, percent, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKS = {"drifted": "▲", "stable": "●", "inconclusive": "◌", "waiting": "◌"}
TOKEN = re.compile(r"token \S+ \((.+)\)", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts only from files of ours. Styles may stand in the page: the plotting library writes some."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to by what is in it, so that a browser may keep it for ever."""

    body: bytes
    packed: bytes
    media: str


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill one of our templates; everything that is not marked as ours is escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    loader = ChoiceLoader([PackageLoader("driftline.pages"), PackageLoader("driftline.reports")])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals |= {"marks": MARKS, "address": address, "favicon": favicon}
    made.filters |= {"number": number, "percent": percent, "plural": plural, "instant": instant, "told": told, "who": who}
    return made


def told(written: str) -> list[tuple[str, str]]:
    """The particulars of a line in the audit trail: names, and values as text.

    >>> told('{"version": 2, "why": "it is new"}')
    [('version', '2'), ('why', 'it is new')]
    """
    said = json.loads(written or "{}")
    return [(clean(name, 60), clean(str(value), 300)) for name, value in said.items() if value not in (None, "")]


def who(actor: str) -> str:
    """Somebody as people know them; the audit trail names their token too.

    >>> who("token 86536202bbc6 (anna)"), who("the command line")
    ('anna', 'the command line')
    """
    named = TOKEN.fullmatch(actor)
    return named[1] if named else actor


@cache
def favicon() -> str:
    """The pages' icon, as base64."""
    return bundle.favicon(LIGHT, "@current")


def address(name: str) -> str:
    """Where an asset is, by its name: `room.css`, `room.js`, `plotly.js`."""
    stem, _, kind = name.rpartition(".")
    return f"/assets/{stem}.{hashlib.sha256(_asset(name).body).hexdigest()[:12]}.{kind}"


def asset(place: str) -> Asset | None:
    """The asset that lies at an address; None where there is none."""
    stem, _, rest = place.partition(".")
    name = f"{stem}.{rest.rpartition('.')[2]}"
    return _asset(name) if name in SOURCES and address(name) == f"/assets/{place}" else None


@cache
def _asset(name: str) -> Asset:
    body = _source(name).encode()
    media = "text/css; charset=utf-8" if name.endswith(".css") else "text/javascript; charset=utf-8"
    return Asset(body, gzip.compress(body, 6, mtime=0), media)


COLUMN = ("numbers.js", "elements.js", "model.js", "heatmap.js", "figures.js", "detail.js")
"""Scripts of the report that a column's page needs."""

SOURCES = {
    "room.css": ("room.css",),
    "room.js": ("room.js", "drawn.js"),
    "model.js": ("asking.js", "export.js", "span.js", *bundle.SCRIPTS),
    "column.js": ("asking.js", "export.js", *COLUMN, "column.js"),
    "plotly.js": (),
}
"""Every asset, and the files of ours that it is made of."""


def _source(name: str) -> str:
    if name == "plotly.js":
        return bundle.plotly_script()
    if name.endswith(".css"):
        return str(bundle.style()) + "".join(map(_text, SOURCES[name]))
    return bundle.script_of([_text(part) for part in SOURCES[name]])


def _text(name: str) -> str:
    loader = _environment().loader
    return loader.get_source(_environment(), name)[0] if loader else ""
