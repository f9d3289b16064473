"""Registered versions of a model: which there are, and one held against another, from counts that were kept."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from driftline.errors import DataError, StateError, near_miss
from driftline.profile.profile import total
from driftline.reports.document import to_dict
from driftline.reports.html import policy, to_html
from driftline.reports.wording import clean
from driftline.server import judged, schemas
from driftline.server.face import face_of, found
from driftline.server.rooms import GUARD, Door, Viewer, shown
from driftline.server.schemas import problems
from driftline.server.service import Service
from driftline.services.check import Counted, check
from driftline.services.diagnose import diagnose
from driftline.store.fleet import Watched
from driftline.store.versions import Seen, counts_of, versions_of
from driftline.verdicts.report import Report
from driftline.window import Window, Windowing

ROUTES = APIRouter(prefix="/monitors/{name}/model-versions", tags=["verdicts"], responses=problems(401, 403, 404, 409, 429, 503))
PAGES = APIRouter(prefix="/models/{name}/versions", include_in_schema=False, route_class=Door)
WINDOWS = 200
"""So many of a version's last windows are held against another's."""

WHOLE = Window(0, "all")
Name = Annotated[str, Path(max_length=200)]
Version = Annotated[str, Query(min_length=1, max_length=500, description="A version, as predictions carry it.")]


def versions(service: Service, watched: Watched) -> list[Seen]:
    """The versions whose predictions were counted, the newest first; none where no column says the version."""
    column = service.library.specification(watched.yaml, watched.directory).monitor.hints.version
    if column is None or watched.way is None:
        return []
    return versions_of(service.database, watched.id, watched.way, column)


def compare(service: Service, watched: Watched, reference: str, current: str, now: datetime) -> Report:
    """Hold what one version saw and said against what another did.

    Raises:
        DataError: there are no counts of one of them.
        StateError: the reference, whose bins are needed, has not been learnt.
    """
    monitor = service.library.specification(watched.yaml, watched.directory).monitor
    known = service.library.counts(watched)
    if known is None or watched.way is None:
        raise StateError(f"the reference of {watched.name!r} has not been learnt", hint="wait a moment")
    kept = []
    for version in (reference, current):
        segment = f"{monitor.hints.version}={version}"
        windows = counts_of(service.database, watched.id, watched.way, segment, known[0], WINDOWS)
        if not windows or monitor.hints.version is None:
            names = [one.version for one in versions(service, watched)]
            hint = near_miss(version, names) if names else "say which column holds the version: columns: {version: model_version}"
            raise DataError(f"nothing was counted of the version {version!r}", hint=hint)
        kept.append(windows)
    before = Counted({(None, window): profile for window, profile in kept[0]})
    after = Counted({(None, WHOLE): total([profile for _, profile in kept[1]])})
    whole = replace(monitor, name=f"{watched.name}: {current} against {reference}", windowing=Windowing())
    return diagnose(before, after, check(before, after, whole, now))


@ROUTES.get("")
def listed(request: Request, name: judged.Name, token: judged.Viewer) -> list[schemas.ModelVersion]:  # noqa: ARG001  asked for its effect
    """The versions whose predictions were counted, the newest first."""
    service = face_of(request).service
    return [
        schemas.ModelVersion(version=one.version, rows=one.rows, first=one.first, last=one.last)
        for one in versions(service, found(service, name))
    ]


@ROUTES.get("/compare", responses=problems(422))
def compared(request: Request, name: judged.Name, token: judged.Viewer, reference: Version, current: Version) -> dict[str, Any]:  # noqa: ARG001  asked for its effect
    """One version held against another: a report as `driftline compare --json` writes it."""
    face = face_of(request)
    return to_dict(compare(face.service, found(face.service, name), _clean(reference), _clean(current), face.clock()))


@PAGES.get("")
def versions_page(request: Request, name: Name, seat: Viewer) -> Response:
    """All versions, each with a link that holds it against the one before."""
    face = face_of(request)
    seen = versions(face.service, found(face.service, name))
    here = f"/models/{quote(name, safe='')}"
    lines = [
        {
            "version": clean(one.version, 100),
            "rows": one.rows,
            "first": one.first,
            "last": one.last,
            "against": [
                (clean(other.version, 100), f"{here}/versions/compare?{urlencode({'reference': other.version, 'current': one.version})}")
                for other in seen[place + 1 : place + 4]
            ],
        }
        for place, one in enumerate(seen)
    ]
    said = {"title": f"Versions of {clean(name)}", "monitor": clean(name), "here_model": here, "versions": lines}
    return shown(request, seat, "versions.html", said)


@PAGES.get("/compare")
def compare_page(request: Request, name: Name, seat: Viewer, reference: Version, current: Version) -> Response:  # noqa: ARG001  asked for its effect
    """The report of one version held against another, as a page to print."""
    face = face_of(request)
    report = compare(face.service, found(face.service, name), _clean(reference), _clean(current), face.clock())
    # The report has its scripts in itself: they are known by what is in them.
    guard = {**GUARD, "Content-Security-Policy": f"{policy()}; frame-ancestors 'none'"}
    return Response(to_html(report), media_type="text/html; charset=utf-8", headers=guard)


def _clean(text: str) -> str:
    """Signs that no version has match none; PostgreSQL does not even take them."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
