"""Reports of made-up models, and the history that the service would keep of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from driftline.pages.glance import detail, glance, pack
from driftline.reports.document import to_dict
from driftline.store.glances import Seen

if TYPE_CHECKING:
    from types import ModuleType

    from driftline.verdicts.report import Report

REPORTS = Path(__file__).parents[1] / "reports"
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def _module(name: str) -> ModuleType:
    spec = spec_from_file_location(name, REPORTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def modelled() -> Report:
    """A binary model that gets worse in the last quarter of forty days."""
    made: Report = _module("fake_model").with_model(_module("fake_report").fake_report(20, 40))
    return made


@pytest.fixture(scope="session")
def parted() -> Report:
    """A model in two segments, whose names and values somebody chose who wants to break in."""
    made: Report = _module("fake_model").with_model(_module("fake_report").fake_report(4, 24, hostile=True, segments=("<EU>", "US")))
    return made


def alone(report: Report) -> list[tuple[Any, dict[str, Any], dict[str | None, Any]]]:
    """Each window by itself, with the report about it alone, as the cycle records it, and its counts by segment."""
    places: dict[Any, list[int]] = {}
    for at, window in enumerate(report.windows):
        places.setdefault(window.window, []).append(at)
    found = []
    for window, ats in sorted(places.items(), key=lambda item: item[0].index):
        told = [report.windows[at] for at in ats]
        said = {"verdict": told[0].verdict, "reason": told[0].reason, "since": None}
        one = replace(report, windows=tuple(told), profiles=tuple(report.profiles[at] for at in ats), **said)
        counts = {report.windows[at].segment: report.profiles[at] for at in ats}
        found.append((window, to_dict(one), counts))
    return found


def seen_of(report: Report) -> list[Seen]:
    """What the store would keep of a report's windows."""
    return [Seen(at, window, NOW, pack(glance(told)), detail(told, counts)) for at, (window, told, counts) in enumerate(alone(report))]


@pytest.fixture(scope="session")
def kept(modelled: Report) -> list[Seen]:
    """What is kept of the binary model."""
    return seen_of(modelled)


@pytest.fixture(scope="session")
def kept_parted(parted: Report) -> list[Seen]:
    """What is kept of the model in two segments."""
    return seen_of(parted)
