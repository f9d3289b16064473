"""Keeps deployed machine-learning models honest: counts what goes in and what comes out, and tells noise from change."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driftline.api import Report, compare, measure
    from driftline.client import Client

    __version__: str

__all__ = ["Client", "Report", "__version__", "compare", "measure"]

_HOMES = {"Client": "driftline.client", "Report": "driftline.api", "compare": "driftline.api", "measure": "driftline.api"}
"""Where each public name lives; loaded when it is first asked for, so that importing driftline costs nothing."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        value = import_module("importlib.metadata").version("driftline")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'driftline' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
