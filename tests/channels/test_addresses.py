"""Where webhooks may go."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from driftline.channels.addresses import public, target
from driftline.errors import ConfigError, OutsideError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "ff02::1",
        "198.18.0.1", "240.0.0.1",
    ],
)  # fmt: skip
def test_internal_addresses(address: str) -> None:
    """This machine, this network, a cloud's metadata, and what is translated to them."""
    assert not public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    """The internet."""
    assert public(ip_address(address))


@pytest.mark.parametrize("found", [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "::1"], []])
def test_one_internal_address_is_enough_to_refuse(found: list[str]) -> None:
    """Whoever answers for a name could mix them."""
    with pytest.raises(ConfigError, match="internal address"):
        target("https://hook.example.com/x", resolve=lambda host, port: found)


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://localhost/", "http://[::1]/", "http://0x7f.1/", "http://2130706433/"])
def test_odd_ways_to_write_this_machine(url: str) -> None:
    """The system resolves them; what comes out is checked."""
    with pytest.raises((ConfigError, OutsideError)):
        target(url)


@pytest.mark.parametrize(
    "url", ["ftp://a/x", "a", "", "http://", "https://user:pw@a/x", "https://a:x/", "http://a/b\nHost: c", "file:///etc/passwd"]
)
def test_what_is_no_address(url: str) -> None:
    """Refused before anything is resolved; a password is not repeated."""
    with pytest.raises(ConfigError) as refused:
        target(url, resolve=lambda host, port: ["8.8.8.8"])
    assert "pw" not in str(refused.value)


def test_what_was_resolved_is_kept() -> None:
    """Path, query, port and addresses."""
    found = target("https://hook.example.com/a?b=1", resolve=lambda host, port: ["8.8.8.8", "8.8.4.4"])
    assert (found.scheme, found.host, found.port, found.path, found.addresses) == (
        "https", "hook.example.com", 443, "/a?b=1", ("8.8.8.8", "8.8.4.4"),
    )  # fmt: skip
    assert found.named == "https://hook.example.com"


def test_a_name_that_nobody_knows() -> None:
    """It may be known later."""

    def nobody(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(OutsideError, match="cannot be found"):
        target("https://hook.example.com/", resolve=nobody)
