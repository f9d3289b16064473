"""Pages about data: what waits, what came and when, labels, findings, and rows that could not be read, sent again on demand."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline.reports.wording import clean, plural
from driftline.server.auth import actor
from driftline.server.face import face_of, found
from driftline.server.judged import send_again
from driftline.server.problems import Refusal
from driftline.server.rooms import GUARD, Door, Operator, Viewer, models_by_name, shown
from driftline.server.session import form_of
from driftline.store.tokens import Role
from driftline.store.trail import remember

ROUTES = APIRouter(include_in_schema=False, route_class=Door)
WINDOWS, LETTERS, FINDINGS, LONGEST_ROW = 60, 100, 100, 400
HOUR, DAY = 3600, 86400
TILES = {
    "rows_uncounted": "Rows not counted yet",
    "windows_unjudged": "Windows to be judged",
    "dead_letters": "Dead letters",
    "outbox": "Messages to be sent",
}

Name = Annotated[str, Path(max_length=200)]


@ROUTES.get("/data")
def data_page(request: Request, seat: Viewer) -> Response:
    """What waits anywhere, and the way to each model's data."""
    face = face_of(request)
    counts = face.service.board.counts()
    said = {"title": "Data", "tiles": [(title, counts[name]) for name, title in TILES.items() if name in counts]}
    return shown(request, seat, "data.html", {**said, **models_by_name(face)})


@ROUTES.get("/models/{name}/data")
def stream_page(request: Request, name: Name, seat: Viewer) -> Response:
    """One model's windows, findings and dead letters."""
    face = face_of(request)
    ident, board = found(face.service, name).id, face.service.board
    seen = face.service.gallery.history(name, ident, WINDOWS)
    labels: dict[str, Any] = {}
    if seen is not None:
        labels = {window.label: glance["parts"][0]["labels"] for window, glance in zip(seen.windows, seen.glances, strict=True)}
        ends = {window.label: window.end for window in seen.windows}
    else:
        ends = {}
    windows = [
        {**one, "label": clean(one["label"]), "labels": labels.get(one["label"]), "late": _late(one["changed"], ends.get(one["label"]))}
        for one in board.windows(ident, before=None, limit=WINDOWS)
    ]
    said = {"title": f"Data of {clean(name)}", "monitor": clean(name), "here_model": f"/models/{quote(name, safe='')}", "windows": windows}
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
    done = await send_again(face, name, ids)

    def note() -> None:
        with face.service.database.writing() as tx:
            remember(tx, actor(seat.token), "letters.replay", name, {"rows": done.rows, "refused": done.refused}, face.clock())

    await run_in_threadpool(note)
    said = plural(done.rows, "row") + " sent again" + (f", {done.refused} still cannot be read" if done.refused else "")
    return RedirectResponse(f"/models/{quote(name, safe='')}/data?notice={quote(said)}", 303, headers=GUARD)


def _late(changed: datetime, end: object) -> str:
    """How long after a window's end something came for it."""
    seconds = (changed - end).total_seconds() if isinstance(end, datetime) else 0.0
    if seconds < HOUR:
        return ""
    return f"{plural(int(seconds // DAY), 'day') if seconds >= DAY else plural(int(seconds // HOUR), 'hour')} after its end"
