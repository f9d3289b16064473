"""Packages for services' own APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.channels.official import checked, context, official
from driftline.channels.posting import Wire
from driftline.errors import ConfigError, OutsideError, PluginError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_package_that_is_missing_is_told_with_what_to_install() -> None:
    """And one that is there is found."""
    assert official("json", "nothing").dumps({}) == "{}"
    with pytest.raises(PluginError, match="'no_such_package'") as found:
        official("no_such_package", "some")
    assert found.value.hint == "pip install 'driftline[some]'"


def test_an_address_is_looked_at_before_a_package_calls_it() -> None:
    """Internal ones are refused unless they are allowed; hosts that nobody knows may be known later."""

    def nobody(host: str, port: int) -> list[str]:
        raise OSError

    assert checked("http://127.0.0.1/", Wire(internal=True)) == "http://127.0.0.1/"
    with pytest.raises(ConfigError, match="internal"):
        checked("http://127.0.0.1/", Wire())
    with pytest.raises(OutsideError, match="cannot be found"):
        checked("https://x.example.com/", Wire(resolve=nobody))


def test_certificates_of_ones_own_are_believed_beside_the_systems(certified: Callable[[str], tuple[str, str]]) -> None:
    """One more than without."""
    cert, _ = certified("x.test")
    assert context(Wire(trust=cert)).cert_store_stats()["x509"] == context(Wire()).cert_store_stats()["x509"] + 1
