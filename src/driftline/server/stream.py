"""Pages about data: what waits, what came and when, labels, findings, and rows that could not be read, sent again on demand."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline.performance.maturity import Delays
from driftline.reports.wording import clean, percent, plural
from driftline.server.face import face_of, found
from driftline.server.judged import send_again
from driftline.server.problems import Refusal
from driftline.server.rooms import GUARD, Door, Operator, Viewer, models_by_name, shown
from driftline.server.session import form_of
from driftline.store.lateness import delays_of
from driftline.store.tokens import Role

ROUTES = APIRouter(include_in_schema=False, route_class=Door)
WINDOWS, LETTERS, FINDINGS, LONGEST_ROW = 60, 100, 100, 400
MINUTE, HOUR, DAY = 60, 3600, 86400
PARTS = (("Half of them", 0.5), ("Nine in ten", 0.9), ("Nearly all", 0.99))
"""Of the labels that ever come, these parts are told."""

TILES = {
    "rows_uncounted": "Rows not counted yet",
    "windows_unjudged": "Windows to be judged",
    "dead_letters": "Dead letters",
    "outbox": "Messages to be sent",
}

Name = Annotated[str, Path(max_length=200)]
Before = Annotated[int | None, Query(ge=-(1 << 62), le=1 << 62)]


@ROUTES.get("/data")
def data_page(request: Request, seat: Viewer) -> Response:
    """What waits anywhere, and the way to each model's data."""
    face = face_of(request)
    counts = face.service.board.counts()
    said = {"title": "Data", "tiles": [(title, counts[name]) for name, title in TILES.items() if name in counts]}
    return shown(request, seat, "data.html", {**said, **models_by_name(face)})


@ROUTES.get("/models/{name}/data")
def stream_page(request: Request, name: Name, seat: Viewer, before: Before = None) -> Response:
    """One model's windows, how late its labels come, findings and dead letters."""
    face = face_of(request)
    ident, board = found(face.service, name).id, face.service.board
    listed = board.windows(ident, before=before, limit=WINDOWS)
    # What was judged of them; the newest of an earlier page may be one that nothing was said of yet.
    newest = next((one["label"] for one in listed if one["verdict"]), None) if before is not None else None
    seen = face.service.gallery.history(name, ident, WINDOWS, until=newest)
    labels: dict[str, Any] = {}
    if seen is not None:
        labels = {window.label: glance["parts"][0]["labels"] for window, glance in zip(seen.windows, seen.glances, strict=True)}
        ends = {window.label: window.end for window in seen.windows}
    else:
        ends = {}
    windows = [
        {**one, "label": clean(one["label"]), "labels": labels.get(one["label"]), "late": _late(one["changed"], ends.get(one["label"]))}
        for one in listed
    ]
    here = f"/models/{quote(name, safe='')}"
    said: dict[str, Any] = {"title": f"Data of {clean(name)}", "monitor": clean(name), "here_model": here, "windows": windows}
    said |= {"later": before is not None, "earlier": f"{here}/data?before={listed[-1]['position']}" if len(listed) == WINDOWS else ""}
    said["delays"] = _delays(delays_of(face.service.database, ident, face.clock()))
    findings = [
        {**one, **{key: clean(one[key], 200) for key in ("place", "what", "hint")}}
        for one in board.findings(ident, before=None, limit=FINDINGS)
    ]
    # Rows are people's data: only who may send them again sees them.
    letters = board.dead_letters(ident, before=None, limit=LETTERS) if seat.may(Role.OPERATOR) else []
    told = [{**one, "row": clean(one["row"], LONGEST_ROW), "reason": clean(one["reason"], 200)} for one in letters]
    return shown(request, seat, "stream.html", {**said, "findings": findings, "letters": told})


@ROUTES.post("/models/{name}/data/replay")
async def replay(request: Request, name: Name, seat: Operator) -> Response:
    """Send dead letters again."""
    fields, face = await form_of(request, seat), face_of(request)
    ids = [int(one) for one in fields.get("id", []) if one.isdecimal()][:1000]
    if not ids:
        raise Refusal(422, "no letter was chosen", hint="go back, and choose some")
    done = await send_again(face, name, ids, seat.actor)
    said = plural(done.rows, "row") + " sent again" + (f", {done.refused} still cannot be read" if done.refused else "")
    return RedirectResponse(f"/models/{quote(name, safe='')}/data?notice={quote(said)}", 303, headers=GUARD)


def _delays(delays: Delays | None) -> dict[str, Any] | None:
    """How late labels come, in words; None where too little is known."""
    if delays is None:
        return None
    return {
        "ever": percent(delays.ever),
        "parts": [(title, lasting(delays.until(part))) for title, part in PARTS],
        "horizon": lasting(delays.horizon),
        "still_coming": delays.still_coming,
        "alike": delays.alike,
    }


def lasting(seconds: float) -> str:
    """A length of time in one unit.

    >>> lasting(40), lasting(5400), lasting(36 * 3600), lasting(9 * 86400)
    ('under a minute', '1.5 hours', '36 hours', '9 days')
    """
    if seconds < MINUTE:
        return "under a minute"
    unit, name = (DAY, "day") if seconds >= 2 * DAY else (HOUR, "hour") if seconds >= HOUR else (MINUTE, "minute")
    count = f"{seconds / unit:.1f}".removesuffix(".0")
    return f"{count} {name}{'' if count == '1' else 's'}"


def _late(changed: datetime, end: object) -> str:
    """How long after a window's end something came for it."""
    seconds = (changed - end).total_seconds() if isinstance(end, datetime) else 0.0
    if seconds < HOUR:
        return ""
    return f"{plural(int(seconds // DAY), 'day') if seconds >= DAY else plural(int(seconds // HOUR), 'hour')} after its end"
