"""Routes that give the numbers behind a model's figures as CSV."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from driftline.pages import backtest, rollout, tables
from driftline.release.filed import load, place_of
from driftline.reports.track import About, track
from driftline.reports.wording import clean
from driftline.server.face import face_of, found
from driftline.server.models import Label, Name, Segment, Windows
from driftline.server.problems import Refusal
from driftline.server.releasing import with_labels
from driftline.server.rollouts import evidence
from driftline.server.rooms import GUARD, Door, Viewer
from driftline.store.backtests import Backtests

ROUTES = APIRouter(prefix="/models/{name}/csv", include_in_schema=False, route_class=Door)


@ROUTES.get("/metrics")
def metrics(
    request: Request,
    name: Name,
    seat: Viewer,  # noqa: ARG001  asked for its effect
    about: About = About.PERFORMANCE,
    segment: Segment = "",
    windows: Windows = 90,
) -> Response:
    """Performance or operations, window by window."""
    face = face_of(request)
    seen = face.service.gallery.history(name, found(face.service, name).id, windows)
    parts = [] if seen is None else [part["segment"] for part in seen.last["parts"]]
    told = None if seen is None else track(seen.report(), about, _meant(parts, segment))
    if told is None:
        raise Refusal(404, f"no {about.value} of {name!r} is measured", hint="look at the model's page")
    return _csv(tables.metrics(told), name, about.value)


@ROUTES.get("/heatmap")
def heatmap(request: Request, name: Name, seat: Viewer, segment: Segment = "", windows: Windows = 90) -> Response:  # noqa: ARG001  as above
    """Columns × windows."""
    face = face_of(request)
    seen = face.service.gallery.history(name, found(face.service, name).id, windows)
    if seen is None:
        raise Refusal(404, f"no window of {name!r} has been judged yet", hint="wait until one is over")
    return _csv(tables.heatmap(seen, _meant([part["segment"] for part in seen.last["parts"]], segment)), name, "columns")


@ROUTES.get("/business")
def business(request: Request, name: Name, seat: Viewer, windows: Windows = 90) -> Response:  # noqa: ARG001  as above
    """Business figures, window by window."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.history(name, watched.id, windows)
    kpis = () if seen is None else face.service.figures.of(watched, seen, face.clock())
    if seen is None or not kpis:
        raise Refusal(404, f"no business figure is laid beside {name!r}", hint="name some in its YAML, under performance: {kpis: …}")
    return _csv(tables.business(replace(seen.report(), kpis=kpis)), name, "business")


@ROUTES.get("/backtest")
def spent(request: Request, name: Name, seat: Viewer) -> Response:  # noqa: ARG001  as above
    """What each policy would have cost, window by window."""
    face = face_of(request)
    kept = Backtests(face.service.database).of(found(face.service, name).id)
    if kept is None:
        raise Refusal(404, f"there is no backtest of {name!r}", hint="make one with driftline backtest --json, and send it")
    return _csv(backtest.spent(kept), name, "backtest")


@ROUTES.get("/rollout")
def walked(request: Request, name: Name, seat: Viewer) -> Response:  # noqa: ARG001  as above
    """How the evidence of a rollout walks, and the boundary at which the challenger is taken back."""
    face = face_of(request)
    specification = with_labels(face.service, found(face.service, name), face.clock())
    filed = load(place_of(specification))
    if filed is None:
        raise Refusal(404, f"no model of {name!r} has been rolled out yet", hint="look at the model's page")
    return _csv(rollout.walked(filed, evidence(specification, filed, face.clock())[0]), name, "rollout")


@ROUTES.get("/{what}")
def one_column(
    request: Request,
    name: Name,
    what: str,
    seat: Viewer,  # noqa: ARG001  as above
    column: Label,
    segment: Segment = "",
    windows: Windows = 90,
) -> Response:
    """One column's scores, or its distribution, window by window."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.detailed(watched.id, windows)
    close = face.service.gallery.close(watched, seen, segment or None, counts=False) if seen else None
    report = None if close is None else close.column_report(column)
    if report is None or what not in {"scores", "shares"} or not any(window.columns for window in report.windows):
        raise Refusal(404, f"there are no {what[:40]!r} of a column {column!r}", hint="look at the model's page")
    rows = tables.scores(report) if what == "scores" else tables.shares(report, column)
    return _csv(rows, name, f"{clean(column, 60)}-{what}")


@ROUTES.get("/segments/parts")
def parts(request: Request, name: Name, seat: Viewer, column: Label, window: Label = "") -> Response:  # noqa: ARG001  as above
    """One column's distribution in one window, segment by segment."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.detailed(watched.id, 1, window or None)
    reports = face.service.gallery.close(watched, seen, None, counts=False).column_parts(column, window) if seen else []
    if not reports:
        raise Refusal(404, f"there is no column {column!r}", hint="look at the model's page")
    return _csv(tables.parts(reports, column), name, f"{clean(column, 60)}-segments")


@ROUTES.get("/window/curves")
def curves(request: Request, name: Name, seat: Viewer, window: Label, segment: Segment = "") -> Response:  # noqa: ARG001  as above
    """The figures of what the model said in one window."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.detailed(watched.id, 1, window)
    packed = face.service.gallery.close(watched, seen, segment or None).sheet() if seen else None
    if packed is None:
        raise Refusal(404, f"nothing is measured in {window!r}", hint="load the page again")
    return _csv(tables.curves(packed), name, f"{clean(window, 60)}-curves")


def _meant(parts: list[Any], segment: str) -> str | None:
    """The segment that the page calls so."""
    return next((part for part in parts if part is not None and clean(part) == segment), None) if segment else None


def _csv(rows: Iterable[list[Any]], name: str, what: str) -> Response:
    file = re.sub(r"[^\w.-]+", "-", f"{name}-{what}", flags=re.ASCII)
    headers = {**GUARD, "Content-Disposition": f'attachment; filename="{file}.csv"'}
    return Response(tables.written(rows), media_type="text/csv; charset=utf-8", headers=headers)
