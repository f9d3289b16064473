"""Live updates: a page hears by server-sent events that something new was judged, and loads itself again where nobody is typing."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from driftline.server.face import Face, face_of, found
from driftline.server.rooms import GUARD, Door, Viewer

ROUTES = APIRouter(include_in_schema=False, route_class=Door)
EVERY = 2.0
"""Seconds between looks at the database."""

LONGEST = 300.0
"""Seconds after which the browser asks anew, and somebody whose token was closed is no longer told."""


@ROUTES.get("/live")
async def live(request: Request, seat: Viewer, model: Annotated[str, Query(max_length=200)] = "") -> Response:  # noqa: ARG001  asked for its effect
    """A stream of marks; each differs from the last where something new can be seen."""
    face = face_of(request)
    ident = (await run_in_threadpool(found, face.service, model)).id if model else None
    return StreamingResponse(_marks(face, ident), media_type="text/event-stream", headers={**GUARD, "X-Accel-Buffering": "no"})


async def _marks(face: Face, ident: int | None) -> AsyncIterator[str]:
    last, waited = None, 0.0
    while waited < LONGEST:
        mark = await run_in_threadpool(face.service.gallery.mark, ident)
        # A comment keeps the line open, and shows whether anybody still listens.
        yield f"data: {mark}\n\n" if mark != last else ": \n\n"
        last, waited = mark, waited + EVERY
        await asyncio.sleep(EVERY)
