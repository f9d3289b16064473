"""What holds for every test: Hypothesis profiles, and no silent skips where everything must run."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

CI = os.environ.get("CI") == "true"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

# A busy machine makes an example slow without anything being wrong; and in CI a change is judged on the examples it was judged on before.
settings.register_profile("default", deadline=None, derandomize=CI, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", settings.get_profile("default"), max_examples=2000)
settings.load_profile("default")


def skipped_for(longrepr: object) -> str:
    """The reason of a skip."""
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr).removeprefix("Skipped: ")


def may_skip(reason: str) -> bool:
    """In CI a test may skip only for data that is not there: `needs ../shared/data`."""
    return not CI or ("shared/data" in reason and not SHARED_DATA.is_dir())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip that hides something into a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and not may_skip(skipped_for(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where everything must run: {skipped_for(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Likewise for a whole file that skips itself."""
    report = yield
    if report.skipped and not may_skip(skipped_for(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped where everything must run: {skipped_for(report.longrepr)}"
    return report


@pytest.fixture(autouse=True)
def _no_loop_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """A browser's driver leaves its event loop marked as running in this thread; tests without it run loops of their own."""
    if "browser" in request.fixturenames:
        yield
        return
    held = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(held)


@pytest.fixture(scope="session")
def expect() -> Callable[..., Any]:
    """Playwright's assertions, which wait."""
    waits: Callable[..., Any] = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
    return waits


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium, from wherever it is."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as driver:
        try:
            started = driver.chromium.launch(executable_path=found)
        except playwright.Error as error:
            pytest.skip(f"there is no Chromium to look with: {str(error).splitlines()[0]}")
        yield started
        started.close()
