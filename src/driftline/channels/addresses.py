"""Where a webhook may go: its host is resolved once, internal addresses are refused, and the connection goes to what was checked."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable

    Address = IPv4Address | IPv6Address
    Resolve = Callable[[str, int], list[str]]

PORTS = {"http": 80, "https": 443}
TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
"""Addresses of IPv4 hosts behind a translator (RFC 6052, RFC 8215)."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart, and the addresses that its host was found to have."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def named(self) -> str:
        """The host as people may see it; a path may hold a secret."""
        return f"{self.scheme}://{self.host}"


def target(url: str, *, internal: bool = False, resolve: Resolve | None = None) -> Target:
    """Resolve and check where a URL leads.

    Every address of the host must be public: one that is internal could be chosen by whoever answers for the name.

    Args:
        url: http or https, without user and password.
        internal: internal addresses are allowed.
        resolve: from host and port to addresses.

    Raises:
        ConfigError: the URL is none, or leads to an internal address.
        OutsideError: the host is not known now.
    """
    scheme, host, port, path = _parts(url)
    try:
        found = (resolve or _resolve)(host, port)
    except (OSError, UnicodeError) as error:
        raise OutsideError(f"the host {host!r} cannot be found", hint="check its name and the network") from error
    inside = [address for address in found if not public(ip_address(address))]
    if not found or (inside and not internal):
        raise ConfigError(
            f"{host!r} is an internal address, where messages are not sent", hint="write internal: true, if that is what you want"
        )
    return Target(scheme, host, port, path, tuple(found))


def public(address: Address) -> bool:
    """Whether an address belongs to the internet: not this machine, not this network, not a cloud's metadata.

    >>> [public(ip_address(a)) for a in ("8.8.8.8", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False, False]
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and any(address in network for network in TRANSLATED):
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError("a webhook's URL cannot be read", hint="write it like https://example.com/hook") from error
    if parts.scheme not in PORTS or not parts.hostname or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise ConfigError("a webhook's URL is not an http or https address", hint="write it like https://example.com/hook")
    if parts.username or parts.password:
        raise ConfigError(f"the URL of {parts.hostname!r} holds a user or a password", hint="send a token in a header instead")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], path


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
