"""Routes for what was said: windows, verdicts, reports; and for what was wrong with the stream: findings, dead letters."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from driftline.errors import ConfigError
from driftline.reports.document import kpi_dict
from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.face import Face, face_of, found, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.services.intake import Kind, sort_rows
from driftline.services.keeping import keep_rows
from driftline.store.intake import Delivery
from driftline.store.letters import replayed, unreplayed
from driftline.store.tokens import Role, Token
from driftline.store.trail import remember

ROUTES = APIRouter(prefix="/monitors/{name}", tags=["verdicts"], responses=problems(401, 403, 404, 429, 503))

Name = Annotated[str, Path(description="The monitor's name.", min_length=1, max_length=200)]
Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Operator = Annotated[Token, Depends(may(Role.OPERATOR))]
Before = Annotated[int | None, Query(ge=-(1 << 62), le=1 << 62, description="Only what lies before this, which the page before told.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Said = Annotated[Literal["stable", "drifted", "inconclusive"] | None, Query(description="Only those with this verdict.")]
Windows = Annotated[int, Query(ge=1, le=365, description="Over so many of the last windows.")]
Label = Annotated[str | None, Query(max_length=500, description="The window's label, such as 2026-03-29.")]


@ROUTES.get("/windows")
def windows(request: Request, name: Name, token: Viewer, before: Before = None, limit: Limit = 100, verdict: Said = None) -> schemas.Page:  # noqa: ARG001  one parameter of the query each
    """A monitor's windows, with the last verdict of each."""
    face = face_of(request)
    items = face.service.board.windows(found(face.service, name).id, before=before, limit=limit, verdict=verdict)
    return _page(items, limit, "position")


@ROUTES.get("/verdicts")
def verdicts(
    request: Request,
    name: Name,
    token: Viewer,  # noqa: ARG001  asked for its effect
    before: Before = None,
    limit: Limit = 100,
    verdict: Said = None,
    window: Label = None,
) -> schemas.Page:
    """What was said, every revision by itself."""
    face, label = face_of(request), None if window is None else _label(window)
    items = face.service.board.verdicts(found(face.service, name).id, before=before, limit=limit, verdict=verdict, window=label)
    return _page(items, limit, "id")


@ROUTES.get("/report")
def report(request: Request, name: Name, token: Viewer, window: Label = None) -> dict[str, Any]:  # noqa: ARG001  asked for its effect
    """The newest report about a window, or about the newest window: the JSON that `driftline check --json` writes."""
    face, label = face_of(request), None if window is None else _label(window)
    try:
        return face.service.board.report(found(face.service, name).id, label)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint=error.hint) from error


@ROUTES.get("/kpis")
def kpis(request: Request, name: Name, token: Viewer, windows: Windows = 90) -> list[dict[str, Any]]:  # noqa: ARG001  asked for its effect
    """Business figures over the last windows, with their correlation to the metric that decides."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.history(name, watched.id, windows)
    return [] if seen is None else [kpi_dict(one) for one in face.service.figures.of(watched, seen, face.clock())]


@ROUTES.get("/findings")
def findings(request: Request, name: Name, token: Viewer, before: Before = None, limit: Limit = 100) -> schemas.Page:  # noqa: ARG001  asked for its effect
    """What was odd about the stream: columns that came or went, rows without a time."""
    face = face_of(request)
    return _page(face.service.board.findings(found(face.service, name).id, before=before, limit=limit), limit, "id")


@ROUTES.get("/dead-letters")
def dead_letters(request: Request, name: Name, token: Operator, before: Before = None, limit: Limit = 100) -> schemas.Page:  # noqa: ARG001  asked for its effect
    """Rows that could not be read, as they came, with the reason."""
    face = face_of(request)
    return _page(face.service.board.dead_letters(found(face.service, name).id, before=before, limit=limit), limit, "id")


@ROUTES.post("/dead-letters/replay", status_code=202, responses=problems(422))
async def replay(request: Request, name: Name, letters: schemas.Letters, token: Operator) -> schemas.Accepted:
    """Send dead letters again, after what kept them from being read was mended. One that was replayed is not replayed twice."""
    face = face_of(request)
    return await send_again(face, name, letters.ids, actor(token))


async def send_again(face: Face, name: str, ids: list[int], who: str) -> schemas.Accepted:
    """Send dead letters again, which stands in the trail; those that still cannot be read are counted and stay."""
    watched, names = await face.monitor(name)

    def look() -> list[tuple[int, str, str]]:
        with face.service.database.reading() as tx:
            return unreplayed(tx, watched.id, ids)

    rows = refused = 0
    for ident, kind, text in await run_in_threadpool(look):
        sorted_rows = sort_rows([_parsed(text)], Kind(kind), names, face.clock())
        if sorted_rows.refused:
            refused += 1
            continue
        # The letter's number names the batch: whoever replays it twice sends the same batch twice.
        batch = f"dead letter {ident}"
        rows_kept = keep_rows(sorted_rows.rows, face.service.library.keeping(watched), face.service.hashed)
        delivery = Delivery(watched.id, watched.name, Kind(kind), batch, "", rows_kept, (), face.clock())
        receipt = await face.written(delivery)
        rows += receipt.rows
        await run_in_threadpool(_mark, face, ident)

    def note() -> None:
        with face.service.database.writing() as tx:
            remember(tx, who, "letters.replay", name, {"rows": rows, "refused": refused}, face.clock())

    await run_in_threadpool(note)
    return schemas.Accepted(batch="dead letters", rows=rows, refused=refused, repeated=False)


def _mark(face: Face, ident: int) -> None:
    with face.service.database.writing() as tx:
        replayed(tx, [ident], face.clock())


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _page(items: list[dict[str, Any]], limit: int, place: str) -> schemas.Page:
    return schemas.Page(items=items, before=items[-1][place] if len(items) == limit else None)


def _label(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
