"""Which address of this machine others in the same network reach it by."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import psutil

from bot.proxies import is_loopback

# Of nobody (RFC 5737): the kernel is asked which way it would go, and no packet is sent.
_ELSEWHERE = ("198.51.100.1", 9)


def own_addresses() -> list[str]:
    """Return the IPv4 addresses that others may reach this machine by, the likeliest first."""
    stats = psutil.net_if_stats()
    found = [
        one.address
        for name, addresses in psutil.net_if_addrs().items()
        if name in stats and stats[name].isup
        for one in addresses
        if one.family == socket.AF_INET
    ]
    return in_order(found, outward=_outward())


def in_order(found: Sequence[str], *, outward: str) -> list[str]:
    """Return addresses without those that only this machine knows, the likeliest first.

    Args:
        found: What the interfaces have.
        outward: Which of them packets to other networks come from; empty if there is no way out.
    """
    parsed = [ipaddress.ip_address(one) for one in found]
    usable = [one for one in parsed if not one.is_loopback and not one.is_unspecified]
    # A link-local address is there for want of a better one.
    ordered = sorted(usable, key=lambda one: (str(one) != outward, one.is_link_local, int(one)))
    return list(dict.fromkeys(map(str, ordered)))


def address_on(host: str) -> str:
    """Return the address that calls go to, of a server that listens on `host`.

    Args:
        host: An address or a name of this machine, or an unspecified address (all of them).

    Raises:
        ValueError: with the sentence for the operator.
    """
    address = ipaddress.ip_address(_resolved(host))
    if not address.is_unspecified:
        if address.version == 6:
            raise ValueError("calls in a local network need an IPv4 address: set HOST to one")
        if address.is_loopback and not is_loopback(host):
            # As Debian writes the machine's own name into /etc/hosts.
            raise ValueError(f"HOST {host!r} leads to {address}, this machine alone: set HOST=lan")
        return str(address)
    if addresses := own_addresses():
        return addresses[0]
    raise ValueError("this machine has no IPv4 address in a network: is it connected?")


def _resolved(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise ValueError(f"there is no address for HOST {host!r}") from None
    # A name may have both kinds; calls need the older one.
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    return str(found[0][4][0]).partition("%")[0]


def _outward() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return ""
        return str(probe.getsockname()[0])
