"""Packages that services offer for their own API: loaded when they are needed, and kept to addresses that may be called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from driftline.channels.addresses import target
from driftline.channels.lines import trusting
from driftline.errors import PluginError

if TYPE_CHECKING:
    from ssl import SSLContext

    from driftline.channels.posting import Wire


def official(module: str, extra: str) -> Any:
    """A package, by the name of its module.

    Raises:
        PluginError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise PluginError(
            f"this channel needs the package {module!r}, which is not installed", hint=f"pip install 'driftline[{extra}]'"
        ) from error


def checked(url: str, wire: Wire) -> str:
    """An address that may be called, as it was given; the package resolves its host again by itself.

    Raises:
        ConfigError: it is internal, and that is not allowed.
        OutsideError: its host is not known now.
    """
    target(url, internal=wire.internal, resolve=wire.resolve)
    return url


def context(wire: Wire) -> SSLContext:
    """Which certificates are believed."""
    return trusting(wire.trust)
