"""Reports to show, and a real browser to show them in."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from driftline.verdicts.report import Report


def _module(name: str) -> ModuleType:
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fake() -> ModuleType:
    """The maker of reports."""
    return _module("fake_report")


@pytest.fixture(scope="session")
def model() -> ModuleType:
    """The maker of models that get worse."""
    return _module("fake_model")


@pytest.fixture(scope="session")
def report(fake: ModuleType) -> Report:
    """Twelve columns in thirty days: an amount in other units, a burst of nulls, a column gone for a day."""
    made: Report = fake.fake_report(12, 30)
    return made


@pytest.fixture(scope="session")
def hostile(fake: ModuleType) -> Report:
    """Names and values chosen by somebody who wants to break in, in two segments."""
    made: Report = fake.fake_report(13, 24, hostile=True, segments=("<EU>",))
    return made


@pytest.fixture(scope="session")
def odd(fake: ModuleType) -> Report:
    """Everything that is not as usual: empty windows, columns without values, numbers without end."""
    made: Report = fake.odd_report()
    return made


@pytest.fixture(scope="session")
def modelled(fake: ModuleType, model: ModuleType) -> Report:
    """A binary model that gets worse in the last quarter of forty days; labels come late, and estimates where they have not."""
    made: Report = model.with_model(fake.fake_report(5, 40))
    return made


@pytest.fixture(scope="session")
def parted(fake: ModuleType, model: ModuleType) -> Report:
    """The same in two segments, in one of which nothing is as its name seems."""
    made: Report = model.with_model(fake.fake_report(4, 24, hostile=True, segments=("<EU>", "US")))
    return made


@pytest.fixture(scope="session")
def classes(fake: ModuleType, model: ModuleType) -> Report:
    """A model of three classes."""
    made: Report = model.with_model(fake.fake_report(4, 20), model.MULTICLASS)
    return made


@pytest.fixture(scope="session")
def amounts(fake: ModuleType, model: ModuleType) -> Report:
    """A model of numbers."""
    made: Report = model.with_model(fake.fake_report(4, 20), model.REGRESSION)
    return made
