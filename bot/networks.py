"""Addresses and the networks they belong to: whose they are, as far as an address can tell."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from functools import lru_cache
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_CUSTOMER_BITS = 64
"""Of IPv6 one customer has a /64 at least; single addresses in it are free to change."""
_SITE_BITS = 48
"""What providers give to anybody who asks: 65,536 networks of the size above (RFC 6177)."""
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 callers as a site sees them that has IPv6 alone (RFC 6052, RFC 7755): the last 32 bits are
their address."""
_SHOWN_CHARS = 64


def parsed_address(text: str) -> Address | None:
    """Return an IP address without its zone; IPv4 that is written as IPv6 is IPv4. None if none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=4096)
def networks_of(address: str) -> tuple[str, ...]:
    """Return the networks of an address, the narrowest first; text that is none stands for itself.

    IPv4 has one, the address itself.
    """
    parsed = parsed_address(address[:_SHOWN_CHARS])
    if parsed is None:
        return (address[:_SHOWN_CHARS],)
    if parsed in _TRANSLATED:
        parsed = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
    if isinstance(parsed, ipaddress.IPv4Address):
        return (str(parsed),)
    sizes = (_CUSTOMER_BITS, _SITE_BITS)
    return tuple(str(ipaddress.ip_network((parsed, bits), strict=False)) for bits in sizes)


def widest_network_of(address: str) -> str:
    """Return the largest network that one customer may have."""
    return networks_of(address)[-1]


def is_within(address: str, networks: Collection[Network]) -> bool:
    """Tell whether an address is in one of the networks."""
    parsed = parsed_address(address) if networks else None
    return parsed is not None and any(parsed in network for network in networks)
